/* Settings of a portal: lines NAME=value of a file, then PORTAL_NAME of the environment, then
 * NAME=value of the command line; the later wins.  Names and meanings: the table in settings.c,
 * which `portal --help` prints. */
#ifndef PORTAL_SETTINGS_H
#define PORTAL_SETTINGS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum setting {
    SERVICE,
    LISTEN,
    BASE_URL, /* as browsers see us, without a slash at the end */
    TITLE_VI,
    TITLE_EN,
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_SECRET_FILE,
    TOKEN_AUTH,
    ID_TOKEN_ALG,
    CLIENT_KEY_FILE,
    PAR,
    DPOP,
    USERINFO,
    CA_FILE,
    CACHE_FILE,
    ROOT_JWK,
    TIMEOUT_MS,
    SCOPE,
    ACR_VALUES,
    ACCOUNT_LEVEL,
    AUTH_LEVEL,
    SUBMIT_AUTH_LEVEL,
    SUBMIT_MAX_AGE_S,
    POST_LOGOUT_URI,
    API_URL,
    AUDIENCE,
    SETTINGS
};

struct settings {
    char *value[SETTINGS]; /* "" when not given, never NULL */
};

/* Reads all three sources; file may be NULL.  On failure says source, line and cure on standard
 * error. */
bool settings_read(const char *file, char **overrides, struct settings *out);
void settings_free(struct settings *s);
void settings_help(FILE *out);
bool settings_has(const struct settings *s, enum setting which);
long settings_number(const struct settings *s, enum setting which); /* 0 when not given */
/* "https://host:port" of a URL; false when it has no such beginning. */
bool settings_origin(const char *url, char *out, size_t size);
bool settings_is_https(const struct settings *s); /* of BASE_URL */

#endif
