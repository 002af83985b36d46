/* The token endpoint: RFC 6749 sections 4.1.3, 5 and 6. */
#ifndef LIBEID_TOKENS_H
#define LIBEID_TOKENS_H
#include "libeid/identity.h"
#include "libeid/provider.h"

/* bind: the key the tokens shall be bound to, NULL for bearer tokens.  EID_WAITING, as all here. */
enum eid_code tokens_for_code(struct work *w, struct eid_client *c, const struct provider *p,
                              struct exchange **place, struct str code, struct str verifier,
                              const struct own_key *bind, struct tokens *out);
enum eid_code tokens_refresh(struct work *w, struct eid_client *c, const struct provider *p,
                             struct exchange **place, struct str refresh_token,
                             const struct own_key *bind, struct tokens *out);
/* What userinfo says of `subject`.  bound: the key of the access token, NULL for a bearer's. */
enum eid_code userinfo_fetch(struct work *w, struct eid_client *c, const struct provider *p,
                             struct exchange **place, struct str access_token,
                             const struct own_key *bound, struct str subject, json_t **out);

#endif
