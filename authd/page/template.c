/* The template engine.  Must not know what a page is for, and must never write a value it has not
 * escaped. */
#include "page/template.h"

#include <string.h>

#include "base/buf.h"
#include "page/catalogue.h"
#include "page/context.h"

#define SCOPES_MAX 6
#define DEPTH_MAX 8

struct walk {
    struct arena *arena;
    enum language language;
    struct buf out;
    struct html html;
    const json_t *scopes[SCOPES_MAX]; /* innermost last */
    size_t n_scopes;
    unsigned depth;
    void (*key)(void *arg, struct str key); /* checking only */
    void *key_arg;
};

static enum err walk_text(struct walk *w, struct str text);

static const json_t *lookup(const struct walk *w, struct str name)
{
    for (size_t i = w->n_scopes; i-- > 0;) {
        const json_t *v = json_object_getn(w->scopes[i], name.p, name.n);
        if (v != NULL) {
            return v;
        }
    }
    return NULL;
}

static struct str value_text(struct walk *w, struct str name)
{
    const json_t *v = lookup(w, name);
    if (json_is_string(v)) {
        return str_of(json_string_value(v), json_string_length(v));
    }
    if (json_is_integer(v)) {
        return str_fmt(w->arena, "%lld", (long long)json_integer_value(v));
    }
    return STR("");
}

/* Enough for text and double-quoted attributes both. */
static void put_escaped(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *entity = NULL;
        switch (s.p[i]) {
        case '&':
            entity = "&amp;";
            break;
        case '<':
            entity = "&lt;";
            break;
        case '>':
            entity = "&gt;";
            break;
        case '"':
            entity = "&quot;";
            break;
        case '\'':
            entity = "&#39;";
            break;
        default:
            continue;
        }
        buf_add(b, str_of(s.p + from, i - from));
        buf_addz(b, entity);
        from = i + 1;
    }
    buf_add(b, str_of(s.p + from, s.n - from));
}

bool template_url_allowed(struct str url)
{
    for (size_t i = 0; i < url.n; i++) {
        if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '\\') {
            return false;
        }
    }
    if (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))) {
        return true;
    }
    return url.n >= 1 && url.p[0] == '/' && (url.n == 1 || url.p[1] != '/');
}

static enum err put_value(struct walk *w, struct str value)
{
    switch (html_slot(&w->html)) {
    case SLOT_TEXT:
    case SLOT_ATTRIBUTE:
        put_escaped(&w->out, value);
        break;
    case SLOT_URL:
        put_escaped(&w->out, template_url_allowed(value) ? value : STR("#"));
        break;
    case SLOT_URL_PART:
        buf_percent(&w->out, value);
        break;
    case SLOT_NONE:
        return fail(ERR_INTERNAL, "template: a value in a place where none may stand");
    }
    html_value_put(&w->html);
    return OK;
}

/* A catalogue text with {member} replaced; escaped as one. */
static struct str expand(struct walk *w, struct str text)
{
    struct buf b = buf_in(w->arena);
    while (text.n > 0) {
        size_t open = str_find(text, '{');
        buf_add(&b, str_of(text.p, open));
        if (open == text.n) {
            break;
        }
        text = str_of(text.p + open + 1, text.n - open - 1);
        size_t close = str_find(text, '}');
        buf_add(&b, value_text(w, str_of(text.p, close)));
        close = close < text.n ? close + 1 : close;
        text = str_of(text.p + close, text.n - close);
    }
    return buf_str(&b);
}

static enum err walk_catalogue(struct walk *w, struct str key)
{
    size_t bracket = str_find(key, '[');
    if (bracket < key.n) {
        if (key.p[key.n - 1] != ']') {
            return fail(ERR_INTERNAL, "template: a text key must end with the value's bracket");
        }
        struct str member = str_of(key.p + bracket + 1, key.n - bracket - 2);
        key = str_fmt(w->arena, "%.*s%.*s", (int)bracket, key.p, STR_FMT(value_text(w, member)));
    } else if (w->key != NULL) {
        w->key(w->key_arg, key);
    }
    struct str text = catalogue_text(w->language, key);
    return put_value(w, text.p != NULL ? expand(w, text) : key);
}

static bool truth(const json_t *v)
{
    if (json_is_string(v)) {
        return json_string_length(v) > 0;
    }
    if (json_is_array(v)) {
        return json_array_size(v) > 0;
    }
    return json_is_true(v) || json_is_object(v) ||
           (json_is_integer(v) && json_integer_value(v) != 0);
}

static enum err walk_scoped(struct walk *w, const json_t *scope, struct str body)
{
    if (w->n_scopes == SCOPES_MAX) {
        return fail(ERR_INTERNAL, "template: sections too deep");
    }
    w->scopes[w->n_scopes++] = scope;
    enum err e = walk_text(w, body);
    w->n_scopes--;
    return e;
}

static enum err walk_section(struct walk *w, struct str name, bool inverted, struct str body)
{
    const struct html before = w->html;
    const json_t *v = lookup(w, name);
    if (w->key != NULL) {
        TRY(walk_text(w, body)); /* checking: every body once */
    } else if (inverted != truth(v)) {
        if (json_is_array(v) && !inverted) {
            for (size_t i = 0; i < json_array_size(v); i++) {
                TRY(walk_scoped(w, json_array_get(v, i), body));
            }
        } else if (json_is_object(v) && !inverted) {
            TRY(walk_scoped(w, v, body));
        } else {
            TRY(walk_text(w, body));
        }
    }
    if (!html_same(&before, &w->html)) {
        return fail(ERR_INTERNAL, "template: section %.*s ends in another place than it begins",
                    STR_FMT(name));
    }
    return OK;
}

/* Takes the next {{tag}} from *rest: *fixed is what stands before it.  False when there is none. */
static bool next_tag(struct str *rest, struct str *fixed, struct str *tag)
{
    for (size_t i = 0; i + 1 < rest->n; i++) {
        if (rest->p[i] != '{' || rest->p[i + 1] != '{') {
            continue;
        }
        for (size_t j = i + 2; j + 1 < rest->n; j++) {
            if (rest->p[j] == '}' && rest->p[j + 1] == '}') {
                *fixed = str_of(rest->p, i);
                *tag = str_of(rest->p + i + 2, j - i - 2);
                *rest = str_of(rest->p + j + 2, rest->n - j - 2);
                return true;
            }
        }
        break;
    }
    return false;
}

/* The body of a section whose opening tag has just been taken; *rest goes behind its end. */
static enum err section_body(struct str *rest, struct str name, struct str *body)
{
    const char *begin = rest->p;
    unsigned open = 1;
    struct str fixed, tag;
    while (next_tag(rest, &fixed, &tag)) {
        if (tag.n < 2 || !str_eq(str_of(tag.p + 1, tag.n - 1), name)) {
            continue;
        }
        if (tag.p[0] == '#' || tag.p[0] == '^') {
            open++;
        } else if (tag.p[0] == '/' && --open == 0) {
            *body = str_of(begin, (size_t)(tag.p - 2 - begin));
            return OK;
        }
    }
    return fail(ERR_INTERNAL, "template: section %.*s does not end", STR_FMT(name));
}

static enum err walk_part(struct walk *w, struct str name)
{
    struct str text = embedded_file(str_z(w->arena, str_fmt(w->arena, "%.*s.html", STR_FMT(name))));
    if (text.p == NULL) {
        return fail(ERR_INTERNAL, "template: no part %.*s", STR_FMT(name));
    }
    return walk_text(w, text);
}

static enum err walk_tag(struct walk *w, struct str tag, struct str *rest)
{
    if (tag.n == 0) {
        return fail(ERR_INTERNAL, "template: empty tag");
    }
    struct str name = str_of(tag.p + 1, tag.n - 1);
    struct str body;
    switch (tag.p[0]) {
    case '#':
    case '^':
        TRY(section_body(rest, name, &body));
        return walk_section(w, name, tag.p[0] == '^', body);
    case '/':
        return fail(ERR_INTERNAL, "template: %.*s ends what was not begun", STR_FMT(name));
    case '>':
        return walk_part(w, name);
    default:
        if (str_starts(tag, STR("t:"))) {
            return walk_catalogue(w, str_of(tag.p + 2, tag.n - 2));
        }
        return put_value(w, value_text(w, tag));
    }
}

static enum err walk_text(struct walk *w, struct str text)
{
    if (++w->depth > DEPTH_MAX) {
        return fail(ERR_INTERNAL, "template: parts or sections too deep");
    }
    struct str rest = text, fixed, tag;
    while (next_tag(&rest, &fixed, &tag)) {
        html_feed(&w->html, fixed);
        buf_add(&w->out, fixed);
        TRY(walk_tag(w, tag, &rest));
    }
    html_feed(&w->html, rest);
    buf_add(&w->out, rest);
    w->depth--;
    return OK;
}

static enum err walk_all(struct walk *w, struct str text)
{
    TRY(walk_text(w, text));
    if (w->html.state != HTML_TEXT) {
        return fail(ERR_INTERNAL, "template: HTML that the engine does not know");
    }
    return OK;
}

enum err template_render(struct arena *a, enum language l, struct str text, const json_t *data,
                         struct str *out)
{
    struct walk w = {.arena = a, .language = l, .out = buf_in(a), .scopes = {data}, .n_scopes = 1};
    TRY(walk_all(&w, text));
    *out = buf_str(&w.out);
    return OK;
}

enum err template_check(struct arena *a, struct str text, void (*key)(void *arg, struct str key),
                        void *arg)
{
    struct walk w = {.arena = a, .out = buf_in(a), .key = key, .key_arg = arg};
    return walk_all(&w, text);
}
