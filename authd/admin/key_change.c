/* See key_change.h.  The clerk may change the key store at the same moment: the statement that
 * applies a plan fails when the generation is another, and everything is decided again from what is
 * there now. */
#include "admin/key_change.h"

#include "base/buf.h"
#include "base/clock.h"

#define TRIES 8

static enum err try_once(struct call *c, key_decision *decide, bool dry_run, struct audit *audit,
                         struct rotate_plan *out)
{
    struct keyring ring;
    struct rotate_policy policy;
    struct rotate_plan plan;
    size_t n;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    keyring_policy(c->admin->process->config, &policy);
    struct rotate_key *keys = keyring_rotate_keys(c->task->arena, &ring, &n);
    TRY(decide(c, keys, n, &policy, ring.now_ms / 1000, &plan));
    if (!dry_run) {
        TRY(keyring_apply(c->task, c->admin->db, c->admin->process->signers, &ring, &plan, audit));
    }
    *out = plan;
    return OK;
}

/* A refusal by the rules is ERR_CONFLICT as well: only the database's is worth another try. */
static bool is_stale(struct call *c, uint64_t before)
{
    uint64_t after;
    return store_keystore_generation(c->task, c->admin->db, &after) == OK && after != before;
}

enum err key_change(struct call *c, key_decision *decide, bool dry_run, struct audit *audit,
                    struct rotate_plan *out)
{
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < TRIES && e == ERR_CONFLICT; i++) {
        uint64_t before;
        TRY(store_keystore_generation(c->task, c->admin->db, &before));
        e = try_once(c, decide, dry_run, audit, out);
        struct str reason = str_dup(c->task->arena, str_from(err_reason()));
        if (e == ERR_CONFLICT && !is_stale(c, before)) {
            return fail(ERR_CONFLICT, "%.*s", STR_FMT(reason));
        }
    }
    return e;
}

/* Between our reading and their loading the clerk may have brought the signers a newer generation:
 * then we read again. */
enum err key_change_load(struct call *c)
{
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < TRIES && e == ERR_CONFLICT; i++) {
        struct keyring ring;
        TRY(keyring_read(c->task, c->admin->db, &ring));
        e = keyring_load(c->task, c->admin->process->signers, &ring, clock_lead_ms());
    }
    return e;
}

json_t *key_change_answer(struct call *c, const struct rotate_plan *plan, bool dry_run)
{
    json_t *answer = json_own(c->task->arena, json_object());
    json_t *actions = json_array();
    for (size_t i = 0; i < plan->n; i++) {
        const struct rotate_action *action = &plan->actions[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "action", json_string(rotate_verb_name(action->verb)));
        if (str_is(action->kid)) {
            json_object_set_new(entry, "kid", json_str(action->kid));
        }
        if (str_is(action->alg)) {
            json_object_set_new(entry, "alg", json_str(action->alg));
        }
        if (action->at) {
            json_object_set_new(entry, "at", answer_time(action->at));
        }
        json_array_append_new(actions, entry);
    }
    json_object_set_new(answer, "changed", json_boolean(plan->n && !dry_run));
    json_object_set_new(answer, "dry_run", json_boolean(dry_run));
    json_object_set_new(answer, "actions", actions);
    json_object_set_new(answer, "text", json_str(str_is(plan->text) ? plan->text : STR("")));
    return answer;
}
