/* The frame of a page and its parts. */
#include "html.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct words *words_of(const struct web *w)
{
    return w->vietnamese ? &words_vi : &words_en;
}

const char *text_of(const struct web *w, struct text text)
{
    const char *t = w->vietnamese ? text.vi : text.en;
    return t != NULL ? t : "";
}

const char *title_of(const struct web *w)
{
    enum setting own = w->vietnamese ? TITLE_VI : TITLE_EN;
    return settings_has(web_settings(w), own) ? web_settings(w)->value[own]
                                              : text_of(w, w->provider->service->title);
}

void html_add(struct evbuffer *b, const char *html)
{
    evbuffer_add(b, html, strlen(html));
}

void html_text(struct evbuffer *b, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "&<>\"'");
        evbuffer_add(b, text, n);
        text += n;
        if (*text != '\0') {
            evbuffer_add_printf(b, "&#%d;", *text);
            text++;
        }
    }
}

void html_wrap(struct evbuffer *b, const char *open, const char *text, const char *close)
{
    html_add(b, open);
    html_text(b, text);
    html_add(b, close);
}

void html_link(struct evbuffer *b, const char *class, const char *href, const char *text)
{
    evbuffer_add_printf(b, "<a class=\"%s\" href=\"%s\">", class, href);
    html_wrap(b, "", text, "</a>\n");
}

void html_row(struct evbuffer *b, const struct words *t, const char *name, const char *value)
{
    html_wrap(b, "<div><dt>", name, "</dt>");
    if (value != NULL && value[0] != '\0') {
        html_wrap(b, "<dd>", value, "</dd></div>\n");
    } else {
        html_wrap(b, "<dd class=\"quiet\">", t->not_released, "</dd></div>\n");
    }
}

void html_csrf(struct evbuffer *b, const struct session *s)
{
    evbuffer_add_printf(b, "<input type=\"hidden\" name=\"csrf\" value=\"%s\">", s->csrf);
}

void html_press(struct evbuffer *b, const struct session *s, const char *action, const char *class,
                const char *text)
{
    evbuffer_add_printf(b, "<form method=\"post\" action=\"%s\">", action);
    html_csrf(b, s);
    evbuffer_add_printf(b, "<button class=\"%s\">", class);
    html_wrap(b, "", text, "</button></form>\n");
}

static void nav_link(struct web *w, struct evbuffer *b, const char *href, const char *text)
{
    bool here = strcmp(w->path, href) == 0;
    evbuffer_add_printf(b, "<a href=\"%s\"%s>", href, here ? " aria-current=\"page\"" : "");
    html_wrap(b, "", text, "</a>\n");
}

static void add_header(struct web *w, struct evbuffer *b, const struct session *session)
{
    const struct words *t = words_of(w);
    /* "//host" would be another site's address */
    bool known = !web_is_post(w) && w->path[0] == '/' && strpbrk(w->path + 1, "/\\") != w->path + 1;
    const char *path = known ? w->path : "/";
    html_add(b, "<header><div class=\"wide\"><a class=\"brand\" href=\"/\">"
                "<img src=\"/icon.svg\" alt=\"\" width=\"44\" height=\"44\"><span>");
    html_wrap(b, "<strong>", title_of(w), "</strong>");
    html_wrap(b, "<small>", text_of(w, w->provider->service->agency), "</small></span></a>\n");
    evbuffer_add_printf(b, "<a class=\"tongue\" lang=\"%s\" hreflang=\"%s\" href=\"", t->other_lang,
                        t->other_lang);
    html_text(b, path);
    evbuffer_add_printf(b, "?ui_locales=%s\">", t->other_lang);
    html_wrap(b, "", t->other_name, "</a></div>\n");
    if (session != NULL) {
        html_wrap(b, "<nav aria-label=\"", t->menu, "\"><div class=\"wide\">\n");
        nav_link(w, b, "/", t->nav_home);
        nav_link(w, b, "/applications", t->nav_applications);
        nav_link(w, b, "/identity", t->nav_identity);
        html_add(b, "</div></nav>");
    }
    html_add(b, "</header>\n");
}

struct evbuffer *html_begin(struct web *w, const struct session *session, const char *heading)
{
    const struct words *t = words_of(w);
    struct evbuffer *b = evbuffer_new();
    if (b == NULL) {
        return NULL;
    }
    evbuffer_add_printf(
        b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", t->lang);
    html_add(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html_wrap(b, "<title>", heading != NULL ? heading : title_of(w), "");
    if (heading != NULL) {
        html_wrap(b, " – ", title_of(w), "");
    }
    html_add(b, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
                "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n</head>\n");
    evbuffer_add_printf(b, "<body class=\"%s\">\n", w->provider->service->name);
    html_wrap(b, "<a class=\"skip\" href=\"#main\">", t->skip, "</a>\n");
    add_header(w, b, session);
    html_add(b, "<main id=\"main\" class=\"wide\">\n");
    return b;
}

void html_end(struct web *w, struct evbuffer *b, int status)
{
    if (b == NULL) {
        web_reply(w, 503, NULL, NULL);
        return;
    }
    char issuer[256] = "";
    settings_origin(web_settings(w)->value[ISSUER], issuer, sizeof(issuer));
    html_wrap(b, "</main>\n<footer class=\"wide\"><p>", words_of(w)->foot, " ");
    html_wrap(b, "", issuer, ".</p></footer>\n</body>\n</html>\n");
    web_reply(w, status, "text/html", b);
    evbuffer_free(b);
}

void date_text(const char *iso, char *out, size_t size)
{
    int y, m, d;
    if (strlen(iso) == 10 && sscanf(iso, "%4d-%2d-%2d", &y, &m, &d) == 3) {
        snprintf(out, size, "%02d/%02d/%04d", d, m, y);
    } else if (strlen(iso) == 7 && sscanf(iso, "%4d-%2d", &y, &m) == 2) {
        snprintf(out, size, "%02d/%04d", m, y);
    } else {
        snprintf(out, size, "%s", iso);
    }
}

void time_text(int64_t at, char *out, size_t size)
{
    struct tm tm;
    time_t when = (time_t)at;
    if (at <= 0 || localtime_r(&when, &tm) == NULL ||
        strftime(out, size, "%H:%M, %d/%m/%Y", &tm) == 0) {
        out[0] = '\0';
    }
}

char *claim_text(const struct eid_identity *identity, const char *claim)
{
    const char *text = eid_identity_claim(identity, claim);
    if (text == NULL || strcmp(claim, "address") != 0) {
        return text != NULL ? strdup(text) : NULL;
    }
    /* OpenID Connect Core 5.1.1: an object; "formatted" is the whole of it */
    json_t *address = json_loads(text, 0, NULL);
    const char *whole = json_string_value(json_object_get(address, "formatted"));
    char *out = whole != NULL ? strdup(whole) : NULL;
    json_decref(address);
    for (char *c = out; c != NULL && *c != '\0'; c++) {
        *c = *c == '\n' || *c == '\r' ? ' ' : *c;
    }
    return out;
}
