/* From path and method to a handler: the route table, 404, 405, preflights, wrong hosts; and what
 * becomes of a handler that failed.  Must not know the handlers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "http/core.h"
#include "log/log.h"

#define LABELS_PER_ROUTE 4
#define LABEL_MAX 64

static bool is_prefix_route(struct str path)
{
    return path.n > 1 && path.p[path.n - 1] == '/';
}

const struct route *route_find(const struct http_server *s, struct str path)
{
    const struct route *best = NULL;
    size_t best_n = 0;
    for (size_t i = 0; i < s->n_routes; i++) {
        struct str each = s->paths[i];
        if (str_eq(path, each)) {
            return &s->routes[i];
        }
        if (each.n > best_n && is_prefix_route(each) && str_starts(path, each)) {
            best = &s->routes[i];
            best_n = each.n;
        }
    }
    return best;
}

unsigned route_methods(const struct route *route)
{
    unsigned methods = route->methods;
    if ((methods & HTTP_GET) != 0) {
        methods |= HTTP_HEAD; /* spec: RFC 9110 §9.1 GET and HEAD MUST be supported */
    }
    if (route->cors) {
        methods |= HTTP_OPTIONS;
    }
    return methods;
}

static const struct {
    unsigned method;
    const char *name;
} method_names[LABELS_PER_ROUTE] = {
    {HTTP_GET, "GET"}, {HTTP_POST, "POST"}, {HTTP_HEAD, "HEAD"}, {HTTP_OPTIONS, "OPTIONS"}};

enum err route_labels_make(struct http_server *s)
{
    for (const struct route *each = s->routes; each->path != NULL; each++) {
        s->n_routes++;
        s->body_max = each->body_max > s->body_max ? each->body_max : s->body_max;
    }
    s->paths = calloc(s->n_routes + 1, sizeof(*s->paths));
    if (s->paths == NULL) {
        return fail(ERR_NO_MEMORY, "http: paths");
    }
    for (size_t i = 0; i < s->n_routes; i++) {
        s->paths[i] = str_from(s->routes[i].path);
    }
    size_t n = s->n_routes * LABELS_PER_ROUTE;
    s->labels = calloc(n + 1, sizeof(*s->labels) + LABEL_MAX);
    if (s->labels == NULL) {
        return fail(ERR_NO_MEMORY, "http: labels");
    }
    char *text = (char *)(void *)(s->labels + n + 1);
    for (size_t i = 0; i < n; i++, text += LABEL_MAX) {
        snprintf(text, LABEL_MAX, "%s %s", method_names[i % LABELS_PER_ROUTE].name,
                 s->routes[i / LABELS_PER_ROUTE].path);
        s->labels[i] = text;
    }
    return OK;
}

void route_labels_free(struct http_server *s)
{
    free((void *)s->labels);
    free(s->paths);
}

const char *route_label(const struct http_server *s, const struct route *route, unsigned method)
{
    if (route == NULL) {
        return "no route";
    }
    for (size_t i = 0; i < LABELS_PER_ROUTE; i++) {
        if (method_names[i].method == method) {
            return s->labels[(size_t)(route - s->routes) * LABELS_PER_ROUTE + i];
        }
    }
    return route->path;
}

enum work route_work(const struct route *route, unsigned method)
{
    if (route == NULL) {
        return WORK_PAGE;
    }
    return route->work == WORK_LOGIN && method != HTTP_POST ? WORK_PAGE : route->work;
}

struct str route_allow(struct arena *a, unsigned methods)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < LABELS_PER_ROUTE; i++) {
        if ((methods & method_names[i].method) != 0) {
            buf_addz(&b, b.n == 0 ? "" : ", ");
            buf_addz(&b, method_names[i].name);
        }
    }
    return buf_str(&b);
}

/* spec: Fetch standard, CORS preflight; without credentials, so "*" may stand for every origin */
static void preflight(struct req *r)
{
    reply_empty(r, 204);
    reply_header(r, "Access-Control-Allow-Methods", route_allow(r->arena, route_methods(r->route)));
    reply_header(r, "Access-Control-Allow-Headers", STR("Authorization, Content-Type, DPoP"));
    reply_header(r, "Access-Control-Max-Age", STR("7200"));
}

/* The address that a load balancer's health check uses is not one of our names. */
static bool host_is_ours(const struct http_server *s, const struct req *r)
{
    if (str_starts(r->path, STR("/health/"))) {
        return true;
    }
    for (const char *const *host = s->hosts; *host != NULL; host++) {
        if (str_ieq(r->host, str_from(*host))) {
            return true;
        }
    }
    return false;
}

static int status_of(enum err e)
{
    switch (e) {
    case ERR_UNAVAILABLE:
    case ERR_TIMEOUT:
    case ERR_LIMIT:
    case ERR_NO_MEMORY:
    case ERR_CRYPTO: /* libcrypto out of memory says no more than this */
        return 503;
    default:
        return 500;
    }
}

/* Runs the handler; when that gives no answer, *status says what to refuse with. */
enum err route_run(struct http_server *s, struct req *r, int *status)
{
    *status = 0;
    if (!host_is_ours(s, r)) {
        /* spec: RFC 9110 §15.5.20 */
        *status = 421;
        return OK;
    }
    if (r->route == NULL) {
        enum err e = s->missing == NULL ? OK : s->missing(r);
        *status = e != OK || r->reply.status == 0 ? 404 : 0;
        return OK;
    }
    if ((route_methods(r->route) & r->method) == 0) {
        *status = 405;
        return OK;
    }
    if (r->method == HTTP_OPTIONS && (r->route->methods & HTTP_OPTIONS) == 0) {
        preflight(r);
        return OK;
    }
    enum err e = r->route->handler(r);
    if (e == OK && r->reply.status != 0) {
        return OK;
    }
    if (e == OK) {
        e = fail(ERR_INTERNAL, "%s gave no answer", r->route->path);
    }
    *status = status_of(e);
    log_failure(*status == 503 ? LOG_WARN : LOG_ERROR, INTERNAL_ERROR, e,
                LOG_Z("route", r->route->path));
    return e;
}
