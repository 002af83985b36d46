/* One request and its answer: copies what evhttp read into the task's arena, runs the route there,
 * and sends when the task is over, on the loop's own stack.  The connection may go away at any time
 * in between: then conn and evreq are NULL and nothing is sent.  Must not keep a pointer into
 * evhttp while a task waits. */
#include <event2/buffer.h>
#include <sys/queue.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "http/core.h"
#include "log/log.h"

#define ARENA_BASE ((size_t)2 * 1024 * 1024)
#define ARENA_PER_BODY_BYTE 8
#define DEFAULT_DEADLINE_MS 5000
#define BEGUN_MAX 64 /* requests a turn */

/* Copying. */

static struct str lowered(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        p[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + ('a' - 'A') : s.p[i]);
    }
    return (struct str){p, s.n};
}

static struct str copied(char **room, const char *z)
{
    struct str s = {*room, strlen(z)};
    memcpy(*room, z, s.n);
    *room += s.n;
    return s;
}

/* All in one piece. */
static void copy_headers(struct req *r, struct evkeyvalq *from)
{
    size_t n = 0, bytes = 0;
    struct evkeyval *each;
    TAILQ_FOREACH (each, from, next) {
        n++;
        bytes += strlen(each->key) + strlen(each->value);
    }
    char *room = arena_alloc(r->arena, bytes);
    r->headers = arena_array(r->arena, n, sizeof(*r->headers));
    TAILQ_FOREACH (each, from, next) {
        struct header *h = &r->headers[r->n_headers++];
        h->name = copied(&room, each->key);
        h->value = copied(&room, each->value);
    }
}

static void copy_body(struct req *r, struct evbuffer *from)
{
    size_t n = evbuffer_get_length(from);
    char *p = arena_alloc(r->arena, n + 1);
    evbuffer_copyout(from, p, n);
    r->body = (struct str){p, n};
}

static enum http_method method_of(enum evhttp_cmd_type command)
{
    switch (command) {
    case EVHTTP_REQ_GET:
        return HTTP_GET;
    case EVHTTP_REQ_POST:
        return HTTP_POST;
    case EVHTTP_REQ_HEAD:
        return HTTP_HEAD;
    case EVHTTP_REQ_OPTIONS:
        return HTTP_OPTIONS;
    default:
        return 0; /* allowed nowhere: 405 */
    }
}

static void take_address(const struct http_server *s, const struct conn *c, struct req *r)
{
    r->address = str_dup(r->arena, str_from(c->address));
    r->secure = c->side->tls;
    if (s->trusted_proxy[0] != '\0' && strcmp(c->address, s->trusted_proxy) == 0) {
        forwarded_take(r);
    }
}

static void copy_request(struct exchange *x)
{
    struct req *r = &x->req;
    struct evhttp_request *from = x->evreq;
    copy_headers(r, evhttp_request_get_input_headers(from));
    copy_body(r, evhttp_request_get_input_buffer(from));
    struct str target = str_dup(r->arena, str_from(evhttp_request_get_uri(from)));
    size_t mark = str_find(target, '?');
    r->path = str_of(target.p, mark);
    r->query = mark < target.n ? str_of(target.p + mark + 1, target.n - mark - 1) : STR_NONE;
    r->host = req_header(r, "host");
    struct str type = req_header(r, "content-type");
    r->content_type = lowered(r->arena, str_trim(str_of(type.p, str_find(type, ';'))));
    take_address(x->server, x->conn, r);
    if (r->route != NULL) {
        size_t n = strlen(r->route->path);
        r->tail = n < r->path.n ? str_of(r->path.p + n, r->path.n - n) : STR("");
    }
}

/* In the task. */

static void run(struct task *t, void *arg)
{
    struct exchange *x = arg;
    struct req *r = &x->req;
    r->task = t;
    r->arena = t->arena;
    int status = x->status;
    const char *why = x->why;
    if (x->evreq != NULL) {
        copy_request(x);
        (void)route_run(x->server, r, &status);
    }
    if (status != 0) {
        refusal_reply(x->server, r, x->route != NULL && x->route->json, status, why);
        if (status == 405) {
            reply_header(r, "Allow", route_allow(r->arena, route_methods(x->route)));
        }
    }
    security_headers(r);
    x->answered = true;
}

/* When it is over.  The task was ended: for want of memory of its own, or by a defect. */

static void static_reply(struct req *r, int status)
{
    static const struct header headers[] = {
        {{"Content-Type", 12}, {"application/json", 16}},
        {{"Cache-Control", 13}, {"no-store", 8}},
        {{"X-Content-Type-Options", 22}, {"nosniff", 7}},
        {{"Content-Security-Policy", 23}, {"default-src 'none'; frame-ancestors 'none'", 42}},
    };
    size_t n = sizeof(headers) / sizeof(headers[0]);
    reply_clear(r);
    r->reply.status = status;
    r->reply.body = str_from(refusal_json(status));
    memcpy(r->reply.headers, headers, n * sizeof(headers[0]));
    r->reply.n_headers = n;
    if (status == 503) {
        r->reply.headers[r->reply.n_headers++] = (struct header){STR("Retry-After"), STR("2")};
    }
}

static int status_of_end(const struct exchange *x, enum err how)
{
    if (how == ERR_LIMIT) {
        return x->req.body.n > 0 ? 413 : 503;
    }
    return how == ERR_NO_MEMORY ? 503 : 500;
}

static void finished(struct task *t, void *arg, enum err how)
{
    struct exchange *x = arg;
    struct req *r = &x->req;
    int64_t took_us = clock_mono_us() - x->began_us;
    admission_give(&x->server->admission, &x->ticket);
    if (!x->answered) {
        static_reply(r, status_of_end(x, how));
        log_failure(LOG_ERROR, INTERNAL_ERROR, how, LOG_Z("task", t->label));
    }
    if (x->server->observe != NULL && x->route != NULL) {
        x->server->observe(x->server->observe_arg, (size_t)(x->route - x->server->routes),
                           r->reply.status, took_us);
    }
    if (x->evreq != NULL) {
        log_event(LOG_INFO, HTTP_REQUEST, LOG_Z("route", t->label),
                  LOG_INT("status", r->reply.status), LOG_INT("ms", took_us / 1000));
        x->conn->current = NULL;
        answer_send(x->server, x->evreq, x->conn, &r->reply);
    } else if (x->conn != NULL && x->status != 0) {
        x->conn->current = NULL;
        linger_write(x->conn, &r->reply);
    } else if (x->status == 0) {
        log_event(LOG_INFO, HTTP_REQUEST, LOG_Z("route", t->label),
                  LOG_INT("status", r->reply.status), LOG_INT("ms", took_us / 1000),
                  LOG_Z("client", "gone"));
    }
    free(x);
}

static void begin(struct task *t, void *arg)
{
    task_on_end(t, finished, arg);
    run(t, arg);
}

static struct exchange *exchange_new(struct http_server *s, struct conn *c)
{
    struct exchange *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return NULL;
    }
    x->server = s;
    x->conn = c;
    x->began_us = clock_mono_us();
    x->req.app = s->app;
    return x;
}

/* Refused at the door: no stack, no memory of the request, no database, and one line in the log for
 * all of a second. */
static void turn_away(struct conn *c, struct evhttp_request *evreq, const struct route *route,
                      int64_t wait_ms, const char *why)
{
    struct http_server *s = c->side->server;
    unsigned method = evreq == NULL ? 0 : method_of(evhttp_request_get_command(evreq));
    char retry[12];
    struct reply reply = busy_reply(c->side, route, method, wait_ms, retry);
    busy_log(s, why, route);
    if (s->observe != NULL && route != NULL) {
        s->observe(s->observe_arg, (size_t)(route - s->routes), reply.status, 0);
    }
    if (evreq != NULL) {
        answer_send(s, evreq, c, &reply);
    } else {
        linger_write(c, &reply);
    }
}

static uint64_t source_of(const struct http_server *s, const struct conn *c,
                          struct evhttp_request *evreq)
{
    char told[ADDRESS_MAX];
    if (s->limits.per_address_max == 0) {
        return 0;
    }
    if (s->trusted_proxy[0] != '\0' && strcmp(c->address, s->trusted_proxy) == 0) {
        forwarded_address(evhttp_request_get_input_headers(evreq), told);
        return admission_source(told);
    }
    return admission_source(c->address);
}

static int64_t deadline_of(const struct http_server *s, const struct route *route)
{
    int64_t deadline = route == NULL ? 0 : route->deadline_ms;
    deadline = deadline == 0 ? DEFAULT_DEADLINE_MS : deadline;
    bool less = s->limits.request_ms > 0 && deadline > s->limits.request_ms;
    return less ? s->limits.request_ms : deadline;
}

static void work_on(struct conn *c, struct evhttp_request *evreq)
{
    struct http_server *s = c->side->server;
    struct str target = str_from(evhttp_request_get_uri(evreq));
    const struct route *route = route_find(s, str_of(target.p, str_find(target, '?')));
    enum work work = route_work(route, method_of(evhttp_request_get_command(evreq)));
    int64_t wait_ms = s->wait_ms == NULL ? 0 : s->wait_ms(s->wait_arg, work);
    int64_t deadline = deadline_of(s, route);
    struct exchange *x = exchange_new(s, c);
    if (x == NULL) {
        turn_away(c, evreq, route, wait_ms, "no memory");
        return;
    }
    enum admission_verdict verdict =
        admission_take(&s->admission, &x->ticket, work, source_of(s, c, evreq), wait_ms, deadline,
                       clock_mono_ms());
    if (verdict != ADMITTED) {
        free(x);
        turn_away(c, evreq, route, wait_ms, admission_reason(verdict));
        return;
    }
    x->evreq = evreq;
    x->route = route;
    x->req.route = x->route;
    x->req.others = admission_others(&s->admission, work);
    x->req.method = method_of(evhttp_request_get_command(evreq));
    c->current = x;
    size_t body_max = x->route == NULL ? 0 : x->route->body_max;
    enum err e = task_start(s->loop, route_label(s, x->route, x->req.method),
                            ARENA_BASE + ARENA_PER_BODY_BYTE * body_max, deadline, begin, x);
    if (e != OK) {
        c->current = NULL;
        admission_give(&s->admission, &x->ticket);
        free(x);
        turn_away(c, evreq, route, wait_ms, err_reason());
    }
}

/* So many new ones a turn, and one of each connection: work that is in progress goes on between
 * them, and a client that sends requests without waiting for answers keeps nobody waiting. */
static bool may_begin(struct http_server *s, const struct conn *c)
{
    uint64_t turn = loop_turn(s->loop);
    if (s->turn != turn) {
        s->turn = turn;
        s->begun = 0;
    }
    return c->turn != turn && s->begun < BEGUN_MAX;
}

static void begin_one(struct http_server *s, struct conn *c, struct evhttp_request *evreq)
{
    c->turn = s->turn;
    s->begun++;
    work_on(c, evreq);
}

void exchange_begin(struct evhttp_request *evreq, void *arg)
{
    struct side *side = arg;
    struct http_server *s = side->server;
    struct conn *c = conn_find(s, evhttp_request_get_connection(evreq));
    if (c == NULL) {
        bug("http: a request on a connection without a gate");
    }
    conn_working(c);
    if (TAILQ_EMPTY(&s->postponed) && may_begin(s, c)) {
        begin_one(s, c, evreq);
        return;
    }
    c->postponed = evreq;
    TAILQ_INSERT_TAIL(&s->postponed, c, postponed_link);
    static const struct timeval at_once = {0, 0};
    evtimer_add(s->next_turn, &at_once);
}

void exchange_forget(struct conn *c)
{
    if (c->postponed != NULL) {
        TAILQ_REMOVE(&c->side->server->postponed, c, postponed_link);
        c->postponed = NULL;
    }
}

void exchange_postponed(struct http_server *s)
{
    struct conn *c;
    while ((c = TAILQ_FIRST(&s->postponed)) != NULL && may_begin(s, c)) {
        struct evhttp_request *evreq = c->postponed;
        exchange_forget(c);
        begin_one(s, c, evreq);
    }
    if (c != NULL) {
        static const struct timeval at_once = {0, 0};
        evtimer_add(s->next_turn, &at_once);
    }
}

/* The gate, a deadline or a cap refused: the answer is built in a task like any other, but written
 * past evhttp, which never saw the request. */
void exchange_refuse(struct conn *c, int status, const char *why)
{
    struct http_server *s = c->side->server;
    const struct route *route = route_find(s, str_of(c->gate.path, c->gate.path_n));
    if (status == 503) {
        turn_away(c, NULL, route, 0, why);
        return;
    }
    struct exchange *x = exchange_new(s, c);
    if (x == NULL) {
        turn_away(c, NULL, route, 0, "no memory");
        return;
    }
    x->status = status;
    x->why = why;
    x->req.secure = c->side->tls;
    x->route = route;
    c->shutting = true; /* whatever else arrives is thrown away */
    c->current = x;
    if (task_start(s->loop, "refused", ARENA_BASE, DEFAULT_DEADLINE_MS, begin, x) != OK) {
        c->current = NULL;
        free(x);
        turn_away(c, NULL, route, 0, err_reason());
    }
}
