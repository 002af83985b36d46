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

#endif
