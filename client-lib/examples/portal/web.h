/* One HTTP exchange: what was asked, and answers with the headers every answer carries. */
#ifndef PORTAL_WEB_H
#define PORTAL_WEB_H
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include "settings.h"

struct web {
    struct evhttp_request *request;
    const struct settings *settings;
    const char *path;    /* without the query */
    const char *query;   /* NULL when absent */
    bool vietnamese;     /* language of the page */
    const char *locales; /* ui_locales of the query, or NULL */
    char path_memory[256];
    char locales_memory[16];
};

/* false when the request is not worth an answer of ours (it has been answered). */
bool web_init(struct web *w, struct evhttp_request *request, const struct settings *settings);
/* Value of a cookie of ours, in memory the caller frees; NULL when absent.  name without prefix. */
char *web_cookie(const struct web *w, const char *name);
/* value NULL: removes it. */
void web_set_cookie(struct web *w, const char *name, const char *value, long max_age_s);
/* A field of the posted form, in memory the caller frees; NULL when absent or given twice. */
char *web_form(struct web *w, const char *name);
/* The posted form came from a page of ours (or from a browser that does not say). */
bool web_is_same_origin(const struct web *w);

void web_reply(struct web *w, int status, const char *type, struct evbuffer *body);
void web_redirect(struct web *w, const char *url); /* 303 */
/* Adds text with the five special characters of HTML replaced. */
void html_text(struct evbuffer *b, const char *text);

#endif
