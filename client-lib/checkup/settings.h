/* What is to be examined: the settings of a portal, under the names the demonstration portals use.
 *
 * Lines NAME=value of a file, then PORTAL_NAME and EID_NAME of the environment, then arguments; the
 * later wins.  A portal's own settings may stand in the same file: they are passed over. */
#ifndef CHECKUP_SETTINGS_H
#define CHECKUP_SETTINGS_H
#include <stdbool.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/str.h"

enum setting {
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_SECRET_FILE,
    CLIENT_KEY_FILE,
    TOKEN_AUTH,
    BASE_URL,
    REDIRECT_URI,
    POST_LOGOUT_URI,
    BACKCHANNEL_LOGOUT_URI,
    LOGIN_URL,
    SCOPE,
    ACR_VALUES,
    ACCOUNT_LEVEL,
    AUTH_LEVEL,
    CLAIMS,
    ID_TOKEN_ALG,
    PAR,
    DPOP,
    CA_FILE,
    ROOT_JWK,
    TIMEOUT_MS,
    SKEW_S,
    SETTINGS
};

struct settings {
    const char *value[SETTINGS]; /* NULL: not given (an empty value is the same) */
    const char *from[SETTINGS];  /* "portal.conf:3", "PORTAL_SCOPE", "argument" */
    struct str unknown;          /* words: names nobody here knows */
    struct str mistyped;         /* "SCOPES (SCOPE?)": one of those, nearly one of ours */
};

/* false: *why tells file, line and cure.  file may be NULL; arguments end with NULL. */
bool settings_read(struct arena *a, const char *file, char **arguments, struct settings *out,
                   const char **why);
void settings_help(FILE *out);
const char *setting_name(enum setting which);

#endif
