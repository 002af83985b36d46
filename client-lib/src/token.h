/* Access tokens, for the two ways to verify them. */
#ifndef LIBEID_TOKEN_H
#define LIBEID_TOKEN_H
#include "eid/token.h"
#include "libeid/state.h"
/* Signature and claims of RFC 9068; whether it needs a proof is the caller's to judge. */
enum eid_code access_token_open(struct work *w, struct eid_client *c, const char *text,
                                const char *audience, json_t **out);
enum eid_code token_make(json_t *claims, struct eid_token **out);
#endif
