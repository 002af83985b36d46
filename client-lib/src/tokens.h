/* The token endpoint: RFC 6749 sections 4.1.3, 5 and 6. */
#ifndef LIBEID_TOKENS_H
#define LIBEID_TOKENS_H
#include "libeid/identity.h"
#include "libeid/provider.h"

enum eid_code tokens_for_code(struct work *w, struct eid_client *c, const struct provider *p,
                              struct str code, struct str verifier, struct tokens *out);
enum eid_code tokens_refresh(struct work *w, struct eid_client *c, const struct provider *p,
                             struct str refresh_token, struct tokens *out);
/* Adds what userinfo says of `subject` to claims. */
enum eid_code userinfo_fetch(struct work *w, struct eid_client *c, const struct provider *p,
                             struct str access_token, struct str subject, json_t **out);

#endif
