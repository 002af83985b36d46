/* GET /account/history: what was done with the person's identity, each kind, each service and each
 * day one line, some 100 lines a page; ?before=MICROSECONDS is what was before that.  The audit is
 * read by a verifier, for this session's proof and this cookie: the web process has no right to
 * read it. */
#include <inttypes.h>
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "account/service.h"
#include "log/log.h"
#include "page/shown.h"

#define BEFORE_MAX_US INT64_C(4102444800000000) /* the year 2100 */
#define IN_FLIGHT_MAX 8 /* calls to verifiers, of all kinds: logins go first */

/* Texts "use.<name>"; refused: of what was refused, when its event does not say so itself.  What
 * says nothing that another line does not say has no name; what came after this list is "other". */
static const struct {
    const char *event, *name, *refused;
} kinds[] = {
    {"login", "login", NULL},
    {"login.refused", "login_refused", NULL},
    {"credential.accepted", NULL, NULL},
    {"consent.given", "consent_given", NULL},
    {"consent.refused", "consent_refused", NULL},
    {"consent.withdrawn", "consent_withdrawn", NULL},
    {"grant.issued", "grant_issued", "grant_issued_no"},
    {"token.code", "token_code", "token_code_no"},
    {"token.refresh", "token_refresh", "token_refresh_no"},
    {"userinfo", "userinfo", "userinfo_no"},
    {"token.reuse", "token_reuse", NULL},
    {"grant.revoked", "grant_revoked", NULL},
    {"logout", "logout", NULL},
    {"identity.added", "identity_added", NULL},
    {"identity.activated", "identity_activated", NULL},
    {"identity.locked", "identity_locked", NULL},
    {"identity.unlocked", "identity_unlocked", NULL},
    {"identity.closed", "identity_closed", NULL},
    {"identity.shown", "identity_shown", NULL},
    {"credential.set", "credential_set", NULL},
    {"credential.code_issued", "credential_code_issued", NULL},
    {"audit.read", "audit_read", NULL},
};

static const char *name_of(const char *event, bool refused)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].event, event) == 0) {
            return refused && kinds[i].refused != NULL ? kinds[i].refused : kinds[i].name;
        }
    }
    return "other";
}

static json_t *line(struct services *services, const json_t *use, const char *name)
{
    const json_t *client = json_object_get(use, "client"), *service = NULL;
    if (json_is_string(client)) {
        struct str id = str_of(json_string_value(client), json_string_length(client));
        service = services_find(services, id);
    }
    json_int_t times = json_integer_value(json_object_get(use, "times"));
    json_t *one = json_object();
    json_object_set_new(one, "event", json_string(name));
    json_object_set_new(
        one, "at",
        json_str(shown_moment(services->r->arena, json_integer_value(json_object_get(use, "at")))));
    if (times > 1) {
        json_object_set_new(one, "times", json_integer(times));
    }
    if (service != NULL) {
        json_object_set(one, "service", json_object_get(service, "service"));
    }
    return one;
}

/* Where the page begins; 0: now. */
static enum err before(struct req *r, int64_t *out)
{
    struct params query;
    *out = 0;
    TRY(req_query(r, &query));
    struct str text = param_get(&query, "before");
    if (str_is(params_repeated(&query))) {
        return fail(ERR_INPUT, "history: a parameter twice");
    }
    if (str_is(text) && (!str_i64(text, out) || *out == 0 || *out > BEFORE_MAX_US)) {
        return fail(ERR_INPUT, "history: before is no moment");
    }
    return OK;
}

static void put_pages(struct req *r, json_t *data, int64_t before_us, int64_t older_us)
{
    json_object_set_new(data, "paged", json_boolean(before_us != 0 || older_us != 0));
    json_object_set_new(data, "earlier", json_boolean(before_us != 0));
    if (older_us != 0) {
        json_object_set_new(data, "older", json_str(str_fmt(r->arena, "%" PRId64, older_us)));
    }
}

enum err account_history(struct req *r)
{
    struct sso me;
    bool here;
    struct verifier_history_told told;
    json_t *uses, *use;
    size_t i;
    TRY(room_enter(r, &me, &here));
    if (!here) {
        return OK;
    }
    struct verifier_history ask = {.session_proof = me.row.proof, .secret = me.secret};
    enum err e = before(r, &ask.before_us);
    if (e != OK) {
        return room_refused(r, e);
    }
    e = ask_history(r->task, app_of(r)->verifiers, &ask, IN_FLIGHT_MAX, &told);
    if (e == ERR_DENIED || (e == OK && !str_is(told.uses))) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_Z("page", "history"));
        return room_leave(r);
    }
    TRY(e);
    TRY(json_read_in(r->arena, told.uses, &uses));
    enum language l = page_language(r, STR_NONE);
    struct services services = services_in(r, l);
    json_t *data = json_own(r->arena, json_object()), *list = json_array();
    json_object_set_new(data, "uses", list);
    put_pages(r, data, ask.before_us, told.older_us);
    json_array_foreach(uses, i, use)
    {
        const char *name = name_of(json_string_value(json_object_get(use, "event")),
                                   json_is_true(json_object_get(use, "refused")));
        if (name != NULL) {
            json_array_append_new(list, line(&services, use, name));
        }
    }
    return page_reply(r, 200, l, "history", json_incref(data));
}
