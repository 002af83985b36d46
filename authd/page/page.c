/* Answers with pages: the data of one page, joined with what every page needs.  Must not decide
 * anything. */
#include "page/page.h"

#include <string.h>

#include "base/buf.h"
#include "page/catalogue.h"
#include "page/embedded.h"
#include "page/template.h"

static bool is_sandbox; /* set before the first request */

void page_mark_sandbox(void)
{
    is_sandbox = true;
}

static const char *version_of(const char *name)
{
    for (const struct embedded *e = EMBEDDED; e->name != NULL; e++) {
        if (strcmp(e->name, name) == 0) {
            return e->version;
        }
    }
    return "";
}

static void set(json_t *data, const char *name, struct str value)
{
    json_object_set_new(data, name, json_str(value));
}

/* Where the language switch leads back to: this page, if it can be had by GET. */
static struct str way_back(const struct req *r)
{
    if (r->method == HTTP_POST && r->route != NULL && (r->route->methods & HTTP_GET) == 0) {
        return str_starts(r->path, STR("/account/")) ? STR("/account") : STR("/");
    }
    if (r->method == HTTP_POST && !str_starts(r->path, STR("/account/")) &&
        !str_starts(r->path, STR("/login/")) &&
        !str_starts(r->path, STR("/select/")) && !str_starts(r->path, STR("/consent/"))) {
        return STR("/");
    }
    if (r->method == HTTP_POST || r->query.p == NULL || r->query.n > 4000) {
        return r->path;
    }
    return str_fmt(r->arena, "%.*s?%.*s", STR_FMT(r->path), STR_FMT(r->query));
}

enum err page_reply(struct req *r, int status, enum language l, const char *name, json_t *data)
{
    json_own(r->arena, data);
    bool vi = l == LANGUAGE_VI;
    set(data, "lang", vi ? STR("vi") : STR("en"));
    set(data, "style_version", str_from(version_of("style.css")));
    set(data, "logo_version", str_from(version_of("logo.svg")));
    set(data, "favicon_version", str_from(version_of("favicon.svg")));
    struct buf back = buf_in(r->arena);
    buf_percent(&back, way_back(r));
    if (r->path.n > 0) { /* a page made in advance leads back to nowhere */
        set(data, "switch_url",
            str_fmt(r->arena, "/language/%s?back=%.*s", vi ? "en" : "vi", STR_FMT(buf_str(&back))));
    }
    set(data, "switch_lang", vi ? STR("en") : STR("vi"));
    set(data, "request_id", r->task->request_id);
    json_object_set_new(data, "sandbox", json_boolean(is_sandbox));

    struct str text = embedded_file(str_z(r->arena, str_fmt(r->arena, "%s.html", name)));
    struct str html;
    if (text.p == NULL) {
        return fail(ERR_INTERNAL, "page: no template %s", name);
    }
    TRY(template_render(r->arena, l, text, data, &html));
    reply_html(r, status, html);
    /* One URL, several languages. */
    reply_header(r, "Content-Language", vi ? STR("vi") : STR("en"));
    return OK;
}

/* "error.<key>.<part>", of the general error when this one has no such text. */
static struct str error_text(struct arena *a, enum language l, const char *key, const char *part)
{
    struct str text = catalogue_text(l, str_fmt(a, "error.%s.%s", key, part));
    return text.p != NULL ? text : catalogue_text(l, str_fmt(a, "error.general.%s", part));
}

enum err page_error(struct req *r, int status, enum language l, const char *key, struct str service)
{
    return page_error_back(r, status, l, key, service, STR_NONE);
}

enum err page_error_back(struct req *r, int status, enum language l, const char *key,
                         struct str service, struct str uri)
{
    json_t *data = json_object();
    set(data, "title", error_text(r->arena, l, key, "title"));
    set(data, "text", error_text(r->arena, l, key, "text"));
    set(data, "cure", error_text(r->arena, l, key, "cure"));
    if (r->n_headers == 0) {
        /* Refused before its headers were read: nobody knows which language the person reads. */
        enum language other = l == LANGUAGE_VI ? LANGUAGE_EN : LANGUAGE_VI;
        set(data, "also", error_text(r->arena, other, key, "title"));
        set(data, "also_text", error_text(r->arena, other, key, "text"));
        set(data, "also_cure", error_text(r->arena, other, key, "cure"));
    }
    if (str_is(service)) {
        set(data, "service", service);
    }
    if (str_is(uri)) {
        set(data, "return_uri", uri);
    }
    return page_reply(r, status, l, "error", data);
}

struct str page_text(enum language l, const char *key)
{
    struct str text = catalogue_text(l, str_from(key));
    return text.p != NULL ? text : str_from(key);
}
