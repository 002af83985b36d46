/* What the handle's start wants to know of logins. */
#ifndef LIBEID_LOGIN_H
#define LIBEID_LOGIN_H
#include "libeid/provider.h"
/* EID_NOT_OFFERED when requests must be pushed and can't be. */
enum eid_code login_push_check(struct work *w, const struct eid_client *c,
                               const struct provider *p);
#endif
