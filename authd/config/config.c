/* Reads the configuration by the table of options, on libconfuse, and names line and cure of what
 * is wrong. Must not act on anything it reads. */
#include "config/config.h"
#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "config/check.h"
#include "config/options.h"

#define DEPTH_MAX 3
#define SECTION_OPTIONS_MAX 32

struct owned_config {
    struct config config; /* first, so that config_free finds the rest */
    struct arena *arena;
};

/* libconfuse's callbacks carry no context of ours: this is set only while config_parse runs. */
static struct {
    const char *path;
    char reason[200]; /* the first one */
    int lines[96];    /* where each option was set; 0: default */
} parsing;

static size_t name_tail(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? 0 : (size_t)(dot - name) + 1;
}

/* The row of an option that libconfuse found in `section`. */
static size_t option_find(const char *section, const char *name)
{
    size_t n;
    const struct option *all = options_all(&n);
    for (size_t i = 0; i < n; i++) {
        size_t tail = name_tail(all[i].name);
        if (strcmp(all[i].name + tail, name) != 0) {
            continue;
        }
        if (tail == 0) {
            if (strcmp(section, "root") == 0) {
                return i;
            }
            continue;
        }
        size_t length = strlen(section);
        if (tail - 1 >= length && memcmp(all[i].name + tail - 1 - length, section, length) == 0 &&
            (tail - 1 == length || all[i].name[tail - 2 - length] == '.')) {
            return i;
        }
    }
    bug("config: no row for %s in %s", name, section);
}

static void note_reason(int line, const char *text)
{
    if (parsing.reason[0] == '\0') {
        snprintf(parsing.reason, sizeof(parsing.reason), "%s:%d: %s", parsing.path, line, text);
    }
}

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list args)
{
    char text[160];
    vsnprintf(text, sizeof(text), format, args);
    size_t n = strlen(text);
    if (strncmp(text, "no such option", 14) == 0) {
        snprintf(text + n, sizeof(text) - n, "; authd.conf(5) lists all options");
    }
    note_reason(cfg == NULL ? 0 : cfg->line, text);
}

/* libconfuse takes "server|stacks = 9" outside of the section, too, and then names the section
 * that the line stands in. */
static bool stands_in(cfg_t *cfg, const cfg_opt_t *opt)
{
    unsigned n = 0;
    const cfg_opt_t *one = cfg_getnopt(cfg, n);
    while (one != NULL && one != opt) {
        one = cfg_getnopt(cfg, ++n);
    }
    return one != NULL;
}

/* Called by libconfuse after each assignment. */
static int on_option(cfg_t *cfg, cfg_opt_t *opt)
{
    char text[160];
    size_t n;
    if (!stands_in(cfg, opt)) {
        snprintf(text, sizeof(text), "%s must stand inside its section: write section { %s = ... }",
                 opt->name, opt->name);
        note_reason(cfg->line, text);
        return -1;
    }
    size_t i = option_find(cfg->name, opt->name);
    const struct option *o = &options_all(&n)[i];
    if (parsing.lines[i] != 0) {
        snprintf(text, sizeof(text), "%s stands in line %d already; remove one", o->name,
                 parsing.lines[i]);
        note_reason(cfg->line, text);
        return -1;
    }
    parsing.lines[i] = cfg->line;
    if (o->type == OPTION_NUMBER) {
        long v = cfg_opt_getnint(opt, 0);
        if (v < o->min || v > o->max) {
            snprintf(text, sizeof(text), "%s is %ld; it must be from %ld to %ld", o->name, v,
                     o->min, o->max);
            note_reason(cfg->line, text);
            return -1;
        }
    }
    return 0;
}

static cfg_opt_t option_describe(const struct option *o, const char *name)
{
    cfg_opt_t text = CFG_STR(name, o->text, CFGF_NONE);
    cfg_opt_t number = CFG_INT(name, o->number, CFGF_NONE);
    cfg_opt_t flag = CFG_BOOL(name, o->number != 0 ? cfg_true : cfg_false, CFGF_NONE);
    cfg_opt_t out = o->type == OPTION_TEXT ? text : o->type == OPTION_NUMBER ? number : flag;
    out.validcb = on_option;
    return out;
}

/* libconfuse's tables for everything below `prefix` ("", "server.", "database.web."). */
static cfg_opt_t *describe(struct arena *a, const char *prefix, int depth)
{
    size_t n;
    const struct option *all = options_all(&n);
    size_t length = strlen(prefix);
    size_t used = 0;
    cfg_opt_t *out = arena_array(a, SECTION_OPTIONS_MAX, sizeof(*out));
    if (depth > DEPTH_MAX) {
        bug("config: sections too deep at %s", prefix);
    }
    for (size_t i = 0; i < n; i++) {
        if (strncmp(all[i].name, prefix, length) != 0) {
            continue;
        }
        if (used + 1 >= SECTION_OPTIONS_MAX) {
            bug("config: too many options in %s", prefix);
        }
        const char *rest = all[i].name + length;
        const char *dot = strchr(rest, '.');
        if (dot == NULL) {
            out[used++] = option_describe(&all[i], rest);
            continue;
        }
        const char *section = str_z(a, str_of(rest, (size_t)(dot - rest)));
        bool known = false;
        for (size_t k = 0; k < used; k++) {
            known = known || strcmp(out[k].name, section) == 0;
        }
        if (!known) {
            const char *deeper = str_fmt(a, "%s%s.", prefix, section).p;
            cfg_opt_t sec = CFG_SEC(section, describe(a, deeper, depth + 1), CFGF_NONE);
            out[used++] = sec;
        }
    }
    cfg_opt_t end = CFG_END();
    out[used] = end;
    return out;
}

/* The section an option stands in. */
static cfg_t *section_of(cfg_t *cfg, struct arena *a, const char *name, const char **tail)
{
    struct str rest = str_from(name);
    struct str part;
    while (str_split(&rest, '.', &part) && rest.p != NULL) {
        cfg = cfg_getsec(cfg, str_z(a, part));
    }
    *tail = str_z(a, part);
    return cfg;
}

static enum err take(struct owned_config *c, struct arena *scratch, cfg_t *cfg)
{
    size_t n;
    const struct option *all = options_all(&n);
    for (size_t i = 0; i < n; i++) {
        const struct option *o = &all[i];
        char *field = (char *)&c->config + o->at;
        const char *tail;
        cfg_t *section = section_of(cfg, scratch, o->name, &tail);
        if (o->type == OPTION_NUMBER) {
            *(long *)(void *)field = cfg_getint(section, tail);
        } else if (o->type == OPTION_FLAG) {
            *(bool *)(void *)field = cfg_getbool(section, tail) == cfg_true;
        } else {
            const char *text = cfg_getstr(section, tail);
            if (text == NULL) {
                return fail(ERR_INPUT, "%s: %s is missing: %s", parsing.path, o->name, o->help);
            }
            *(const char **)(void *)field = str_z(c->arena, str_from(text));
        }
    }
    return OK;
}

static enum err parse(struct owned_config *c, struct arena *scratch, struct str text)
{
    cfg_t *cfg = cfg_init(describe(scratch, "", 0), CFGF_NONE);
    if (cfg == NULL) {
        return fail(ERR_NO_MEMORY, "config");
    }
    cfg_set_error_function(cfg, on_error);
    if (cfg_parse_buf(cfg, str_z(scratch, text)) != CFG_SUCCESS && parsing.reason[0] == '\0') {
        note_reason(cfg->line, "can't be parsed; is a quote or a brace not closed?");
    }
    enum err e;
    if (parsing.reason[0] != '\0') {
        e = fail(ERR_INPUT, "%s", parsing.reason);
    } else {
        e = take(c, scratch, cfg);
    }
    cfg_free(cfg);
    return e;
}

int config_line(const char *name)
{
    size_t n;
    const struct option *all = options_all(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return parsing.lines[i];
        }
    }
    bug("config: no option %s", name);
}

enum err config_parse(struct str text, const char *path, struct config **out)
{
    if (text.n > CONFIG_SIZE_MAX || str_has_byte(text, '\0')) {
        return fail(ERR_INPUT, "%s: not a text of at most %zu bytes", path, CONFIG_SIZE_MAX);
    }
    memset(&parsing, 0, sizeof(parsing));
    parsing.path = path;
    struct owned_config *c = calloc(1, sizeof(*c));
    struct arena *scratch = arena_new(0);
    enum err e = OK;
    if (c == NULL || scratch == NULL || (c->arena = arena_new(0)) == NULL) {
        e = fail(ERR_NO_MEMORY, "config");
        goto out;
    }
    c->config.path = str_z(c->arena, str_from(path));
    e = parse(c, scratch, text);
    if (e == OK) {
        e = config_check(c->arena, &c->config);
    }
    if (e == OK) {
        *out = &c->config;
        c = NULL;
    }
out:
    parsing.path = "";
    if (c != NULL) {
        config_free(&c->config);
    }
    arena_free(scratch);
    return e;
}

enum err config_read_options(const char *path, struct config **out)
{
    struct arena *a = arena_new(0);
    struct str text;
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "config");
    }
    enum err e = config_file(a, path, &text);
    if (e == OK) {
        e = config_parse(text, path, out);
    }
    arena_free(a);
    return e;
}

enum err config_read(const char *path, struct config **out)
{
    struct config *c = NULL;
    TRY(config_read_options(path, &c));
    enum err e = config_check_files(c);
    if (e != OK) {
        config_free(c);
        return e;
    }
    *out = c;
    return OK;
}

void config_free(struct config *c)
{
    if (c == NULL) {
        return;
    }
    struct owned_config *owned = (struct owned_config *)(void *)c;
    arena_free(owned->arena);
    free(owned);
}

/* Sections that are read when processes begin; of the top level everything. */
static bool is_read_at_start(const char *name)
{
    static const char *const prefixes[] = {
        "metrics.listen",      "server.listen", "server.tls",  "server.stacks",
        "processes.",          "database.",     "keys.master", "passwords.blocklist",
        "development.sandbox", "erasures."};
    if (strchr(name, '.') == NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

const char *config_needs_restart(const struct config *old, const struct config *fresh)
{
    size_t n;
    const struct option *all = options_all(&n);
    for (size_t i = 0; i < n; i++) {
        const char *a = (const char *)old + all[i].at;
        const char *b = (const char *)fresh + all[i].at;
        bool same;
        if (all[i].type == OPTION_TEXT) {
            same = strcmp(*(const char *const *)(const void *)a,
                          *(const char *const *)(const void *)b) == 0;
        } else if (all[i].type == OPTION_NUMBER) {
            same = *(const long *)(const void *)a == *(const long *)(const void *)b;
        } else {
            same = *(const bool *)(const void *)a == *(const bool *)(const void *)b;
        }
        if (!same && is_read_at_start(all[i].name)) {
            return all[i].name;
        }
    }
    return NULL;
}

const struct config_option *config_options(size_t *n)
{
    static const char *const types[] = {"text", "number", "flag"};
    static struct config_option table[96];
    static char defaults[96][16];
    const struct option *all = options_all(n);
    if (*n > sizeof(table) / sizeof(table[0])) {
        bug("config: %zu options", *n);
    }
    for (size_t i = 0; i < *n; i++) {
        table[i] =
            (struct config_option){all[i].name, types[all[i].type], all[i].text, all[i].help};
        if (all[i].type == OPTION_NUMBER) {
            snprintf(defaults[i], sizeof(defaults[i]), "%ld", all[i].number);
            table[i].default_text = defaults[i];
        } else if (all[i].type == OPTION_FLAG) {
            table[i].default_text = all[i].number != 0 ? "true" : "false";
        }
    }
    return table;
}
