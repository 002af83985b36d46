/* What a request brings to authenticate a client: read and judged as such, before any client is
 * looked up. RFC 6749 section 2.3, RFC 7521 section 4.2.  Pure. */
#ifndef OIDC_CLIENT_CREDENTIALS_H
#define OIDC_CLIENT_CREDENTIALS_H
#include "base/url.h"
#include "oidc/fail.h"
#include "registration/client.h"

struct client_credentials {
    enum client_auth_method method;
    struct str client_id;
    struct str secret;    /* basic, post */
    struct str assertion; /* private_key_jwt */
};
/* authorization: value behind "Basic " or STR_NONE; other: an Authorization header of another
 * scheme stood there. */
enum refusal client_credentials_read(struct arena *a, struct str basic, bool other,
                                     const struct params *form, struct client_credentials *out);
/* base64( form(client_id) ":" form(secret) ), RFC 6749 section 2.3.1. */
enum refusal basic_read(struct arena *a, struct str text, struct str *id, struct str *secret);

#endif
