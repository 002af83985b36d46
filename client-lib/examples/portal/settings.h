/* Settings of a portal: lines NAME=value of a file, then PORTAL_NAME of the environment, then
 * NAME=value of the command line; the later wins. */
#ifndef PORTAL_SETTINGS_H
#define PORTAL_SETTINGS_H
#include <stdbool.h>

enum setting {
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    CA_FILE,
    CACHE_FILE, /* where libeid keeps metadata and keys; empty: nowhere */
    ROOT_JWK,   /* the provider's root key, to be pinned; empty: keys come from jwks_uri */
    LISTEN,     /* 127.0.0.1:8081 */
    BASE_URL,   /* as browsers see us, without a slash at the end */
    TITLE_VI,
    TITLE_EN,
    SCOPE,
    ACR_VALUES,
    SETTINGS
};

struct settings {
    char *value[SETTINGS]; /* "" when not given, never NULL */
};

/* Reads all three sources.  On failure says file, line and cure on standard error. */
bool settings_read(const char *file, char **overrides, struct settings *out);
void settings_free(struct settings *s);
/* "https://host:port" of a URL; false when it has no such beginning. */
bool settings_origin(const char *url, char *out, unsigned size);
bool settings_is_https(const struct settings *s); /* of BASE_URL */

#endif
