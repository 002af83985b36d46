/* Answers to the client through the browser: parameters added to a redirect URI that was found
 * registered before. */
#ifndef OIDC_REDIRECT_H
#define OIDC_REDIRECT_H
#include "oidc/fail.h"

/* uri with name=value added to its query, which it may have already; absent values are left out.
 * Pure. */
struct str redirect_uri_with(struct arena *a, struct str uri, const struct param *v, size_t n);
/* 303 with code, state and iss. */
void redirect_code(struct req *r, struct str uri, struct str code, struct str state);
/* 303 with error, error_description, state and iss; one log line.  Always OK. */
enum err redirect_refusal(struct req *r, struct str uri, struct str state, enum refusal why,
                          struct str client);

#endif
