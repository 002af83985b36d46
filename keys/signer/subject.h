/* Pairwise names: what a person and a session are called towards one client.
 *
 *   sub = base64url(AES-256-SIV(subject key; identity; sector))   RFC 5297; 43 characters
 *   sid = base64url(HMAC-SHA256(sid key, session | client_id)[0..16])
 *
 * spec: OpenID Connect Core 1.0 §8.1:sector MUST NOT be reversible by any party other than the
 * provider, MUST be deterministic.  The subject key never rotates: with another key everybody would
 * be a stranger. */
#ifndef SIGNER_SUBJECT_H
#define SIGNER_SUBJECT_H
#include "signer/held.h"

/* ERR_INPUT without a sector. */
CHECKED enum err subject_text(struct arena *a, const struct held_keys *k,
                              const struct uuid *identity, struct str sector, struct str *out);
/* What person and session of a proof are called towards its client. */
struct pairwise {
    struct str sub, sid;
};
CHECKED enum err pairwise_of(struct arena *a, const struct held_keys *k, const struct proof *p,
                             struct pairwise *out);
struct str session_text(struct arena *a, const struct held_keys *k, const struct uuid *session,
                        struct str client_id);

#endif
