/* The two steps in which the root key is followed by another; see rotate.h.  Never by age: portals
 * have pinned it, and somebody must bring them the next one by hand. */
#include "keystore/rotate_run.h"

static struct rotate_key *root_in(struct rotate_run *r, enum key_state state)
{
    for (size_t i = 0; i < r->n; i++) {
        if (str_eqz(r->keys[i].use, "root") && r->keys[i].state == state) {
            return &r->keys[i];
        }
    }
    return NULL;
}

enum err rotate_root_prepare(struct arena *a, const struct rotate_key *keys, size_t n,
                             const struct rotate_policy *policy, int64_t now,
                             struct rotate_plan *out)
{
    struct rotate_run r = rotate_begin(a, keys, n, policy, now);
    if (root_in(&r, KEY_ACTIVE) == NULL) {
        return fail(ERR_CONFLICT, "root: there is none to be followed");
    }
    if (root_in(&r, KEY_NEXT) == NULL) {
        rotate_do(&r,
                  (struct rotate_action){.verb = ROTATE_GENERATE,
                                         .use = STR("root"),
                                         .alg = root_in(&r, KEY_ACTIVE)->alg,
                                         .state = KEY_NEXT},
                  NULL);
    }
    *out = rotate_finish(&r);
    return OK;
}

enum err rotate_root_switch(struct arena *a, const struct rotate_key *keys, size_t n,
                            const struct rotate_policy *policy, int64_t now,
                            struct rotate_plan *out)
{
    struct rotate_run r = rotate_begin(a, keys, n, policy, now);
    struct rotate_key *old = root_in(&r, KEY_ACTIVE);
    struct rotate_key *next = root_in(&r, KEY_NEXT);
    if (next == NULL) {
        return fail(ERR_CONFLICT, "root: there is no next one yet: make it with --next and bring "
                                  "both to every portal that pins the root");
    }
    if (old != NULL) {
        rotate_do(&r, (struct rotate_action){.verb = ROTATE_RETIRE, .kid = old->kid, .at = now},
                  old);
        old->state = KEY_RETIRED;
    }
    rotate_do(&r, (struct rotate_action){.verb = ROTATE_ACTIVATE, .kid = next->kid, .at = now},
              next);
    next->state = KEY_ACTIVE;
    *out = rotate_finish(&r);
    return OK;
}
