/* keystore/rotate: single steps first, then a long walk at random in a world of caches and tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/rotate.h"

static const char *const algs[] = {"ES256", "EdDSA"};
static const struct rotate_policy policy = {.algs = algs,
                                            .n_algs = 2,
                                            .jwks_max_age_s = 3600,
                                            .publish_min_s = 600,
                                            .switch_lead_s = 20,
                                            .margin_s = 60,
                                            .token_lifetime_s = 900,
                                            .rotation_days = 0};
#define T0 ((int64_t)1800000000)
#define KEYS_MAX 256

/* The rows, as the database would hold them; applies plans. */
struct world {
    struct arena *a;       /* of kids */
    struct arena *scratch; /* of plans */
    struct rotate_key keys[KEYS_MAX];
    bool excused[KEYS_MAX]; /* active sooner than safe: forced, revoked, first */
    size_t n;
    unsigned made;
    int64_t now;
};

static struct rotate_key *row(struct world *w, struct str kid)
{
    for (size_t i = 0; i < w->n; i++) {
        if (str_eq(w->keys[i].kid, kid)) {
            return &w->keys[i];
        }
    }
    return NULL;
}

/* The unique indexes of the table: one active, one next of each use and algorithm. */
static void check_unique(const struct world *w)
{
    for (size_t i = 0; i < w->n; i++) {
        for (size_t j = i + 1; j < w->n && w->keys[i].state <= KEY_ACTIVE; j++) {
            const struct rotate_key *a = &w->keys[i], *b = &w->keys[j];
            assert_false(a->state == b->state && a->state <= KEY_ACTIVE && str_eq(a->use, b->use) &&
                         str_eq(a->alg, b->alg));
        }
    }
}

static void apply(struct world *w, const struct rotate_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct rotate_action *x = &p->actions[i];
        struct rotate_key *k = x->verb == ROTATE_GENERATE ? NULL : row(w, x->kid);
        if (x->verb != ROTATE_GENERATE) {
            assert_non_null(k);
        }
        switch (x->verb) {
        case ROTATE_GENERATE:
            assert_true(w->n < KEYS_MAX);
            w->excused[w->n] = x->state == KEY_ACTIVE;
            w->keys[w->n++] = (struct rotate_key){.kid = str_fmt(w->a, "k%u", w->made++),
                                                  .use = x->use,
                                                  .alg = x->alg,
                                                  .state = x->state,
                                                  .created_at = w->now,
                                                  .activated_at = x->at};
            break;
        case ROTATE_PUBLISH:
            k->published_at = x->at;
            break;
        case ROTATE_PLAN:
            k->activate_at = x->at;
            break;
        case ROTATE_RETIRING:
            k->state = KEY_RETIRING;
            k->unpublish_at = x->until;
            break;
        case ROTATE_ACTIVATE:
            k->state = KEY_ACTIVE;
            k->activated_at = x->at;
            break;
        case ROTATE_RETIRE:
            assert_true(k->state == KEY_RETIRING || str_eqz(k->use, "root"));
            k->state = KEY_RETIRED;
            break;
        case ROTATE_REVOKE:
            k->state = KEY_REVOKED;
            break;
        }
        check_unique(w);
    }
}

static void run_due(struct world *w, const struct rotate_policy *p)
{
    struct rotate_plan plan;
    assert_int_equal(rotate_due(w->scratch, w->keys, w->n, p, w->now, &plan), OK);
    apply(w, &plan);
}

static struct world *world_new(void)
{
    struct world *w = test_calloc(1, sizeof *w);
    w->a = arena_new(0);
    w->scratch = arena_new(0);
    w->now = T0;
    run_due(w, &policy);
    w->now += 5;
    run_due(w, &policy);
    return w;
}

static void world_free(struct world *w)
{
    arena_free(w->a);
    arena_free(w->scratch);
    test_free(w);
}

static struct rotate_key *find(struct world *w, const char *alg, enum key_state s)
{
    for (size_t i = 0; i < w->n; i++) {
        if (str_eqz(w->keys[i].use, "sign") && str_eqz(w->keys[i].alg, alg) &&
            w->keys[i].state == s) {
            return &w->keys[i];
        }
    }
    return NULL;
}

static void refuses_what_would_break_caches(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    assert_int_equal(rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("ES256"),
                                    w->now + 100, false, &p),
                     ERR_CONFLICT);
    assert_non_null(strstr(err_reason(), "--force"));
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("HS256"), 0, false, &p),
        ERR_NOT_FOUND);
    world_free(w);
}

static void refuses_to_revoke_what_is_not_there_or_not_for_signing_or_revoked(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    assert_int_equal(rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, STR("nobody"), &p),
                     ERR_NOT_FOUND);
    for (size_t i = 0; i < w->n; i++) {
        if (!str_eqz(w->keys[i].use, "sign")) {
            assert_int_equal(
                rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, w->keys[i].kid, &p),
                ERR_DENIED);
        }
    }
    struct str kid = find(w, "ES256", KEY_NEXT)->kid;
    assert_int_equal(rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, kid, &p), OK);
    apply(w, &p);
    assert_int_equal(rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, kid, &p),
                     ERR_CONFLICT);
    world_free(w);
}

static void makes_everything_that_is_missing_once(void **state)
{
    (void)state;
    struct world *w = world_new();
    assert_int_equal(w->n, 2 * 2 + 7);
    size_t n = w->n;
    struct rotate_plan p;
    assert_int_equal(rotate_due(w->scratch, w->keys, w->n, &policy, w->now, &p), OK);
    assert_int_equal(p.n, 0);
    assert_int_equal(w->n, n);
    world_free(w);
}

static void plans_a_rotation_for_the_soonest_safe_moment(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    struct rotate_key *next = find(w, "ES256", KEY_NEXT), *active = find(w, "ES256", KEY_ACTIVE);
    struct str old = active->kid, fresh = next->kid;
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("ES256"), 0, false, &p), OK);
    apply(w, &p);
    int64_t at = next->activate_at;
    assert_int_equal(at, next->published_at + 3600 + 60);
    assert_int_equal(p.next_event_at, at);

    /* asked again: nothing changes */
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("ES256"), 0, false, &p), OK);
    assert_int_equal(p.n, 0);
    assert_true(str_is(p.text));

    /* the switch happens by time, whether or not the row is written */
    assert_true(str_eq(rotate_active(w->keys, w->n, STR("ES256"), at - 1)->kid, old));
    assert_true(str_eq(rotate_active(w->keys, w->n, STR("ES256"), at)->kid, fresh));
    w->now = at + 7;
    run_due(w, &policy);
    assert_true(str_eq(find(w, "ES256", KEY_ACTIVE)->kid, fresh));
    assert_int_equal(find(w, "ES256", KEY_ACTIVE)->activated_at, at);
    assert_int_equal(row(w, old)->unpublish_at, w->now + 900 + 3600 + 60);
    assert_non_null(find(w, "ES256", KEY_NEXT));
    w->now = row(w, old)->unpublish_at - 1;
    run_due(w, &policy);
    assert_int_equal(row(w, old)->state, KEY_RETIRING);
    w->now++;
    run_due(w, &policy);
    assert_int_equal(row(w, old)->state, KEY_RETIRED);
    world_free(w);
}

static void a_long_published_key_waits_for_the_lead_only(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    w->now += 100000;
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR_NONE, 0, false, &p), OK);
    apply(w, &p);
    assert_int_equal(find(w, "ES256", KEY_NEXT)->activate_at, w->now + 20);
    assert_int_equal(find(w, "EdDSA", KEY_NEXT)->activate_at, w->now + 20);
    world_free(w);
}

static void force_is_sooner_and_says_what_breaks(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("ES256"), 0, false, &p), OK);
    apply(w, &p);
    assert_int_equal(
        rotate_request(w->scratch, w->keys, w->n, &policy, w->now, STR("ES256"), 0, true, &p), OK);
    apply(w, &p);
    assert_int_equal(find(w, "ES256", KEY_NEXT)->activate_at, w->now + 20);
    assert_non_null(strstr(str_z(w->a, p.text), "warning"));
    world_free(w);
}

static void revoking_the_active_key_lets_the_next_take_over_at_once(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan p;
    struct str old = find(w, "ES256", KEY_ACTIVE)->kid, next = find(w, "ES256", KEY_NEXT)->kid;
    assert_int_equal(rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, old, &p), OK);
    apply(w, &p);
    assert_int_equal(row(w, old)->state, KEY_REVOKED);
    assert_true(str_eq(find(w, "ES256", KEY_ACTIVE)->kid, next));
    assert_false(str_eq(find(w, "ES256", KEY_NEXT)->kid, next));
    assert_true(str_eq(rotate_active(w->keys, w->n, STR("ES256"), w->now)->kid, next));
    assert_non_null(strstr(str_z(w->a, p.text), "warning"));
    world_free(w);
}

static void rotates_by_age(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_policy yearly = policy;
    yearly.rotation_days = 90;
    struct str old = find(w, "ES256", KEY_ACTIVE)->kid;
    int64_t due = find(w, "ES256", KEY_ACTIVE)->activated_at + 90 * (int64_t)86400;
    w->now = due - 21;
    run_due(w, &yearly);
    assert_int_equal(find(w, "ES256", KEY_NEXT)->activate_at, 0);
    w->now = due - 20;
    run_due(w, &yearly);
    assert_int_equal(find(w, "ES256", KEY_NEXT)->activate_at, due);
    w->now = due;
    run_due(w, &yearly);
    assert_int_equal(row(w, old)->state, KEY_RETIRING);
    world_free(w);
}

/* A walk of many days: the clerk runs at odd times, people rotate, force and revoke, tokens are
 * signed by whoever is active by the clock.  The promises of rotate.h are checked at every step. */
struct token {
    struct str kid;
    int64_t exp;
};

static void check_promises(struct world *w, const struct token *tokens, size_t n_tokens)
{
    for (size_t i = 0; i < policy.n_algs; i++) {
        const struct rotate_key *k = rotate_active(w->keys, w->n, str_from(policy.algs[i]), w->now);
        assert_non_null(k);
        int64_t since = k->state == KEY_NEXT ? k->activate_at : k->activated_at;
        if (!w->excused[k - w->keys]) {
            assert_true(k->published_at != 0 && since >= k->published_at + 3600 + 60);
        }
    }
    for (size_t i = 0; i < n_tokens; i++) {
        const struct rotate_key *k = row(w, tokens[i].kid);
        if (tokens[i].exp > w->now && k->state != KEY_REVOKED) {
            assert_true(k->state <= KEY_RETIRING);
        }
    }
}

/* Forgets what was retired or revoked long ago. */
static void prune(struct world *w, const struct token *tokens, size_t n_tokens)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++) {
        bool keep = w->keys[i].state <= KEY_RETIRING;
        for (size_t t = 0; t < n_tokens; t++) {
            keep |= str_eq(tokens[t].kid, w->keys[i].kid);
        }
        if (keep) {
            w->keys[kept] = w->keys[i];
            w->excused[kept++] = w->excused[i];
        }
    }
    w->n = kept;
}

static void keeps_its_promises_on_a_random_walk(void **state)
{
    (void)state;
    enum { STEPS = 8000, TOKENS = 64 };
    static struct token tokens[TOKENS];
    for (unsigned seed = 1; seed <= 3; seed++) {
        struct world *w = world_new();
        struct rotate_plan p;
        unsigned random = seed * 2654435761u;
        memset(tokens, 0, sizeof tokens);
        for (size_t i = 0; i < TOKENS; i++) {
            tokens[i].kid = w->keys[0].kid;
        }
        for (int step = 0; step < STEPS; step++) {
            arena_reset(w->scratch);
            if (w->n > KEYS_MAX - 32) {
                prune(w, tokens, TOKENS);
            }
            random = random * 1664525u + 1013904223u;
            unsigned dice = random >> 8;
            struct str alg = str_from(algs[dice % 2]);
            w->now += (dice >> 1) % (step % 50 == 0 ? 20000 : 40);
            switch ((dice >> 4) % 64) {
            case 0:
            case 1:
            case 2:
                if (rotate_request(w->scratch, w->keys, w->n, &policy, w->now, alg, 0, false, &p) ==
                    OK) {
                    apply(w, &p);
                }
                break;
            case 3:
                if (rotate_request(w->scratch, w->keys, w->n, &policy, w->now, alg, 0, true, &p) ==
                    OK) {
                    apply(w, &p);
                    struct rotate_key *next = find(w, algs[dice % 2], KEY_NEXT);
                    w->excused[next - w->keys] = true;
                }
                break;
            case 4: {
                struct rotate_key *k = &w->keys[(dice >> 12) % w->n];
                if (rotate_revoke(w->scratch, w->keys, w->n, &policy, w->now, k->kid, &p) == OK) {
                    for (size_t i = 0; i < p.n; i++) { /* what takes over now is excused */
                        if (p.actions[i].verb == ROTATE_ACTIVATE && p.actions[i].at == w->now) {
                            w->excused[row(w, p.actions[i].kid) - w->keys] = true;
                        }
                    }
                    apply(w, &p);
                }
                break;
            }
            default:
                if (dice % 3 != 0) { /* sometimes the clerk is late */
                    run_due(w, &policy);
                }
                break;
            }
            const struct rotate_key *k = rotate_active(w->keys, w->n, alg, w->now);
            tokens[step % TOKENS] = (struct token){k->kid, w->now + 900};
            check_promises(w, tokens, TOKENS);
            if (dice % 16 == 0) { /* after the clerk ran, one next of each stands ready */
                run_due(w, &policy);
                assert_non_null(find(w, "ES256", KEY_NEXT));
                assert_non_null(find(w, "EdDSA", KEY_NEXT));
                check_promises(w, tokens, TOKENS);
            }
        }
        world_free(w);
    }
}

static const struct rotate_key *root_in(const struct world *w, enum key_state s)
{
    for (size_t i = 0; i < w->n; i++) {
        if (str_eqz(w->keys[i].use, "root") && w->keys[i].state == s) {
            return &w->keys[i];
        }
    }
    return NULL;
}

static void the_root_is_followed_in_two_steps(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct rotate_plan plan;
    const struct str old = root_in(w, KEY_ACTIVE)->kid;
    assert_int_equal(rotate_root_switch(w->scratch, w->keys, w->n, &policy, w->now, &plan),
                     ERR_CONFLICT);
    assert_int_equal(rotate_root_prepare(w->scratch, w->keys, 0, &policy, w->now, &plan),
                     ERR_CONFLICT);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rotate_root_prepare(w->scratch, w->keys, w->n, &policy, w->now, &plan),
                         OK);
        assert_int_equal(plan.n, i == 0 ? 1 : 0);
        apply(w, &plan);
    }
    const struct str next = root_in(w, KEY_NEXT)->kid;
    w->now += 400 * (int64_t)86400; /* time alone changes no root */
    run_due(w, &policy);
    assert_true(str_eq(root_in(w, KEY_ACTIVE)->kid, old));
    assert_int_equal(rotate_root_switch(w->scratch, w->keys, w->n, &policy, w->now, &plan), OK);
    apply(w, &plan);
    assert_true(str_eq(root_in(w, KEY_ACTIVE)->kid, next));
    assert_true(str_eq(root_in(w, KEY_RETIRED)->kid, old));
    assert_null(root_in(w, KEY_NEXT));
    run_due(w, &policy);
    assert_true(str_eq(root_in(w, KEY_ACTIVE)->kid, next));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_would_break_caches),
        cmocka_unit_test(refuses_to_revoke_what_is_not_there_or_not_for_signing_or_revoked),
        cmocka_unit_test(makes_everything_that_is_missing_once),
        cmocka_unit_test(plans_a_rotation_for_the_soonest_safe_moment),
        cmocka_unit_test(a_long_published_key_waits_for_the_lead_only),
        cmocka_unit_test(force_is_sooner_and_says_what_breaks),
        cmocka_unit_test(revoking_the_active_key_lets_the_next_take_over_at_once),
        cmocka_unit_test(rotates_by_age),
        cmocka_unit_test(the_root_is_followed_in_two_steps),
        cmocka_unit_test(keeps_its_promises_on_a_random_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
