/* Sealed boxes for the addresses in the audit: anybody with the public key can seal, only the
 * signer opens, for an operator with a reason (SIGNER_ADDRESS_OPEN).
 *
 *   box = u8 version | ephemeral public key[32] | nonce[12] | ciphertext | tag[16]
 *   key = HKDF-SHA256(X25519(ephemeral, audit key), "authd address v1" | ephemeral | audit public)
 *
 * spec: RFC 7748 §6.1 (all-zero results are refused), RFC 5869.  A sender keeps one ephemeral key
 * for at most an hour, so that sealing costs one AES-GCM.  Boxes sealed in that hour can be told to
 * come from the same process; nothing else. */
#ifndef SIGNER_SEALED_BOX_H
#define SIGNER_SEALED_BOX_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "proc/secret.h"

#define SEALED_BOX_OVERHEAD (1 + 32 + 12 + 16)

struct box_sender;
/* audit_public: 32 bytes of signer_key_set. */
CHECKED enum err box_sender_new(struct str audit_public, struct box_sender **out);
void box_sender_free(struct box_sender **s);
/* now: seconds of any clock that doesn't go back. */
CHECKED enum err box_seal(struct arena *a, struct box_sender *s, int64_t now, struct str plain,
                          struct str *out);
/* ERR_INPUT, ERR_DENIED. */
CHECKED enum err box_open(struct arena *a, const struct secret *audit_private, struct str sealed,
                          struct str *out);

#endif
