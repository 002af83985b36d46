/* See report.h. */
#include "checkup/report.h"
#include <stdarg.h>
#include <string.h>
#include "base/buf.h"
#include "base/json.h"

#define HIDDEN_MIN 6 /* shorter ones would hide half of every sentence */
#define HIDE_MAX 8
#define CHECKS_MAX 96
#define TEXT_MAX 900

struct finding {
    enum status status;
    const char *check;
    const char *text;
    const char *cure; /* NULL: none */
};

struct report {
    struct arena *arena;
    const char *hidden[HIDE_MAX];
    size_t n_hidden;
    struct finding found[CHECKS_MAX];
    size_t n;
};

static const char *const words[STATUSES] = {[GOOD] = "ok",
                                            [NOT_OFFERED] = "not offered",
                                            [SKIPPED] = "skipped",
                                            [WARNING] = "warning",
                                            [FAILED] = "failed"};

struct report *report_new(struct arena *a)
{
    struct report *r = arena_alloc(a, sizeof(*r));
    r->arena = a;
    return r;
}

void report_hide(struct report *r, const char *secret)
{
    if (secret != NULL && strlen(secret) >= HIDDEN_MIN && r->n_hidden < HIDE_MAX) {
        r->hidden[r->n_hidden++] = secret;
    }
}

/* Length of a character at p that a terminal would obey or that turns the writing around: C1
 * controls (U+009B begins an escape sequence), directions, what can't be seen.  0: harmless. */
static size_t obeyed(const char *p)
{
    static const char *const harmful[] = {
        "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f",
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac",
        "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8",
        "\xe2\x81\xa9", "\xef\xbb\xbf"};
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] < ' ' || u[0] == 0x7f) {
        return 1;
    }
    if (u[0] == 0xc2 && u[1] >= 0x80 && u[1] < 0xa0) {
        return 2;
    }
    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
        if (strncmp(p, harmful[i], 3) == 0) {
            return 3;
        }
    }
    return 0;
}

/* Without a character that was cut off at the end. */
static struct str whole(struct str text)
{
    for (size_t cut = 0; cut < 4 && cut <= text.n; cut++) {
        if (str_utf8(str_of(text.p, text.n - cut))) {
            return str_of(text.p, text.n - cut);
        }
    }
    return STR("(a text that is not UTF-8)");
}

/* Without secrets, and without what a terminal would obey: providers' texts pass here. */
static const char *shown(const struct report *r, const char *text)
{
    struct buf b = buf_in(r->arena);
    for (const char *p = text; *p != '\0';) {
        size_t skip = 0;
        for (size_t i = 0; i < r->n_hidden; i++) {
            size_t n = strlen(r->hidden[i]);
            size_t left = strlen(p); /* the text may have been cut off within the secret */
            n = left < n && left >= HIDDEN_MIN ? left : n;
            skip = strncmp(p, r->hidden[i], n) == 0 && n > skip ? n : skip;
        }
        if (skip > 0) {
            buf_addz(&b, "[hidden]");
            p += skip;
        } else {
            size_t n = obeyed(p);
            buf_byte(&b, n > 0 ? '?' : *p);
            p += n > 0 ? n : 1;
        }
    }
    return str_z(r->arena, whole(buf_str(&b)));
}

void report_add(struct report *r, enum status status, const char *check, const char *cure,
                const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (r->n == CHECKS_MAX || ((status == WARNING || status == FAILED) && cure == NULL)) {
        bug("report: %s: too many findings, or one without a cure", check);
    }
    r->found[r->n++] = (struct finding){.status = status,
                                        .check = check,
                                        .text = shown(r, text),
                                        .cure = cure != NULL ? shown(r, cure) : NULL};
}

size_t report_count(const struct report *r, enum status status)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        n += r->found[i].status == status ? 1 : 0;
    }
    return n;
}

bool report_said(const struct report *r, enum status status, const char *check)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->found[i].status == status && strcmp(r->found[i].check, check) == 0) {
            return true;
        }
    }
    return false;
}

bool report_print(const struct report *r, FILE *out)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct finding *f = &r->found[i];
        fprintf(out, "%-12s %-22s %s\n", words[f->status], f->check, f->text);
        if (f->cure != NULL) {
            fprintf(out, "%-12s %-22s cure: %s\n", "", "", f->cure);
        }
    }
    size_t failed = report_count(r, FAILED);
    size_t warnings = report_count(r, WARNING);
    fprintf(out, "\n%zu ok, %zu warning%s, %zu failed\n", report_count(r, GOOD), warnings,
            warnings == 1 ? "" : "s", failed);
    return fflush(out) == 0 && !ferror(out);
}

bool report_print_json(const struct report *r, const char *issuer, const char *client_id, FILE *out)
{
    json_t *all = json_own(r->arena, json_object());
    json_t *list = json_array();
    int lost = json_object_set_new(all, "healthy", json_boolean(report_count(r, FAILED) == 0)) |
               json_object_set_new(all, "issuer", json_string(shown(r, issuer))) |
               json_object_set_new(all, "client_id", json_string(shown(r, client_id))) |
               json_object_set_new(all, "checks", list);
    for (size_t i = 0; i < r->n && lost == 0; i++) {
        const struct finding *f = &r->found[i];
        json_t *one = json_object();
        lost = json_object_set_new(one, "check", json_string(f->check)) |
               json_object_set_new(one, "status", json_string(words[f->status])) |
               json_object_set_new(one, "text", json_string(f->text)) |
               (f->cure != NULL ? json_object_set_new(one, "cure", json_string(f->cure)) : 0) |
               json_array_append_new(list, one);
    }
    if (lost != 0) {
        return false;
    }
    fprintf(out, "%.*s\n", STR_FMT(json_text(r->arena, all)));
    return fflush(out) == 0 && !ferror(out);
}
