/* The wrapper: what is due for this request, production's handler, what the client heard.  A fault
 * is used up only by a request in which it can come true. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sandbox/room.h"
#include "sandbox/sandbox.h"
#include "store/sandbox.h"

#define ROUTES_MAX 64
#define DEADLINE_LEAST_MS 10000 /* a slow answer must still be one */
#define PROTOCOL                                                                                   \
    "/par /authorize /authorize/resume/ /consent/ /token /userinfo /introspect /revoke /jwks "     \
    "/jwks.jwt /.well-known/openid-configuration"

static struct route wrapped[ROUTES_MAX + 3]; /* filled once, before the first request */
static const struct route *originals;

static const struct route own[] = {
    {"/sandbox", HTTP_GET | HTTP_POST, sandbox_page, 4096, DEADLINE_LEAST_MS, false, false,
     WORK_PAGE},
    {"/sandbox/clock", HTTP_GET, sandbox_clock, 0, DEADLINE_LEAST_MS, true, true, WORK_PAGE},
};

static const struct route *original_of(const struct req *r)
{
    return &originals[r->route - wrapped];
}

/* What faults can be about: the grant that is asked for, the ID token that is given. */
static struct str at_hand(struct req *r, enum fault_moment moment)
{
    struct params form;
    json_t *body = NULL;
    if (moment == FAULT_BEFORE) {
        bool is_form = r->method == HTTP_POST && req_form(r, &form) == OK;
        err_clear();
        return is_form ? param_get(&form, "grant_type") : STR_NONE;
    }
    bool is_json = json_read_in(r->arena, r->reply.body, &body) == OK;
    err_clear();
    return is_json && str_is(json_member(body, "id_token")) ? STR("id_token") : STR_NONE;
}

static enum err take(struct req *r, struct str client, enum fault_moment moment, struct due *out)
{
    struct str name;
    struct str names = fault_names(r->arena, moment, str_from(r->route->path), at_hand(r, moment));
    *out = (struct due){NULL, 0};
    if (!str_is(names)) {
        return OK;
    }
    /* While the database is away nothing can be ordered, and production must behave as it does. */
    if (store_sandbox_fault_take(r->task, app_of(r)->db, str_is(client) ? client : STR(""), names,
                                 &name, &out->amount) != OK) {
        err_clear();
        return OK;
    }
    out->fault = str_is(name) ? fault_find(name) : NULL;
    return OK;
}

/* Production's answer can be spoiled when it is a success. */
static bool can_spoil(struct req *r)
{
    return r->reply.status == 200 || str_is(location_param(r, "code"));
}

static struct str method_name(const struct req *r)
{
    return r->method == HTTP_POST ? STR("POST") : STR("GET");
}

/* What is told about errors: the members of RFC 6749 section 5.2, in the body or in the redirect.
 */
static void write_down(struct req *r, struct str client, const struct fault *fault)
{
    json_t *body = NULL;
    struct sandbox_request entry = {.client_id = client,
                                    .method = method_name(r),
                                    .path = str_from(r->route->path),
                                    .status = r->reply.status,
                                    .error = location_param(r, "error"),
                                    .advice = location_param(r, "error_description"),
                                    .fault = fault == NULL ? STR_NONE : str_from(fault->name)};
    if (r->reply.status >= 400 && json_read_in(r->arena, r->reply.body, &body) == OK) {
        entry.error = json_member(body, "error");
        entry.advice = json_member(body, "error_description");
    }
    err_clear();
    if (r->reply.status >= 400 && !str_is(entry.error)) {
        entry.error = STR("page");
        entry.advice =
            str_fmt(r->arena, "shown to the person; the log has the reason at request=%.*s",
                    STR_FMT(r->task->request_id));
    }
    if (str_is(client)) {
        store_sandbox_request_add(r->task, app_of(r)->db, &entry);
    }
}

/* The date of an answer is the date of its tokens: a portal compares its clock with it. */
static void tell_date(struct req *r)
{
    char text[40];
    struct tm parts;
    time_t now = (time_t)clock_now_s();
    if (now - clock_unshifted_ms() / 1000 > 1 && gmtime_r(&now, &parts) != NULL &&
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0) {
        reply_header(r, "Date", str_from(text));
    }
}

static bool needs_login(const struct due *due)
{
    return due->fault != NULL && (strcmp(due->fault->name, "refusal") == 0 ||
                                  strcmp(due->fault->name, "unavailable") == 0);
}

static enum err run(struct req *r)
{
    struct due before, after = {NULL, 0};
    bool answered, done = false;
    struct str client = client_claimed(r);
    TRY(take(r, client, FAULT_BEFORE, &before));
    TRY(before_handler(r, &before, &answered));
    if (!answered) {
        TRY(original_of(r)->handler(r));
    }
    if (!answered && needs_login(&before)) {
        TRY(before_login(r, &before));
    }
    if (!str_is(client)) {
        client = client_of_redirect(r);
    }
    if (!answered && can_spoil(r)) {
        TRY(take(r, client, FAULT_ANSWER, &after));
    }
    if (after.fault != NULL) {
        TRY(answer_spoil(r, &after, &done));
    }
    tell_date(r);
    write_down(r, client, before.fault != NULL ? before.fault : done ? after.fault : NULL);
    return OK;
}

const struct route *sandbox_routes(const struct route *production)
{
    size_t n = 0;
    originals = production;
    for (; production[n].path != NULL; n++) {
        if (n == ROUTES_MAX) {
            bug("sandbox: more than %d routes", ROUTES_MAX);
        }
        wrapped[n] = production[n];
        if (str_words_have(STR(PROTOCOL), str_from(production[n].path))) {
            wrapped[n].handler = run;
            if (wrapped[n].deadline_ms < DEADLINE_LEAST_MS) {
                wrapped[n].deadline_ms = DEADLINE_LEAST_MS;
            }
        }
    }
    memcpy(&wrapped[n], own, sizeof own);
    return wrapped; /* ends with a row that is all zero */
}
