/* What a portal says about who is coming (login_hint) is a personal number more often than not, and
 * the request it came in is a row.  So the row holds it under the secret of the handle, which the
 * database knows only as a hash (DESIGN.md section 2, promise 1).
 *
 * Each handle seals one hint once: the key stream is never used twice.  A pushed request fixes the
 * handle of the login it will lead to, so that both can read. */
#ifndef SSO_LOGIN_HINT_H
#define SSO_LOGIN_HINT_H
#include "base/arena.h"
#include "signer/handle.h"

#define LOGIN_HINT_MAX 256

/* Longer hints are none. */
struct str login_hint_seal(struct arena *a, const struct handle *login, struct str hint);
/* STR_NONE for what was not sealed with this handle, as far as it shows. */
struct str login_hint_open(struct arena *a, const struct handle *login, struct str sealed);
/* The handle of the login that this pushed request leads to. */
void login_handle_of_push(const struct handle *push, struct handle *login);

#endif
