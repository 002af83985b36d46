/* GET /account: who the person is, where they are logged in, which services may read what.  The
 * name comes from a signer, for this session and this cookie; nothing of it is kept here. */
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "account/service.h"
#include "log/log.h"
#include "page/shown.h"
#include "peer/signer_client.h"
#include "registration/claim.h"
#include "store/client.h"
#include "store/grant.h"

static void set(json_t *o, const char *name, struct str value)
{
    if (str_is(value)) {
        json_object_set_new(o, name, json_str(value));
    }
}

static enum err put_person(struct req *r, const struct sso *me, json_t *data)
{
    struct app *app = app_of(r);
    struct sealed_document *documents;
    struct signer_personed person;
    size_t n;
    TRY(store_documents(r->task, app->db, &me->row.actor, &documents, &n));
    if (n == 0) {
        return fail(ERR_INTERNAL, "account: the person has no document");
    }
    struct signer_person ask = {
        .session_proof = me->row.proof,
        .session_secret = me->secret,
        .document = documents[0],
    };
    TRY(ask_person(r->task, app->signers, &ask, &person));
    set(data, "name", person.name);
    set(data, "number_end", person.number_end);
    sso_account_remember(r, person.number_end);
    set(data, "level", str_fmt(r->arena, "%u", me->row.account_level));
    return OK;
}

static enum err put_sessions(struct req *r, const struct sso *me, enum language l, json_t *data)
{
    struct session_row *all;
    struct str csrf;
    size_t n;
    TRY(store_session_list(r->task, app_of(r)->db, me->row.bucket, &me->row.subject, &all, &n));
    TRY(room_token(r, "sessions", me, &csrf));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        struct str device = all[i].device;
        json_t *one = json_object();
        set(one, "csrf", csrf);
        set(one, "id", uuid_text(r->arena, &all[i].id));
        set(one, "device", str_is(device) ? device : page_text(l, "account.device_unknown"));
        set(one, "since", shown_moment(r->arena, all[i].auth_time));
        set(one, "seen", shown_moment(r->arena, all[i].last_seen_at));
        if (memcmp(all[i].id.b, me->row.id.b, UUID_SIZE) == 0) {
            json_object_set_new(one, "here", json_true());
            json_array_insert_new(list, 0, one);
        } else {
            json_array_append_new(list, one);
        }
    }
    json_object_set_new(data, "sessions", list);
    set(data, "sessions_csrf", csrf);
    json_object_set_new(data, "others", json_boolean(n > 1));
    return OK;
}

static bool has_line(const json_t *list, const char *line)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "line")), line) == 0) {
            return true;
        }
    }
    return false;
}

/* The same lines as on the page on which they were agreed to.  What no longer exists has no text.
 */
static json_t *claims_of(struct arena *a, struct str names)
{
    json_t *list = json_array(), *given = NULL, *name;
    size_t i;
    if (json_read_in(a, names, &given) == OK) {
        json_array_foreach(given, i, name)
        {
            const struct claim *c =
                json_is_string(name) ? claim_of_name(json_string_value(name)) : NULL;
            if (c != NULL && !has_line(list, c->line)) {
                json_array_append_new(list, json_pack("{s:s}", "line", c->line));
            }
        }
    }
    return list;
}

/* What goes beyond claims: reading them later, and services that hold records. */
static void add_scopes(json_t *list, struct str scope, const struct resource_row *resources,
                       size_t n)
{
    if (str_words_have(scope, STR("offline_access"))) {
        json_array_append_new(list, json_pack("{s:s}", "line", "offline_access"));
    }
    for (size_t i = 0; i < n; i++) {
        struct str rest = resources[i].scopes, word;
        bool given = false;
        while (!given && str_word(&rest, &word)) {
            given = str_words_have(scope, word);
        }
        if (given) {
            json_array_append_new(list,
                                  json_pack("{s:o}", "resource", json_str(resources[i].name)));
        }
    }
}

static enum err put_services(struct req *r, const struct sso *me, enum language l, json_t *data)
{
    struct consent_listed *all;
    const struct resource_row *resources;
    struct str csrf;
    size_t n, n_resources;
    TRY(store_resources(r->task, app_of(r)->db, &resources, &n_resources));
    TRY(store_consent_list(r->task, app_of(r)->db, &me->row.subject, &all, &n));
    TRY(room_token(r, "consents", me, &csrf));
    struct services services = services_in(r, l);
    json_t *list = json_array();
    json_object_set_new(data, "services", list);
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        json_array_append_new(list, one);
        set(one, "csrf", csrf);
        set(one, "client", all[i].client_id);
        set(one, "since", shown_moment(r->arena, all[i].given_at));
        json_t *given = claims_of(r->arena, all[i].claims);
        add_scopes(given, all[i].scope, resources, n_resources);
        json_object_set_new(one, "claims", given);
        json_object_update(one, services_find(&services, all[i].client_id));
    }
    return OK;
}

/* What has just been done; only words of ours. */
static void put_done(struct req *r, json_t *data)
{
    static const char *const known[] = {"first", "password", "session", "sessions", "withdrawn"};
    struct params query;
    if (req_query(r, &query) != OK) {
        return;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eqz(param_get(&query, "done"), known[i])) {
            json_object_set_new(data, "done", json_string(known[i]));
        }
    }
}

enum err account_home(struct req *r)
{
    struct sso me;
    bool here;
    TRY(room_enter(r, &me, &here));
    if (!here) {
        return OK;
    }
    enum language l = page_language(r, STR_NONE);
    json_t *data = json_own(r->arena, json_object());
    enum err e = put_person(r, &me, data);
    if (e == ERR_DENIED || e == ERR_EXPIRED) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_Z("page", "account"));
        return room_leave(r);
    }
    TRY(e);
    TRY(put_sessions(r, &me, l, data));
    TRY(put_services(r, &me, l, data));
    put_done(r, data);
    return page_reply(r, 200, l, "account", json_incref(data));
}
