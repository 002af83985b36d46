/* The clerk's first duty: keys that exist, are where they are needed, and change on time.
 *
 * Order matters: what rotate_due plans rests on every row standing in the published set, so signers
 * are loaded before it is asked; and what it changes must be loaded again. */
#include "clerk/clerk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "keyring/keyring.h"
#include "log/log.h"

#define ROUNDS_MAX 8          /* create, load, plan, apply, load again: four suffice */
#define LEAD_TOLERANCE_MS 250 /* signers switch by the database's clock: tell them when it drifts  \
                               */

static bool is_current(const struct clerk *c, uint64_t generation)
{
    int64_t drift = llabs(clock_lead_ms() - c->loaded_lead_ms);
    return !c->load_wanted && generation == c->loaded_generation && drift <= LEAD_TOLERANCE_MS;
}

static bool is_due(const struct clerk *c)
{
    return c->holds_lock && c->next_key_event_at && clock_now_s() >= c->next_key_event_at;
}

static enum err load(struct task *t, struct clerk *c, const struct keyring *ring)
{
    int64_t lead_ms = clock_lead_ms();
    c->load_wanted = false; /* a signer restarted from now on asks again */
    enum err e = keyring_load(t, c->process->signers, ring, lead_ms);
    if (e != OK) {
        c->load_wanted = true;
        return e;
    }
    c->loaded_generation = ring->generation;
    c->loaded_lead_ms = lead_ms;
    return OK;
}

static enum err apply(struct task *t, struct clerk *c, const struct keyring *ring,
                      const struct rotate_plan *plan, enum audit_event event)
{
    struct audit audit = audit_of(t, event);
    audit.operator_name = STR("clerk");
    audit.ground = STR("schedule");
    enum err e = keyring_apply(t, c->db, c->process->signers, ring, plan, &audit);
    return e == ERR_CONFLICT ? OK : e; /* somebody was quicker: the next round reads again */
}

/* One round; *settled when there is nothing left to do. */
static enum err round_of_keys(struct task *t, struct clerk *c, const struct rotate_policy *policy,
                              bool *settled)
{
    struct keyring ring;
    struct rotate_plan plan;
    TRY(keyring_read(t, c->db, &ring));
    TRY(keyring_missing(t->arena, &ring, policy, &plan));
    if (plan.n) {
        *settled = !c->holds_lock; /* another clerk makes them */
        return c->holds_lock ? apply(t, c, &ring, &plan, AUDIT_KEY_CREATED) : OK;
    }
    if (!is_current(c, ring.generation)) {
        TRY(load(t, c, &ring));
    }
    if (!c->holds_lock) {
        *settled = true;
        return OK;
    }
    size_t n;
    struct rotate_key *keys = keyring_rotate_keys(t->arena, &ring, &n);
    TRY(rotate_due(t->arena, keys, n, policy, ring.now_ms / 1000, &plan));
    c->next_key_event_at = plan.next_event_at;
    *settled = plan.n == 0;
    return apply(t, c, &ring, &plan, AUDIT_KEY_ROTATED);
}

enum err clerk_keys(struct task *t, struct clerk *c)
{
    uint64_t generation;
    TRY(store_keystore_generation(t, c->db, &generation));
    if (is_current(c, generation) && !is_due(c)) {
        return OK;
    }
    struct rotate_policy policy;
    keyring_policy(c->process->config, &policy);
    bool settled = false;
    for (int i = 0; i < ROUNDS_MAX && !settled; i++) {
        TRY(round_of_keys(t, c, &policy, &settled));
    }
    return OK;
}
