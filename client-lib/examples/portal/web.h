/* One HTTP exchange: what was asked, and answers with the headers every answer carries.  Every
 * exchange ends with exactly one call of web_reply or web_redirect, now or later; then it is gone.
 */
#ifndef PORTAL_WEB_H
#define PORTAL_WEB_H
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include "provider.h"

struct web {
    struct evhttp_request *request;
    struct provider *provider; /* held */
    char path[128];            /* without the query */
    const char *query;         /* NULL when absent */
    bool vietnamese;           /* language of the page */
};

/* NULL when the request is not worth an exchange (it has been answered). */
struct web *web_begin(struct evhttp_request *request, struct provider *provider);
const struct settings *web_settings(const struct web *w);
bool web_is_post(const struct web *w);
const char *web_header(const struct web *w, const char *name);      /* NULL when absent */
const char *web_header_once(const struct web *w, const char *name); /* also NULL when repeated */
/* Value of a cookie of ours, in memory the caller frees; NULL when absent.  name without prefix. */
char *web_cookie(const struct web *w, const char *name);
/* value NULL: removes it. */
void web_set_cookie(struct web *w, const char *name, const char *value, long max_age_s);
/* A field of the query or of the posted form, in memory the caller frees; NULL when absent, given
 * twice, or not UTF-8. */
char *web_query(const struct web *w, const char *name);
char *web_form(const struct web *w, const char *name);
char *web_body(const struct web *w); /* the same of the whole body */
/* The posted form came from a page of ours (or from a browser that does not say). */
bool web_is_same_origin(const struct web *w);

bool web_add_header(struct web *w, const char *name, const char *value);
void web_reply(struct web *w, int status, const char *type, struct evbuffer *body);
void web_redirect(struct web *w, const char *url); /* 303 */
void web_go(struct web *w, const char *path);      /* 303 to a path of ours */

#endif
