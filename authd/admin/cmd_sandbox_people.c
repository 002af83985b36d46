/* sandbox people, sandbox reset: the people of a sandbox, made from the table of authd/fixture and
 * brought back to the state in which they were made.  Somebody who is there already keeps their id,
 * so a portal knows them by the same sub after a reset. */
#include "admin/commands.h"

#include <string.h>

#include "admin/newcomer.h"
#include "admin/sandbox.h"
#include "fixture/people.h"
#include "peer/verifier_client.h"
#include "signer/handle.h"
#include "store/identity.h"
#include "store/sandbox.h"

#define GROUND STR("sandbox")
#define DIGESTS_MAX 16

/* Who would wait if a password were typed: the key under which verifiers count. */
#define THROTTLE_KIND STR("throttle account")

enum err sandbox_only(const struct call *c)
{
    return c->admin->process->config->sandbox
               ? OK
               : fail(ERR_CONFLICT,
                      "%s: this authd is no sandbox; start one with authd --sandbox, "
                      "or ./dev up",
                      c->command->words);
}

/* The table's row as a newcomer is read. */
static enum err given_of(struct arena *a, const struct fixture_person *p, json_t **out)
{
    json_t *given;
    TRY(json_read_in(a, str_fmt(a, "{%s}", p->more), &given));
    json_object_set_new(given, p->level == 0 ? "organisation_code" : "personal_number",
                        json_string(p->number));
    json_object_set_new(given, "name", json_string(p->name));
    json_object_set_new(given, "account_level", json_integer(p->level));
    json_object_set_new(given, "state",
                        json_string(strcmp(p->state, "issued") == 0 ? "issued" : "active"));
    *out = given;
    return OK;
}

static enum err find(struct call *c, const struct fixture_person *p, struct uuid *out)
{
    struct lookup_new lookups[DIGESTS_MAX];
    struct identity_row row;
    size_t n;
    TRY(admin_lookups(c->task, c->admin->process->signers,
                      p->level == 0 ? STR("organisation_code") : STR("personal_number"),
                      str_from(p->number), lookups, DIGESTS_MAX, &n));
    TRY(store_identity_lookup(c->task, c->admin->db, lookups, n, &row));
    *out = row.id;
    return OK;
}

static enum err add(struct call *c, const struct fixture_person *p,
                    const struct attribute_rules *rules, struct uuid *out)
{
    json_t *given;
    struct newcomer who;
    TRY(given_of(c->task->arena, p, &given));
    TRY(newcomer_read(c->task->arena, given, rules, &who));
    TRY(newcomers_add(c->task, c->admin, &who, 1, c->operator_name, GROUND));
    *out = who.id;
    return OK;
}

static enum err give_password(struct call *c, const struct uuid *id)
{
    struct verifier_set_password ask = {
        .identity = *id, .password = STR(FIXTURE_PASSWORD), .operator_name = c->operator_name};
    TRY(admin_password_words(c->task, c->admin, id, &ask.words));
    memcpy(ask.request_id, c->task->request_uuid, sizeof ask.request_id);
    return ask_set_password(c->task, c->admin->process->verifiers, &ask);
}

static enum err give_code(struct call *c, const struct uuid *id, struct str *out)
{
    struct verifier_make_code ask = {.identity = *id, .operator_name = c->operator_name};
    struct verifier_made_code made;
    memcpy(ask.request_id, c->task->request_uuid, sizeof ask.request_id);
    TRY(ask_make_code(c->task, c->admin->process->verifiers, &ask, &made));
    *out = made.code;
    return OK;
}

static enum err restore(struct call *c, const struct fixture_person *p,
                        const struct attribute_rules *rules)
{
    struct pg *db = c->admin->db;
    struct uuid id;
    struct str code = STR_NONE;
    struct lookup_new throttle[DIGESTS_MAX];
    size_t n = 0;
    enum err e = find(c, p, &id);
    if (e == ERR_NOT_FOUND) {
        e = add(c, p, rules, &id);
    }
    TRY(e);
    /* Active while a verifier gives them what they log in with. */
    TRY(store_sandbox_person_restore(c->task, db, &id, "active", true));
    if (p->way == FIXTURE_FIRST) {
        TRY(give_code(c, &id, &code));
    } else if (p->way != FIXTURE_NO_LOGIN) {
        TRY(give_password(c, &id));
    }
    if (p->way == FIXTURE_THROTTLED) {
        TRY(admin_lookups(c->task, c->admin->process->signers, THROTTLE_KIND, str_from(p->number),
                          throttle, DIGESTS_MAX, &n));
    }
    TRY(store_sandbox_person_put(c->task, db, str_from(p->key), &id, code,
                                 n > 0 ? throttle[0].digest : NULL));
    return store_sandbox_person_restore(c->task, db, &id, p->state, false);
}

static const struct sandbox_person *kept_of(const struct sandbox_person *all, size_t n,
                                            const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eqz(all[i].key, key)) {
            return &all[i];
        }
    }
    return NULL;
}

static struct str brings(struct arena *a, const struct fixture_person *p,
                         const struct sandbox_person *kept)
{
    switch (p->way) {
    case FIXTURE_FIRST:
        return kept != NULL && str_is(kept->code)
                   ? str_fmt(a, "code %.*s", STR_FMT(kept->code))
                   : STR("code used; authctl sandbox reset makes another");
    case FIXTURE_NO_LOGIN:
        return STR("-");
    default:
        return STR("password");
    }
}

enum err cmd_sandbox_people(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    struct sandbox_person *kept;
    size_t n;
    TRY(sandbox_only(c));
    TRY(store_sandbox_people(c->task, c->admin->db, &kept, &n));
    json_t *rows = json_array();
    for (size_t i = 0; i < FIXTURE_PEOPLE_N; i++) {
        const struct fixture_person *p = &FIXTURE_PEOPLE[i];
        const struct sandbox_person *now = kept_of(kept, n, p->key);
        json_t *row = json_object();
        json_object_set_new(row, "person", json_string(p->key));
        json_object_set_new(row, "number", json_string(p->number));
        json_object_set_new(row, "name", json_string(p->name));
        json_object_set_new(row, "level", json_integer(p->level));
        json_object_set_new(row, "state", now == NULL ? json_null() : json_str(now->state));
        json_object_set_new(row, "brings", json_str(brings(a, p, now)));
        json_object_set_new(row, "code",
                            now == NULL || !str_is(now->code) ? json_null() : json_str(now->code));
        json_object_set_new(row, "purpose", json_string(p->purpose_en));
        json_array_append_new(rows, row);
    }
    *result = answer_rows(a, rows);
    json_object_set_new(*result, "password", json_string(FIXTURE_PASSWORD));
    return OK;
}

enum err cmd_sandbox_reset(struct call *c, json_t **result)
{
    struct attribute_rules rules;
    int64_t shift_s, faults;
    TRY(sandbox_only(c));
    TRY(sandbox_clock_move(c, 0, &shift_s));
    TRY(store_sandbox_fault_clear(c->task, c->admin->db, STR_NONE, STR_NONE, &faults));
    TRY(store_sandbox_requests_forget(c->task, c->admin->db));
    TRY(admin_attribute_rules(c->task, c->admin, &rules));
    for (size_t i = 0; i < FIXTURE_PEOPLE_N; i++) {
        TRY(restore(c, &FIXTURE_PEOPLE[i], &rules));
        connection_progress(c->connection, (int64_t)i + 1, (int64_t)FIXTURE_PEOPLE_N);
    }
    TRY(store_sandbox_tick(c->task, c->admin->db));
    return cmd_sandbox_people(c, result);
}
