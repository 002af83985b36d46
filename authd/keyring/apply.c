/* Carries out a plan: new keys from a signer, then all changes in one statement with their audit
 * entry. Decides nothing: what should happen is the plan's business (keystore/rotate.h). */
#include "keyring/keyring.h"

#include "base/json.h"
#include "log/log.h"
#include "peer/signer_client.h"

enum err keyring_read(struct task *t, struct pg *db, struct keyring *out)
{
    struct keyring ring = {0};
    TRY(store_keystore_read(t, db, &ring.rows, &ring.n, &ring.generation, &ring.now_ms));
    *out = ring;
    return OK;
}

/* The row to change: already among the changes, or copied there from the ring. */
static struct keystore_row *change_of(const struct keyring *ring, struct keystore_row *changes,
                                      size_t *n, struct str kid)
{
    for (size_t i = 0; i < *n; i++) {
        if (str_eq(changes[i].kid, kid)) {
            return &changes[i];
        }
    }
    for (size_t i = 0; i < ring->n; i++) {
        if (str_eq(ring->rows[i].kid, kid)) {
            changes[*n] = ring->rows[i];
            return &changes[(*n)++];
        }
    }
    return NULL;
}

/* Peppers and look-up keys are referred to by number: the next one after all that ever were. */
static uint32_t next_version(const struct keyring *ring, struct str use)
{
    uint32_t highest = 0;
    for (size_t i = 0; i < ring->n; i++) {
        if (str_eq(ring->rows[i].use, use) && ring->rows[i].version > highest) {
            highest = ring->rows[i].version;
        }
    }
    bool counted = str_eqz(use, "pepper") || str_eqz(use, "lookup");
    return counted ? highest + 1 : 1;
}

static void change_one(struct keystore_row *row, const struct rotate_action *action)
{
    switch (action->verb) {
    case ROTATE_GENERATE:
        break;
    case ROTATE_PUBLISH:
        row->published_at = action->at;
        break;
    case ROTATE_PLAN:
        row->activate_at = action->at;
        break;
    case ROTATE_RETIRING:
        row->state = str_from(key_state_name(KEY_RETIRING));
        row->retired_at = action->at;
        row->unpublish_at = action->until;
        break;
    case ROTATE_ACTIVATE:
        row->state = str_from(key_state_name(KEY_ACTIVE));
        row->activated_at = action->at;
        break;
    case ROTATE_RETIRE:
        row->state = str_from(key_state_name(KEY_RETIRED));
        row->sealed = STR_NONE; /* nobody needs to sign with it again */
        break;
    case ROTATE_REVOKE:
        row->state = str_from(key_state_name(KEY_REVOKED));
        row->revoked_at = action->at;
        row->sealed = STR_NONE;
        break;
    }
}

enum err keyring_changes(struct arena *a, const struct keyring *ring,
                         const struct rotate_plan *plan, const struct signer_generated_key *made,
                         struct keystore_row **out, size_t *n)
{
    struct keystore_row *changes = arena_array(a, plan->n + 1, sizeof *changes);
    size_t used = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const struct rotate_action *action = &plan->actions[i];
        if (action->verb == ROTATE_GENERATE) {
            changes[used++] = (struct keystore_row){
                .kid = made->kid,
                .use = action->use,
                .alg = str_is(action->alg) ? action->alg : STR(""),
                .state = str_from(key_state_name(action->state)),
                .public_jwk = made->public_jwk,
                .sealed = made->sealed,
                .version = next_version(ring, action->use),
                .created_at = ring->now_ms / 1000,
                .activated_at = action->state == KEY_ACTIVE ? ring->now_ms / 1000 : 0,
            };
            made++;
            continue;
        }
        struct keystore_row *row = change_of(ring, changes, &used, action->kid);
        if (!row) {
            return fail(ERR_INTERNAL, "keyring: the plan names a key that is not in the store");
        }
        change_one(row, action);
    }
    *out = changes;
    *n = used;
    return OK;
}

/* The plan as JSON for audit entries: verbs, kids, algorithms, times; no key material. */
static struct str plan_json(struct arena *a, const struct rotate_plan *plan)
{
    json_t *list = json_own(a, json_array());
    for (size_t i = 0; i < plan->n; i++) {
        const struct rotate_action *action = &plan->actions[i];
        json_t *entry = json_pack("{s:s}", "verb", rotate_verb_name(action->verb));
        if (str_is(action->kid)) {
            json_object_set_new(entry, "kid", json_str(action->kid));
        }
        if (str_is(action->use)) {
            json_object_set_new(entry, "use", json_str(action->use));
        }
        if (str_is(action->alg)) {
            json_object_set_new(entry, "alg", json_str(action->alg));
        }
        if (action->at) {
            json_object_set_new(entry, "at", json_integer(action->at));
        }
        if (action->until) {
            json_object_set_new(entry, "until", json_integer(action->until));
        }
        json_array_append_new(list, entry);
    }
    return json_text(a, list);
}

static void tell(const struct rotate_plan *plan, const struct signer_generated_key *made)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct rotate_action *action = &plan->actions[i];
        switch (action->verb) {
        case ROTATE_GENERATE:
            log_event(LOG_INFO, SIGNKEY_CREATED, LOG_STR("kid", made->kid),
                      LOG_STR("use", action->use), LOG_STR("alg", action->alg),
                      LOG_Z("state", key_state_name(action->state)));
            made++;
            break;
        case ROTATE_ACTIVATE:
            log_event(LOG_INFO, SIGNKEY_ACTIVATED, LOG_STR("kid", action->kid),
                      LOG_STR("alg", action->alg));
            break;
        case ROTATE_RETIRE:
            log_event(LOG_INFO, SIGNKEY_RETIRED, LOG_STR("kid", action->kid),
                      LOG_STR("alg", action->alg));
            break;
        case ROTATE_REVOKE:
            log_event(LOG_WARN, SIGNKEY_REVOKED, LOG_STR("kid", action->kid),
                      LOG_STR("alg", action->alg));
            break;
        case ROTATE_PUBLISH:
        case ROTATE_PLAN:
        case ROTATE_RETIRING:
            break;
        }
    }
}

enum err keyring_apply(struct task *t, struct pg *db, struct peer *signers,
                       const struct keyring *ring, const struct rotate_plan *plan,
                       struct audit *audit)
{
    if (!plan->n) {
        return OK;
    }
    struct signer_generated_key *made = arena_array(t->arena, plan->n, sizeof *made);
    size_t n_made = 0;
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->actions[i].verb == ROTATE_GENERATE) {
            struct signer_generate_key wanted = {plan->actions[i].use, plan->actions[i].alg};
            TRY(ask_generate_key(t, signers, &wanted, &made[n_made++]));
        }
    }
    struct keystore_row *changes;
    size_t n;
    TRY(keyring_changes(t->arena, ring, plan, made, &changes, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_is(audit->ground) && str_eqz(changes[i].state, "revoked") &&
            !str_is(changes[i].revoke_reason)) {
            changes[i].revoke_reason = audit->ground;
        }
    }
    audit->detail = plan_json(t->arena, plan);
    TRY(store_keystore_apply(t, db, changes, n, ring->generation, audit));
    tell(plan, made);
    return OK;
}
