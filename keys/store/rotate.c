/* The life of keys as a pure function; see rotate.h.  A run settles what has come due, carries out
 * the command, then sees to it that nothing is missing. */
#include "keystore/rotate.h"

#include <string.h>

#include "keystore/rotate_run.h"

#define DAY_S ((int64_t)86400)

static const char *const state_names[KEY_STATE_COUNT] = {"next", "active", "retiring", "retired",
                                                         "revoked"};

const char *key_state_name(enum key_state s)
{
    return state_names[s];
}

enum err key_state_read(struct str name, enum key_state *out)
{
    for (size_t i = 0; i < KEY_STATE_COUNT; i++) {
        if (str_eqz(name, state_names[i])) {
            *out = (enum key_state)i;
            return OK;
        }
    }
    return fail(ERR_INPUT, "key state: no such state");
}

/* Every other use has one active key of this algorithm, made once. */
static const struct {
    const char *use, *alg;
} singles[] = {{"root", "ES256"}, {"subject", ""}, {"proof", ""}, {"pepper", ""},
               {"lookup", ""},    {"handle", ""},  {"audit", ""}};

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool is_sign(const struct rotate_key *k, struct str alg)
{
    return str_eqz(k->use, "sign") && str_eq(k->alg, alg);
}

/* When it became or will become active; 0: not planned. */
static int64_t active_since(const struct rotate_key *k)
{
    if (k->state == KEY_NEXT) {
        return k->activate_at;
    }
    if (k->activated_at != 0) {
        return k->activated_at;
    }
    return k->activate_at != 0 ? k->activate_at : k->created_at;
}

const struct rotate_key *rotate_active(const struct rotate_key *keys, size_t n, struct str alg,
                                       int64_t now)
{
    const struct rotate_key *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct rotate_key *k = &keys[i];
        if (!is_sign(k, alg) || (k->state != KEY_ACTIVE && k->state != KEY_NEXT)) {
            continue;
        }
        if (k->state == KEY_NEXT && (k->activate_at == 0 || k->activate_at > now)) {
            continue;
        }
        if (best == NULL || active_since(k) > active_since(best) ||
            (active_since(k) == active_since(best) && k->state == KEY_NEXT)) {
            best = k;
        }
    }
    return best;
}

int64_t rotate_safe_at(const struct rotate_key *next, const struct rotate_policy *policy,
                       int64_t now)
{
    int64_t published = next->published_at != 0 ? next->published_at : now;
    int64_t known =
        published + max_i64(policy->jwks_max_age_s, policy->publish_min_s) + policy->margin_s;
    return max_i64(now + policy->switch_lead_s, known);
}

static struct rotate_key *find_state(struct rotate_run *r, struct str alg, enum key_state state)
{
    for (size_t i = 0; i < r->n; i++) {
        if (is_sign(&r->keys[i], alg) && r->keys[i].state == state) {
            return &r->keys[i];
        }
    }
    return NULL;
}

static void activate(struct rotate_run *r, struct rotate_key *k, int64_t at)
{
    rotate_do(r, (struct rotate_action){.verb = ROTATE_ACTIVATE, .kid = k->kid, .at = at}, k);
    k->state = KEY_ACTIVE;
    k->activated_at = at;
}

/* Tokens under it live until then at most, and whoever verifies them finds it published. */
static void begin_retiring(struct rotate_run *r, struct rotate_key *k)
{
    const struct rotate_policy *p = r->policy;
    int64_t until = r->now + p->token_lifetime_s + p->jwks_max_age_s + p->margin_s;
    rotate_do(r,
              (struct rotate_action){
                  .verb = ROTATE_RETIRING, .kid = k->kid, .at = r->now, .until = until},
              k);
    k->state = KEY_RETIRING;
    k->unpublish_at = until;
}

/* What time alone has brought about. */
static void settle(struct rotate_run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct rotate_key *k = &r->keys[i];
        if (k->published_at == 0 && k->state <= KEY_RETIRING && str_eqz(k->use, "sign")) {
            rotate_do(
                r, (struct rotate_action){.verb = ROTATE_PUBLISH, .kid = k->kid, .at = r->now}, k);
            k->published_at = r->now;
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        struct rotate_key *k = &r->keys[i];
        if (!str_eqz(k->use, "sign")) {
            continue;
        }
        if (k->state == KEY_ACTIVE && rotate_active(r->keys, r->n, k->alg, r->now) != k) {
            begin_retiring(r, k);
        } else if (k->state == KEY_RETIRING && k->unpublish_at == 0) {
            begin_retiring(r, k);
        } else if (k->state == KEY_RETIRING && k->unpublish_at <= r->now) {
            rotate_do(r, (struct rotate_action){.verb = ROTATE_RETIRE, .kid = k->kid, .at = r->now},
                      k);
            k->state = KEY_RETIRED;
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        struct rotate_key *k = &r->keys[i];
        if (k->state == KEY_NEXT && rotate_active(r->keys, r->n, k->alg, r->now) == k) {
            activate(r, k, k->activate_at);
        }
    }
}

static void generate(struct rotate_run *r, const char *use, const char *alg, enum key_state state)
{
    rotate_do(r,
              (struct rotate_action){.verb = ROTATE_GENERATE,
                                     .use = str_from(use),
                                     .alg = str_from(alg),
                                     .state = state,
                                     .at = state == KEY_ACTIVE ? r->now : 0},
              NULL);
}

/* Never without an active key, never without a next one. */
static void complete(struct rotate_run *r)
{
    for (size_t i = 0; i < r->policy->n_algs; i++) {
        struct str alg = str_from(r->policy->algs[i]);
        struct rotate_key *next = find_state(r, alg, KEY_NEXT);
        if (find_state(r, alg, KEY_ACTIVE) == NULL) {
            if (next != NULL) {
                activate(r, next, r->now);
                next = NULL;
            } else {
                generate(r, "sign", r->policy->algs[i], KEY_ACTIVE);
            }
        }
        if (next == NULL) {
            generate(r, "sign", r->policy->algs[i], KEY_NEXT);
        }
    }
    for (size_t s = 0; s < sizeof singles / sizeof singles[0]; s++) {
        bool have = false;
        for (size_t i = 0; i < r->n; i++) {
            have |= str_eqz(r->keys[i].use, singles[s].use) && r->keys[i].state == KEY_ACTIVE;
        }
        if (!have) {
            generate(r, singles[s].use, singles[s].alg, KEY_ACTIVE);
        }
    }
}

static void plan(struct rotate_run *r, struct rotate_key *next, int64_t at)
{
    rotate_do(r, (struct rotate_action){.verb = ROTATE_PLAN, .kid = next->kid, .at = at}, next);
    next->activate_at = at;
}

/* Rotation by age. */
static void schedule(struct rotate_run *r)
{
    for (size_t i = 0; i < r->policy->n_algs && r->policy->rotation_days > 0; i++) {
        struct str alg = str_from(r->policy->algs[i]);
        const struct rotate_key *active = find_state(r, alg, KEY_ACTIVE);
        struct rotate_key *next = find_state(r, alg, KEY_NEXT);
        if (active == NULL || next == NULL || next->activate_at != 0) {
            continue;
        }
        int64_t due = active_since(active) + r->policy->rotation_days * DAY_S;
        int64_t safe = rotate_safe_at(next, r->policy, r->now);
        if (due <= safe) {
            plan(r, next, safe);
        } else {
            rotate_event(r, due - r->policy->switch_lead_s);
        }
    }
}

static void note_events(struct rotate_run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct rotate_key *k = &r->keys[i];
        if (k->state == KEY_NEXT) {
            rotate_event(r, k->activate_at);
        } else if (k->state == KEY_RETIRING) {
            rotate_event(r, k->unpublish_at);
        }
    }
}

enum err rotate_due(struct arena *a, const struct rotate_key *keys, size_t n,
                    const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    struct rotate_run r = rotate_begin(a, keys, n, policy, now);
    settle(&r);
    complete(&r);
    schedule(&r);
    note_events(&r);
    *out = rotate_finish(&r);
    return OK;
}

/* One algorithm of a request. */
static enum err request_one(struct rotate_run *r, struct str alg, int64_t wanted_at, bool force)
{
    struct rotate_key *next = find_state(r, alg, KEY_NEXT);
    if (next == NULL) {
        return fail(ERR_CONFLICT,
                    "rotate: %.*s has no next key yet; the clerk makes one, ask again in a minute",
                    STR_FMT(alg));
    }
    int64_t soonest = r->now + r->policy->switch_lead_s;
    int64_t safe = rotate_safe_at(next, r->policy, r->now);
    int64_t at = wanted_at != 0 ? max_i64(wanted_at, soonest) : force ? soonest : safe;
    if (next->activate_at != 0 && (!force || at >= next->activate_at)) {
        rotate_say_pending(r, next);
        return OK;
    }
    if (at < safe && !force) {
        return fail(ERR_CONFLICT,
                    "rotate: key %.*s is safe from %s on; sooner, whoever holds an older key set "
                    "refuses new tokens: ask for a later time, or use --force",
                    STR_FMT(next->kid), rotate_time(r->arena, safe));
    }
    plan(r, next, at);
    if (at < safe) {
        rotate_say_breaks(r, alg, at, safe);
    }
    return OK;
}

enum err rotate_request(struct arena *a, const struct rotate_key *keys, size_t n,
                        const struct rotate_policy *policy, int64_t now, struct str alg,
                        int64_t wanted_at, bool force, struct rotate_plan *out)
{
    struct rotate_run r = rotate_begin(a, keys, n, policy, now);
    bool found = false;
    settle(&r);
    for (size_t i = 0; i < policy->n_algs; i++) {
        if (!str_is(alg) || str_eqz(alg, policy->algs[i])) {
            TRY(request_one(&r, str_from(policy->algs[i]), wanted_at, force));
            found = true;
        }
    }
    if (!found) {
        return fail(ERR_NOT_FOUND, "rotate: no keys of algorithm %.*s are kept", STR_FMT(alg));
    }
    complete(&r);
    note_events(&r);
    *out = rotate_finish(&r);
    return OK;
}

enum err rotate_revoke(struct arena *a, const struct rotate_key *keys, size_t n,
                       const struct rotate_policy *policy, int64_t now, struct str kid,
                       struct rotate_plan *out)
{
    struct rotate_run r = rotate_begin(a, keys, n, policy, now);
    settle(&r);
    struct rotate_key *k = NULL;
    for (size_t i = 0; i < r.n; i++) {
        if (str_eq(r.keys[i].kid, kid)) {
            k = &r.keys[i];
        }
    }
    if (k == NULL) {
        return fail(ERR_NOT_FOUND, "revoke: no key %.*s", STR_FMT(kid));
    }
    if (!str_eqz(k->use, "sign")) {
        return fail(ERR_DENIED, "revoke: key %.*s is not for signing tokens; see docs/keys.md",
                    STR_FMT(kid));
    }
    if (k->state == KEY_REVOKED) {
        return fail(ERR_CONFLICT, "revoke: key %.*s is revoked already", STR_FMT(kid));
    }
    rotate_do(&r, (struct rotate_action){.verb = ROTATE_REVOKE, .kid = k->kid, .at = now}, k);
    if (k->state == KEY_ACTIVE) {
        const struct rotate_key *next = find_state(&r, k->alg, KEY_NEXT);
        int64_t known = next != NULL ? rotate_safe_at(next, policy, now)
                                     : now + policy->jwks_max_age_s + policy->margin_s;
        rotate_say_breaks(&r, k->alg, now, known);
    }
    k->state = KEY_REVOKED;
    complete(&r);
    note_events(&r);
    *out = rotate_finish(&r);
    return OK;
}
