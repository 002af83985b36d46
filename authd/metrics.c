/* See metrics.h.  Must not wait: a collector asks also while the database is away. */
#include "metrics.h"
#include "metrics/text.h"
#include "process/app.h"
#include "routes.h"
#include "sso/sso.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

const struct route metrics_routes[] = {
    {"/metrics", HTTP_GET, metrics_show, 0, 2000, false, true, WORK_OTHER},
    {NULL, 0, NULL, 0, 0, false, false, WORK_OTHER},
};

enum err metrics_show(struct req *r)
{
    struct buf text = buf_in(r->arena);
    const char *labels[BOARD_ROUTES_MAX];
    size_t n = 0;
    while (n < BOARD_ROUTES_MAX && routes[n].path != NULL) {
        labels[n] = routes[n].path;
        n++;
    }
    metrics_text(&text, app_of(r)->process->board, labels, n);
    reply_text(r, 200, TYPE, buf_str(&text));
    return OK;
}

enum err metrics_missing(struct req *r)
{
    reply_text(r, 404, "text/plain; charset=utf-8", STR("only /metrics is here\n"));
    return OK;
}
