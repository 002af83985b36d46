/* The URI a request came for, as a DPoP proof names it (htu): RFC 9449 section 4.3, by the
 * normalisation of RFC 3986 section 6.2.2 and 6.2.3.  Pure. */
#ifndef OIDC_TARGET_URI_H
#define OIDC_TARGET_URI_H
#include "base/err.h"
#include "base/str.h"

/* scheme, host, port unless it is the scheme's own, and path; lower and upper case, escapes of
 * unreserved characters and dot segments as RFC 3986 says.  Query and fragment are left out.
 * ERR_INPUT: not an absolute http or https URI. */
CHECKED enum err target_uri_normal(struct arena *a, struct str uri, struct str *out);

#endif
