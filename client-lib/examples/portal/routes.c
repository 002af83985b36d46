/* Which address does what. */
#include <string.h>
#include "portal.h"

struct route {
    const char *path;
    enum evhttp_cmd_type method;
    route_fn *fn;
};

static const struct route portal_routes[] = {
    {"/", EVHTTP_REQ_GET, page_home},
    {"/login", EVHTTP_REQ_GET, login_begin},
    {"/callback", EVHTTP_REQ_GET, login_callback},
    {"/logout", EVHTTP_REQ_POST, logout_everywhere},
    {"/logout/here", EVHTTP_REQ_POST, logout_here},
    {"/logged-out", EVHTTP_REQ_GET, page_logged_out},
    {"/backchannel-logout", EVHTTP_REQ_POST, logout_backchannel},
    {"/identity", EVHTTP_REQ_GET, page_identity},
    {"/apply", EVHTTP_REQ_GET, apply_details},
    {"/apply", EVHTTP_REQ_POST, apply_check},
    {"/apply/review", EVHTTP_REQ_GET, apply_review},
    {"/apply/confirm", EVHTTP_REQ_GET, apply_confirm},
    {"/apply/submit", EVHTTP_REQ_POST, apply_submit},
    {"/apply/done", EVHTTP_REQ_GET, apply_done},
    {"/applications", EVHTTP_REQ_GET, applications_list},
    {"/style.css", EVHTTP_REQ_GET, page_style},
    {"/icon.svg", EVHTTP_REQ_GET, page_icon},
    {"/favicon.ico", EVHTTP_REQ_GET, page_icon},
    {NULL, EVHTTP_REQ_GET, NULL},
};

static const struct route records_routes[] = {
    {"/", EVHTTP_REQ_GET, records_about},
    {"/.well-known/oauth-protected-resource", EVHTTP_REQ_GET, records_metadata},
    {"/records", EVHTTP_REQ_GET, records_read},
    {"/records", EVHTTP_REQ_POST, records_write},
    {NULL, EVHTTP_REQ_GET, NULL},
};

/* NULL: no such address; known: it exists for another method. */
static const struct route *route_find(const struct web *w, bool *known)
{
    const struct route *r = w->provider->service != NULL ? portal_routes : records_routes;
    enum evhttp_cmd_type method = evhttp_request_get_command(w->request);
    if (method == EVHTTP_REQ_HEAD) {
        method = EVHTTP_REQ_GET;
    }
    *known = false;
    for (; r->path != NULL; r++) {
        if (strcmp(w->path, r->path) == 0) {
            *known = true;
            if (r->method == method) {
                return r;
            }
        }
    }
    return NULL;
}

void portal_handle(struct evhttp_request *request, void *arg)
{
    struct portal *p = arg;
    struct web *w = web_begin(request, p->provider);
    bool known;
    if (w == NULL) {
        return;
    }
    const struct route *route = route_find(w, &known);
    if (route != NULL) {
        route->fn(w, p);
    } else if (w->provider->service == NULL || (known && web_is_post(w))) {
        web_reply(w, known ? 405 : 404, NULL, NULL);
    } else if (known) {
        web_go(w, "/"); /* somebody opened the address of a form */
    } else {
        page_not_found(w);
    }
}
