/* Logins in progress.  The handle in the path is a bearer secret, and the browser's cookie must
 * belong to it as well: a link sent to somebody else starts nothing there. */
#ifndef SSO_LOGIN_H
#define SSO_LOGIN_H
#include "http/request.h"
#include "signer/handle.h"
#include "store/login.h"

/* The login that the rest of the path names, if this browser began it.  ERR_NOT_FOUND, ERR_EXPIRED;
 * ERR_DENIED: begun by another browser; ERR_AUTH: by one that sends no cookie at all.  Waits. */
CHECKED enum err sso_login_find(struct req *r, struct handle *handle, struct login_row *out);

/* What to tell a person whose login can't go on: the key of an error page and its status.  NULL:
 * the failure is none of theirs.  Pure. */
const char *sso_login_refusal(enum err why, int *status);

/* A login that no service asked for: the person comes to their own pages.  Its row has this client,
 * which nobody can register; the way back is SSO_OWN_RESUME<handle>. */
#define SSO_OWN_CLIENT STR("")
#define SSO_OWN_RESUME "/account/resume/"
bool sso_login_is_own(const struct login_row *login);
/* Begins one and redirects to its page.  Waits. */
CHECKED enum err sso_login_begin_own(struct req *r);

#endif
