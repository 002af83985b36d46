/* The three grants of the token endpoint, and what they have in common. */
#ifndef OIDC_TOKEN_ANSWER_H
#define OIDC_TOKEN_ANSWER_H
#include "oidc/dpop.h"
#include "oidc/party.h"
#include "peer/signer_client.h"
#include "store/grant.h"

/* Each: OK with *why REFUSE_NOTHING when it has answered.  Reads, decides, uses up the DPoP proof
 * that came along, signs, commits one statement, answers. */
CHECKED enum err token_code(struct req *r, const struct party *p, const struct params *form,
                            const struct dpop *dpop, enum refusal *why);
CHECKED enum err token_refresh(struct req *r, const struct party *p, const struct params *form,
                               const struct dpop *dpop, enum refusal *why);
CHECKED enum err token_client(struct req *r, const struct party *p, const struct params *form,
                              const struct dpop *dpop, enum refusal *why);

/* May tokens still be given from this grant? */
bool grant_stands(const struct grant_row *g, int64_t now);
/* The documents a signer needs for claims of the ID token; none when nothing is asked there. */
CHECKED enum err grant_documents(struct req *r, const struct grant_row *g,
                                 struct signer_issue_tokens *in);
/* The refresh token that `text` is, as it stands now.  ERR_NOT_FOUND, for what can be none as well.
 * Waits. */
CHECKED enum err refresh_find(struct req *r, struct str text, struct handle *handle,
                              struct refresh_row *out);
/* The same for who exchanges it: it may be as it was written (store_refresh_take). */
CHECKED enum err refresh_take(struct req *r, struct str text, struct handle *handle,
                              struct refresh_row *out);
/* A successor refresh token: its handle, and its place in the signer's request. */
struct refresh_made {
    struct handle handle;
    int64_t expires_at;
};
void refresh_make(struct req *r, const struct grant_row *g, struct refresh_made *out,
                  struct signer_issue_tokens *in);
/* Reuse was seen: the whole family ends, with audit and log.  Waits. */
CHECKED enum err family_end(struct req *r, const struct grant_row *g, const char *what);
/* The audit entry of what is done with a grant: given, exchanged, revoked, read.  scope: of what
 * was given, or STR_NONE. */
struct audit token_audit(struct req *r, enum audit_event event, const struct grant_row *g,
                         struct str scope);
/* 200 with the tokens (RFC 6749 section 5.1).  bound: the access token is of type DPoP.
 * refresh_token may be STR_NONE. */
void token_answer(struct req *r, const struct party *p, const char *grant_type,
                  const struct signer_issued_tokens *issued, bool bound, struct str refresh_token);

#endif
