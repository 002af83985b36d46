/* GET and POST /sandbox: people, clock, faults and what clients asked lately, for developers.
 * Nobody logs in here: a sandbox listens on loopback only.  What changes something needs this
 * browser's token. */
#include <string.h>

#include "base/clock.h"
#include "fixture/people.h"
#include "page/page.h"
#include "page/shown.h"
#include "sandbox/room.h"
#include "store/sandbox.h"

#define PURPOSE STR("sandbox")
#define REQUESTS_SHOWN 20
#define HOUR 3600

static json_t *people(struct req *r, bool vi)
{
    struct sandbox_person *kept;
    size_t n = 0;
    json_t *list = json_array();
    if (store_sandbox_people(r->task, app_of(r)->db, &kept, &n) != OK) {
        err_clear();
    }
    for (size_t i = 0; i < FIXTURE_PEOPLE_N; i++) {
        const struct fixture_person *p = &FIXTURE_PEOPLE[i];
        json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "key", p->key, "number", p->number, "name",
                                p->name, "purpose", vi ? p->purpose_vi : p->purpose_en);
        for (size_t k = 0; k < n; k++) {
            if (str_eqz(kept[k].key, p->key) && str_is(kept[k].code)) {
                json_object_set_new(row, "code", json_str(kept[k].code));
            }
        }
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *faults(bool vi)
{
    json_t *list = json_array();
    for (size_t i = 0; i < FAULTS_N; i++) {
        const struct fault *f = &FAULTS[i];
        json_t *row =
            json_pack("{s:s, s:s, s:s}", "name", f->name, "what", vi ? f->what_vi : f->what_en,
                      "expect", vi ? f->expect_vi : f->expect_en);
        json_object_set_new(row, "orderable", json_boolean(f->moment != FAULT_AT_ONCE));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *ordered(struct req *r)
{
    struct sandbox_fault *all;
    size_t n = 0;
    json_t *list = json_array();
    if (store_sandbox_faults(r->task, app_of(r)->db, &all, &n) != OK) {
        err_clear();
    }
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "name", json_str(all[i].name));
        json_object_set_new(row, "for", json_str(all[i].client_id));
        if (all[i].times > 0) {
            json_object_set_new(row, "times",
                                json_str(str_fmt(r->arena, "%lld", (long long)all[i].times)));
        }
        if (all[i].left_s > 0) {
            json_object_set_new(row, "left_s",
                                json_str(str_fmt(r->arena, "%lld", (long long)all[i].left_s)));
        }
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *clients(struct req *r, struct str chosen, bool vi)
{
    struct sandbox_client *all;
    size_t n = 0;
    json_t *list = json_array();
    if (store_sandbox_clients(r->task, app_of(r)->db, &all, &n) != OK) {
        err_clear();
    }
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "id", json_str(all[i].id));
        json_object_set_new(row, "called", json_str(vi ? all[i].name_vi : all[i].name_en));
        json_object_set_new(row, "chosen", json_boolean(str_eq(all[i].id, chosen)));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *requests(struct req *r, struct str client)
{
    struct sandbox_request *all;
    size_t n = 0;
    json_t *list = json_array();
    if (store_sandbox_requests(r->task, app_of(r)->db, client, REQUESTS_SHOWN, &all, &n) != OK) {
        err_clear();
    }
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "line",
                            json_str(str_fmt(r->arena, "%.*s %.*s %d", STR_FMT(all[i].method),
                                             STR_FMT(all[i].path), all[i].status)));
        json_object_set_new(row, "from", json_str(all[i].client_id));
        json_object_set_new(row, "at", json_str(shown_moment(r->arena, all[i].at)));
        if (str_is(all[i].error)) {
            json_object_set_new(row, "error", json_str(all[i].error));
        }
        if (str_is(all[i].advice)) {
            json_object_set_new(row, "advice", json_str(all[i].advice));
        }
        if (str_is(all[i].fault)) {
            json_object_set_new(row, "fault", json_str(all[i].fault));
        }
        json_array_append_new(list, row);
    }
    return list;
}

static enum err show(struct req *r, struct str client, const char *done)
{
    struct sha256 browser;
    struct str csrf;
    enum language l = page_language(r, STR_NONE);
    bool vi = l == LANGUAGE_VI;
    TRY(sso_browser(r, true, &browser));
    TRY(sso_csrf(r, PURPOSE, &csrf));
    int64_t ahead_s = clock_now_s() - clock_unshifted_ms() / 1000;
    json_t *data = json_object();
    json_object_set_new(data, "csrf", json_str(csrf));
    json_object_set_new(data, "password", json_string(FIXTURE_PASSWORD));
    json_object_set_new(data, "people", people(r, vi));
    json_object_set_new(data, "now", json_str(shown_moment(r->arena, clock_now_s())));
    if (ahead_s > 0) {
        json_object_set_new(data, "ahead",
                            json_str(str_fmt(r->arena, "%lld:%02lld", (long long)(ahead_s / HOUR),
                                             (long long)(ahead_s % HOUR / 60))));
    }
    json_object_set_new(data, "clients", clients(r, client, vi));
    json_object_set_new(data, "faults", faults(vi));
    json_t *now = ordered(r);
    json_object_set_new(data, "ordered_any", json_boolean(json_array_size(now) > 0));
    json_object_set_new(data, "ordered", now);
    json_object_set_new(data, "requests", requests(r, client));
    if (str_is(client)) {
        json_object_set_new(data, "client", json_str(client));
    }
    if (done != NULL) {
        json_object_set_new(data, "done", json_string(done));
    }
    return page_reply(r, 200, l, "sandbox", data);
}

static enum err move_clock(struct req *r, struct str move)
{
    int64_t shift_s, step_s = 0;
    TRY(store_sandbox_shift(r->task, app_of(r)->db, &shift_s));
    if (str_eqz(move, "hour")) {
        step_s = HOUR;
    } else if (str_eqz(move, "day")) {
        step_s = 24 * HOUR;
    } else if (str_eqz(move, "month")) {
        step_s = 30 * 24 * HOUR;
    } else if (str_eqz(move, "reset")) {
        step_s = -shift_s;
    } else {
        return fail(ERR_INPUT, "sandbox: where to?");
    }
    TRY(store_sandbox_clock_set(r->task, app_of(r)->db, shift_s + step_s, &shift_s));
    atomic_store(&app_of(r)->process->board[0].clock_shift_s, shift_s);
    return OK;
}

static enum err order(struct req *r, const struct params *form)
{
    const struct fault *fault = fault_find(param_get(form, "fault"));
    struct sandbox_fault one = {.client_id = param_get(form, "client")};
    uint64_t times;
    if (fault == NULL || fault->moment == FAULT_AT_ONCE || !str_is(one.client_id) ||
        !str_u64(param_get(form, "times"), &times) || times == 0 || times > FAULT_TIMES_MAX) {
        return fail(ERR_INPUT, "sandbox: which fault, for whom, how often?");
    }
    one.name = str_from(fault->name);
    one.times = (int64_t)times;
    one.amount = fault->amount;
    return store_sandbox_fault_order(r->task, app_of(r)->db, &one);
}

static enum err act(struct req *r, const struct params *form, const char **done)
{
    int64_t gone;
    struct str move = param_get(form, "clock");
    TRY(sso_csrf_check(r, PURPOSE, param_get(form, "csrf")));
    if (str_is(move)) {
        *done = "clock";
        return move_clock(r, move);
    }
    if (str_is(param_get(form, "clear"))) {
        *done = "cleared";
        return store_sandbox_fault_clear(r->task, app_of(r)->db, STR_NONE, STR_NONE, &gone);
    }
    *done = "ordered";
    return order(r, form);
}

enum err sandbox_page(struct req *r)
{
    struct params given;
    const char *done = NULL;
    if (r->method != HTTP_POST) {
        return show(r, req_query(r, &given) == OK ? param_get(&given, "client") : STR_NONE, NULL);
    }
    enum err e = req_form(r, &given);
    if (e == OK) {
        e = act(r, &given, &done);
    }
    if (e == ERR_INPUT || e == ERR_DENIED) {
        return page_error(r, e == ERR_DENIED ? 403 : 400, page_language(r, STR_NONE), "form",
                          STR_NONE);
    }
    TRY(e);
    return show(r, param_get(&given, "client"), done);
}
