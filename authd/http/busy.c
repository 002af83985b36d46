/* "Come back later", said before any work: the page and the JSON are made once, when the server
 * begins to listen; only when to come back is written into each.  Must not read the request. */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "http/core.h"
#include "log/log.h"

#define TELL_MS 1000

static const char *const names[WORK_COUNT] = {
    [WORK_OTHER] = "other", [WORK_VITAL] = "vital", [WORK_TOKEN] = "token",
    [WORK_PAGE] = "page",   [WORK_LOGIN] = "login", [WORK_PUSH] = "push",
};

static void prepare(struct side *side, bool page, struct reply *out)
{
    struct http_server *s = side->server;
    struct task nobody = {.arena = s->busy_arena, .request_id = STR(""), .doing = ""};
    struct req r = {.task = &nobody,
                    .arena = s->busy_arena,
                    .method = HTTP_GET,
                    .path = STR(""),
                    .app = s->app,
                    .secure = side->tls};
    r.reply.status = 503;
    if (page && s->broken != NULL) {
        s->broken(&r, 503);
    }
    if (r.reply.body.n == 0) {
        reply_clear(&r);
        reply_text(&r, 503, "application/json", str_from(refusal_json(503)));
    }
    security_headers(&r);
    *out = r.reply;
}

enum err busy_prepare(struct side *side)
{
    struct http_server *s = side->server;
    if (s->busy_arena == NULL) {
        s->busy_arena = arena_new(0);
    }
    if (s->busy_arena == NULL) {
        return fail(ERR_NO_MEMORY, "http: busy");
    }
    prepare(side, true, &side->busy_page);
    prepare(side, false, &side->busy_json);
    return OK;
}

static void add(struct reply *reply, struct str name, struct str value)
{
    if (reply->n_headers < sizeof(reply->headers) / sizeof(reply->headers[0])) {
        reply->headers[reply->n_headers++] = (struct header){name, value};
    }
}

/* A browser comes back by itself where that only asks again: a form that was sent is not sent twice
 * without its person, but its page can be shown again. */
static bool may_refresh(const struct route *route, unsigned method)
{
    return (method & (HTTP_GET | HTTP_HEAD)) != 0 ||
           (method == HTTP_POST && route != NULL && route->work == WORK_LOGIN);
}

struct reply busy_reply(struct side *side, const struct route *route, unsigned method,
                        int64_t wait_ms, char retry[12])
{
    const struct http_server *s = side->server;
    bool json = route != NULL && route->json;
    struct reply reply = json ? side->busy_json : side->busy_page;
    snprintf(retry, 12, "%u", admission_retry_s(&s->admission, route_work(route, method), wait_ms));
    add(&reply, STR("Retry-After"), str_from(retry));
    if (!json && may_refresh(route, method)) {
        add(&reply, STR("Refresh"), str_from(retry));
    }
    if (route != NULL && route->cors) {
        add(&reply, STR("Access-Control-Allow-Origin"), STR("*"));
        add(&reply, STR("Access-Control-Expose-Headers"), STR("Retry-After"));
    }
    return reply;
}

/* One line a second, however many there are: the counters of /metrics have the rest. */
void busy_log(struct http_server *s, const char *why, const struct route *route)
{
    int64_t now = clock_mono_ms();
    s->refused++;
    if (now - s->refusals_told_ms < TELL_MS && s->refusals_told_ms != 0) {
        return;
    }
    log_event(LOG_WARN, HTTP_OVERLOAD, LOG_Z("why", why),
              LOG_Z("work", names[route == NULL ? WORK_OTHER : route->work]),
              LOG_INT("refused", s->refused), LOG_INT("running", loop_tasks_running(s->loop)),
              LOG_INT("connections", s->n_conns));
    s->refused = 0;
    s->refusals_told_ms = now;
}
