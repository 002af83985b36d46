/* Reading settings.  Unknown names are refused, so that a misspelt one does not go unnoticed. */
#include "settings.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "PORTAL_"
#define SECRET_MAX 1024

enum form { TEXT, NUMBER, SWITCH };

static const struct {
    const char *name;
    const char *otherwise; /* NULL: required */
    const char *help;
    enum form form;
} names[SETTINGS] = {
    [SERVICE] = {"SERVICE", "residence",
                 "residence or business: a portal; records: the API they file to", TEXT},
    [LISTEN] = {"LISTEN", NULL, "127.0.0.1:8081: loopback only, a TLS proxy goes in front", TEXT},
    [BASE_URL] = {"BASE_URL", NULL, "https://portal.example.vn: as browsers see us", TEXT},
    [TITLE_VI] = {"TITLE_VI", "", "the portal's name in Vietnamese", TEXT},
    [TITLE_EN] = {"TITLE_EN", "", "and in English", TEXT},
    [ISSUER] = {"ISSUER", NULL, "the OpenID provider, exactly as it writes itself", TEXT},
    [CLIENT_ID] = {"CLIENT_ID", "", "as registered; redirect URI BASE_URL/callback", TEXT},
    [CLIENT_SECRET] = {"CLIENT_SECRET", "", "none: a public client", TEXT},
    [CLIENT_SECRET_FILE] = {"CLIENT_SECRET_FILE", "", "the same, from the file's first line", TEXT},
    [TOKEN_AUTH] = {"TOKEN_AUTH", "",
                    "private_key_jwt, client_secret_basic, client_secret_post, none", TEXT},
    [ID_TOKEN_ALG] = {"ID_TOKEN_ALG", "", "ES256 (default), EdDSA, PS256, RS256", TEXT},
    [CLIENT_KEY_FILE] = {"CLIENT_KEY_FILE", "",
                         "a private key (PEM or JWK) instead of a secret: private_key_jwt", TEXT},
    [DPOP] = {"DPOP", "", "tokens bound to a key: auto (default: where offered), on, off", TEXT},
    [PAR] = {"PAR", "", "pushed requests: auto (default: where offered), on, off", TEXT},
    [USERINFO] = {"USERINFO", "1", "0: take claims of the ID token only", SWITCH},
    [CA_FILE] = {"CA_FILE", "", "trusted authorities; default: the system's", TEXT},
    [CACHE_FILE] = {"CACHE_FILE", "", "where the provider's keys survive a restart", TEXT},
    [ROOT_JWK] = {"ROOT_JWK", "", "the provider's root key, pinned", TEXT},
    [TIMEOUT_MS] = {"TIMEOUT_MS", "8000", "the longest wait for one answer", NUMBER},
    [SCOPE] = {"SCOPE", "openid profile", "what is asked for", TEXT},
    [ACR_VALUES] = {"ACR_VALUES", "", "a wish, for providers with levels of their own", TEXT},
    [ACCOUNT_LEVEL] = {"ACCOUNT_LEVEL", "0", "least account level, 1 or 2; 0: not asked", NUMBER},
    [AUTH_LEVEL] = {"AUTH_LEVEL", "0", "least authentication level, 1 to 4; 0: not asked", NUMBER},
    [SUBMIT_AUTH_LEVEL] = {"SUBMIT_AUTH_LEVEL", "0", "the same, for submitting", NUMBER},
    [SUBMIT_MAX_AGE_S] = {"SUBMIT_MAX_AGE_S", "0",
                          "who submits has logged in within so many seconds; 0: not asked", NUMBER},
    [POST_LOGOUT_URI] = {"POST_LOGOUT_URI", "", "default: BASE_URL/logged-out", TEXT},
    [API_URL] = {"API_URL", "", "the records API; none: applications stay in the session", TEXT},
    [AUDIENCE] = {"AUDIENCE", "", "records: its name in tokens; default: BASE_URL", TEXT},
};

void settings_help(FILE *out)
{
    fprintf(out, "%s\n",
            "usage: portal [--config FILE] [NAME=value ...]\n"
            "       portal --new-key > KEYFILE; portal --public-keys < KEYFILE > JWKS\n\n"
            "Settings are lines NAME=value of FILE, " PREFIX "NAME of the environment, "
            "or arguments;\nthe later wins.  SIGHUP reads them again.\n");
    for (int i = 0; i < SETTINGS; i++) {
        const char *otherwise = names[i].otherwise;
        fprintf(out, "  %-20s %s%s%s%s\n", names[i].name, names[i].help,
                otherwise == NULL      ? " (needed)"
                : otherwise[0] != '\0' ? " ["
                                       : "",
                otherwise != NULL ? otherwise : "",
                otherwise != NULL && otherwise[0] != '\0' ? "]" : "");
    }
}

static bool set(struct settings *s, int i, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL) {
        fprintf(stderr, "portal: out of memory\n");
        return false;
    }
    free(s->value[i]);
    s->value[i] = copy;
    return true;
}

/* "NAME=value", also with the environment's prefix, so that one file serves systemd and us; where:
 * for the message. */
static bool set_line(struct settings *s, const char *line, const char *where, int number)
{
    const char *name = strncmp(line, PREFIX, strlen(PREFIX)) == 0 ? line + strlen(PREFIX) : line;
    const char *equals = strchr(name, '=');
    for (int i = 0; equals != NULL && i < SETTINGS; i++) {
        size_t n = strlen(names[i].name);
        if ((size_t)(equals - name) == n && memcmp(name, names[i].name, n) == 0) {
            return set(s, i, equals + 1);
        }
    }
    fprintf(stderr, "portal: %s:%d: not NAME=value with a name that portal --help lists: %.*s\n",
            where, number, equals == NULL ? 20 : (int)(equals - line), line);
    return false;
}

static bool read_file(struct settings *s, const char *file)
{
    char line[4096];
    int number = 0;
    bool good = true;
    FILE *f = fopen(file, "r");
    if (f == NULL) {
        perror(file);
        return false;
    }
    while (good && fgets(line, sizeof(line), f) != NULL) {
        number++;
        if (strchr(line, '\n') == NULL && !feof(f)) {
            fprintf(stderr, "portal: %s:%d: the line is too long\n", file, number);
            good = false;
            break;
        }
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            good = set_line(s, line, file, number);
        }
    }
    explicit_bzero(line, sizeof(line));
    fclose(f);
    return good;
}

static bool read_environment(struct settings *s)
{
    for (int i = 0; i < SETTINGS; i++) {
        char name[40];
        snprintf(name, sizeof(name), PREFIX "%s", names[i].name);
        const char *value = getenv(name);
        if (value != NULL && !set(s, i, value)) {
            return false;
        }
    }
    return true;
}

static bool read_secret(struct settings *s)
{
    char line[SECRET_MAX] = "";
    const char *file = s->value[CLIENT_SECRET_FILE];
    if (file == NULL || file[0] == '\0') {
        return true;
    }
    FILE *f = fopen(file, "r");
    if (f == NULL || fgets(line, sizeof(line), f) == NULL) {
        fprintf(stderr, "portal: CLIENT_SECRET_FILE %s can't be read, or is empty\n", file);
        if (f != NULL) {
            fclose(f);
        }
        return false;
    }
    fclose(f);
    line[strcspn(line, "\r\n")] = '\0';
    bool good = set(s, CLIENT_SECRET, line);
    explicit_bzero(line, sizeof(line));
    return good;
}

static bool is_formed(int i, const char *value)
{
    char *end;
    if (value[0] == '\0' || names[i].form == TEXT) {
        return true;
    }
    long number = strtol(value, &end, 10);
    return *end == '\0' && number >= 0 && number <= (names[i].form == SWITCH ? 1 : INT_MAX);
}

static bool complete(struct settings *s)
{
    char origin[256];
    for (int i = 0; i < SETTINGS; i++) {
        if (s->value[i] == NULL && names[i].otherwise == NULL) {
            fprintf(stderr, "portal: %s is missing\n", names[i].name);
            return false;
        }
        if (s->value[i] == NULL && !set(s, i, names[i].otherwise)) {
            return false;
        }
        if (!is_formed(i, s->value[i])) {
            fprintf(stderr, "portal: %s must be %s\n", names[i].name,
                    names[i].form == SWITCH ? "0 or 1" : "a number");
            return false;
        }
    }
    if (!settings_origin(s->value[BASE_URL], origin, sizeof(origin)) ||
        !settings_origin(s->value[ISSUER], origin, sizeof(origin))) {
        fprintf(stderr, "portal: BASE_URL and ISSUER must begin with http:// or https://\n");
        return false;
    }
    if (strncmp(s->value[LISTEN], "127.", 4) != 0 && strncmp(s->value[LISTEN], "[::1]:", 6) != 0) {
        fprintf(stderr, "portal: LISTEN must be a loopback address; put a TLS proxy in front\n");
        return false;
    }
    return true;
}

bool settings_read(const char *file, char **overrides, struct settings *out)
{
    struct settings s = {{NULL}};
    bool good = (file == NULL || read_file(&s, file)) && read_environment(&s);
    for (int i = 0; good && overrides[i] != NULL; i++) {
        good = set_line(&s, overrides[i], "argument", i + 1);
    }
    if (!good || !read_secret(&s) || !complete(&s)) {
        settings_free(&s);
        return false;
    }
    *out = s;
    return true;
}

void settings_free(struct settings *s)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (s->value[i] != NULL) {
            explicit_bzero(s->value[i], strlen(s->value[i]));
        }
        free(s->value[i]);
        s->value[i] = NULL;
    }
}

bool settings_has(const struct settings *s, enum setting which)
{
    return s->value[which][0] != '\0';
}

long settings_number(const struct settings *s, enum setting which)
{
    return strtol(s->value[which], NULL, 10);
}

bool settings_origin(const char *url, char *out, size_t size)
{
    const char *host = strstr(url, "://");
    if (host == NULL || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
        return false;
    }
    size_t n = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
    if (n >= size || strcspn(url, " ;,'\"\t") < n) {
        return false;
    }
    memcpy(out, url, n);
    out[n] = '\0';
    return true;
}

bool settings_is_https(const struct settings *s)
{
    return strncmp(s->value[BASE_URL], "https://", 8) == 0;
}
