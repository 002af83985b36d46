/* Reading settings.  Unknown names are refused, so that a misspelt one does not go unnoticed. */
#include "settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *otherwise; /* NULL: required */
} names[SETTINGS] = {
    [ISSUER] = {"ISSUER", NULL},
    [CLIENT_ID] = {"CLIENT_ID", NULL},
    [CLIENT_SECRET] = {"CLIENT_SECRET", NULL},
    [CA_FILE] = {"CA_FILE", ""},
    [CACHE_FILE] = {"CACHE_FILE", ""},
    [ROOT_JWK] = {"ROOT_JWK", ""},
    [LISTEN] = {"LISTEN", NULL},
    [BASE_URL] = {"BASE_URL", NULL},
    [TITLE_VI] = {"TITLE_VI", "Đăng ký cư trú"},
    [TITLE_EN] = {"TITLE_EN", "Household registration"},
    [SCOPE] = {"SCOPE", "openid profile"},
    [ACR_VALUES] = {"ACR_VALUES", ""},
};

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

/* "NAME=value"; where: for the message. */
static bool set_line(struct settings *s, char *line, const char *where, int number)
{
    char *equals = strchr(line, '=');
    for (int i = 0; equals != NULL && i < SETTINGS; i++) {
        size_t n = strlen(names[i].name);
        if ((size_t)(equals - line) == n && memcmp(line, names[i].name, n) == 0) {
            return set(s, i, equals + 1);
        }
    }
    fprintf(stderr, "portal: %s:%d: not NAME=value with a name the README lists: %.*s\n", where,
            number, equals == NULL ? 20 : (int)(equals - line), line);
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
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            good = set_line(s, line, file, number);
        }
    }
    fclose(f);
    return good;
}

static bool read_environment(struct settings *s)
{
    for (int i = 0; i < SETTINGS; i++) {
        char name[40];
        snprintf(name, sizeof(name), "PORTAL_%s", names[i].name);
        const char *value = getenv(name);
        if (value != NULL && !set(s, i, value)) {
            return false;
        }
    }
    return true;
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
        good = set_line(&s, overrides[i], "command line", i + 1);
    }
    if (!good || !complete(&s)) {
        settings_free(&s);
        return false;
    }
    *out = s;
    return true;
}

void settings_free(struct settings *s)
{
    for (int i = 0; i < SETTINGS; i++) {
        free(s->value[i]);
        s->value[i] = NULL;
    }
}

bool settings_origin(const char *url, char *out, unsigned size)
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
