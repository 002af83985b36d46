/* Reading settings; see settings.h.  Must not judge values: check_configuration.c does. */
#include "checkup/settings.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/ct.h"

#define LINE_MAX_BYTES 8192

static const struct {
    const char *name;
    const char *help;
} names[SETTINGS] = {
    [ISSUER] = {"ISSUER", "the OpenID provider, exactly as it writes itself (needed)"},
    [CLIENT_ID] = {"CLIENT_ID", "as registered (needed)"},
    [CLIENT_SECRET] = {"CLIENT_SECRET", "not as an argument: other users would see it"},
    [CLIENT_SECRET_FILE] = {"CLIENT_SECRET_FILE", "the same, from the file's first line"},
    [CLIENT_KEY_FILE] = {"CLIENT_KEY_FILE", "a private key (PEM or JWK): private_key_jwt"},
    [TOKEN_AUTH] = {"TOKEN_AUTH", "private_key_jwt, client_secret_basic, client_secret_post, none"},
    [BASE_URL] = {"BASE_URL", "https://portal.example.vn: the portal as browsers see it"},
    [REDIRECT_URI] = {"REDIRECT_URI", "as registered; default: BASE_URL/callback"},
    [POST_LOGOUT_URI] = {"POST_LOGOUT_URI", "as registered; default: BASE_URL/logged-out"},
    [BACKCHANNEL_LOGOUT_URI] = {"BACKCHANNEL_LOGOUT_URI",
                                "default: BASE_URL/backchannel-logout; asked with garbage"},
    [LOGIN_URL] = {"LOGIN_URL", "where the portal begins a login; default: BASE_URL/login"},
    [SCOPE] = {"SCOPE", "what is asked for; default: openid profile"},
    [ACR_VALUES] = {"ACR_VALUES", "levels wished for"},
    [ACCOUNT_LEVEL] = {"ACCOUNT_LEVEL", "least account level, 1 or 2; 0: not asked"},
    [AUTH_LEVEL] = {"AUTH_LEVEL", "least authentication level, 1 to 4; 0: not asked"},
    [CLAIMS] = {"CLAIMS", "claims the portal can't do without, separated by spaces"},
    [ID_TOKEN_ALG] = {"ID_TOKEN_ALG", "ES256 (default), EdDSA, PS256, RS256"},
    [PAR] = {"PAR", "pushed requests: auto (default: where offered), on, off"},
    [DPOP] = {"DPOP", "tokens bound to a key: auto (default: where offered), on, off"},
    [CA_FILE] = {"CA_FILE", "trusted authorities; default: the system's"},
    [ROOT_JWK] = {"ROOT_JWK", "the provider's root key, pinned"},
    [TIMEOUT_MS] = {"TIMEOUT_MS", "the longest wait for one answer; default: 10000"},
    [SKEW_S] = {"SKEW_S", "tolerated difference of clocks; default: 30"},
};

/* Settings of the demonstration portals that tell us nothing. */
static const char *const passed_over[] = {
    "SERVICE",           "LISTEN",           "TITLE_VI", "TITLE_EN", "USERINFO", "CACHE_FILE",
    "SUBMIT_AUTH_LEVEL", "SUBMIT_MAX_AGE_S", "API_URL",  "AUDIENCE"};

const char *setting_name(enum setting which)
{
    return names[which].name;
}

void settings_help(FILE *out)
{
    for (int i = 0; i < SETTINGS; i++) {
        fprintf(out, "  %-23s %s\n", names[i].name, names[i].help);
    }
}

/* Is b a with one or two letters changed, left out or added?  Short names, so three rows do. */
static bool is_nearly(struct str a, struct str b)
{
    size_t row[2][32];
    if (a.n >= 32 || b.n >= 32) {
        return false;
    }
    for (size_t j = 0; j <= b.n; j++) {
        row[0][j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = row[i % 2];
        const size_t *before = row[(i + 1) % 2];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t least = before[j - 1] + (a.p[i - 1] == b.p[j - 1] ? 0 : 1);
            least = before[j] + 1 < least ? before[j] + 1 : least;
            now[j] = now[j - 1] + 1 < least ? now[j - 1] + 1 : least;
        }
    }
    return row[a.n % 2][b.n] <= 2;
}

static void note_unknown(struct arena *a, struct settings *s, struct str name)
{
    for (size_t i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++) {
        if (str_eqz(name, passed_over[i])) {
            return;
        }
    }
    for (int i = 0; i < SETTINGS; i++) {
        if (is_nearly(name, str_from(names[i].name))) {
            s->mistyped = str_fmt(a, "%.*s%s%.*s (%s?)", STR_FMT(s->mistyped),
                                  s->mistyped.n > 0 ? ", " : "", STR_FMT(name), names[i].name);
            return;
        }
    }
    s->unknown =
        str_fmt(a, "%.*s%s%.*s", STR_FMT(s->unknown), s->unknown.n > 0 ? ", " : "", STR_FMT(name));
}

static void set(struct arena *a, struct settings *s, enum setting i, struct str value,
                const char *from)
{
    s->value[i] = value.n > 0 ? str_z(a, value) : NULL;
    s->from[i] = from;
}

/* "NAME=value", also with the environment's prefixes; false: no such form. */
static bool set_line(struct arena *a, struct settings *s, struct str line, const char *from)
{
    static const char *const prefixes[] = {"PORTAL_", "EID_"};
    size_t equals = str_find(line, '=');
    struct str name = str_trim(str_of(line.p, equals));
    if (equals == line.n || name.n == 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct str prefix = str_from(prefixes[i]);
        if (str_starts(name, prefix)) {
            name = str_of(name.p + prefix.n, name.n - prefix.n);
        }
    }
    struct str value = str_of(line.p + equals + 1, line.n - equals - 1);
    for (int i = 0; i < SETTINGS; i++) {
        if (str_eqz(name, names[i].name)) {
            set(a, s, (enum setting)i, value, from);
            return true;
        }
    }
    note_unknown(a, s, name);
    return true;
}

static bool read_file(struct arena *a, const char *file, struct settings *s, const char **why)
{
    char line[LINE_MAX_BYTES];
    bool good = true;
    FILE *f = fopen(file, "re");
    if (f == NULL) {
        *why = str_fmt(a, "%s: %s", file, strerror(errno)).p;
        return false;
    }
    for (int number = 1; good && fgets(line, sizeof(line), f) != NULL; number++) {
        const char *place = str_fmt(a, "%s:%d", file, number).p;
        if (strchr(line, '\n') == NULL && !feof(f)) {
            *why = str_fmt(a, "%s: the line is too long", place).p;
            good = false;
            break;
        }
        line[strcspn(line, "\n")] = '\0';
        struct str text = str_trim(str_from(line));
        if (text.n > 0 && text.p[0] != '#' && !set_line(a, s, str_from(line), place)) {
            *why = str_fmt(a, "%s: not NAME=value", place).p;
            good = false;
        }
    }
    ct_wipe(line, sizeof(line));
    fclose(f);
    return good;
}

static void read_environment(struct arena *a, struct settings *s)
{
    static const char *const prefixes[] = {"PORTAL_", "EID_"};
    for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
        for (int i = 0; i < SETTINGS; i++) {
            const char *name = str_fmt(a, "%s%s", prefixes[p], names[i].name).p;
            const char *value = getenv(name);
            if (value != NULL) {
                set(a, s, (enum setting)i, str_from(value), name);
            }
        }
    }
}

static void derive(struct arena *a, struct settings *s)
{
    static const struct {
        enum setting which;
        const char *path;
    } of_base[] = {{REDIRECT_URI, "/callback"},
                   {POST_LOGOUT_URI, "/logged-out"},
                   {BACKCHANNEL_LOGOUT_URI, "/backchannel-logout"},
                   {LOGIN_URL, "/login"}};
    for (size_t i = 0; i < sizeof(of_base) / sizeof(of_base[0]); i++) {
        if (s->value[of_base[i].which] == NULL && s->value[BASE_URL] != NULL) {
            s->value[of_base[i].which] = str_fmt(a, "%s%s", s->value[BASE_URL], of_base[i].path).p;
            s->from[of_base[i].which] = s->from[BASE_URL];
        }
    }
    if (s->value[SCOPE] == NULL) {
        s->value[SCOPE] = "openid profile";
    }
}

bool settings_read(struct arena *a, const char *file, char **arguments, struct settings *out,
                   const char **why)
{
    struct settings s = {.unknown = STR(""), .mistyped = STR("")};
    if (file != NULL && !read_file(a, file, &s, why)) {
        return false;
    }
    read_environment(a, &s);
    for (; *arguments != NULL; arguments++) {
        const char *before = s.from[CLIENT_SECRET];
        if (!set_line(a, &s, str_from(*arguments), "argument")) {
            *why = str_fmt(a, "argument: not NAME=value: %.40s", *arguments).p;
            return false;
        }
        if (s.from[CLIENT_SECRET] != before) {
            *why = "argument: other users of this machine see CLIENT_SECRET here: give "
                   "CLIENT_SECRET_FILE, or set it in the environment";
            return false;
        }
    }
    derive(a, &s);
    *out = s;
    return true;
}
