/* URLs and form parameters, length aware: nothing here stops at a NUL. */
#ifndef BASE_URL_H
#define BASE_URL_H
#include "base/err.h"
#include "base/str.h"

struct url {
    struct str scheme; /* lower case as given; compare with str_eq */
    struct str host;   /* brackets of IPv6 kept */
    struct str port;   /* STR_NONE when absent */
    struct str path;
    struct str query;    /* without '?', STR_NONE when absent */
    struct str fragment; /* without '#', STR_NONE when absent */
};
/* Absolute URLs "scheme://host…" with visible ASCII only, no user information.  ERR_INPUT. */
CHECKED enum err url_parse(struct str text, struct url *out);
/* "https://portal.example:8443", or "app:" of what is no URL: a source for a page's form-action. */
struct str url_origin(struct arena *a, struct str text);
/* localhost, 127.0.0.0/8 or [::1]. */
bool url_is_loopback(const struct url *u);

struct param {
    struct str name;
    struct str value;
};
struct params {
    struct param *v;
    size_t n;
};
#define PARAMS_MAX 64
/* application/x-www-form-urlencoded (and query strings).  ERR_INPUT for bad %zz, %00, invalid
 * UTF-8; ERR_LIMIT for more than PARAMS_MAX.  Repetition is kept and judged by param_get. */
CHECKED enum err params_parse(struct arena *a, struct str text, struct params *out);
/* The value; STR_NONE when absent or empty (RFC 6749 section 3.1: no value counts as omitted). */
struct str param_get(const struct params *ps, const char *name);
/* RFC 6749 section 3.1: request and response parameters MUST NOT be included more than once.
 * The first name that stands twice, or STR_NONE. */
struct str params_repeated(const struct params *ps);
#endif
