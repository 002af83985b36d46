/* keys schedule: what will happen to the signing keys if nobody does anything. */
#include "admin/commands.h"

#include <stdlib.h>

#include "keyring/keyring.h"

#define DAY_S ((int64_t)86400)

struct happening {
    int64_t at;
    const char *event;
    struct str kid, alg;
};

static int by_time(const void *a, const void *b)
{
    const struct happening *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static size_t happenings(const struct rotate_key *keys, size_t n,
                         const struct rotate_policy *policy, int64_t now, struct happening *out)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const struct rotate_key *k = &keys[i];
        if (!str_eqz(k->use, "sign")) {
            continue;
        }
        if (k->state == KEY_NEXT && k->activate_at) {
            out[used++] = (struct happening){k->activate_at, "signs from then on", k->kid, k->alg};
        } else if (k->state == KEY_NEXT) {
            int64_t safe_at = rotate_safe_at(k, policy, now);
            out[used++] = (struct happening){safe_at, "could sign, if asked", k->kid, k->alg};
        } else if (k->state == KEY_RETIRING) {
            out[used++] = (struct happening){k->unpublish_at, "leaves the key set", k->kid, k->alg};
        } else if (k->state == KEY_ACTIVE && policy->rotation_days) {
            int64_t since = k->activated_at ? k->activated_at : k->created_at;
            out[used++] = (struct happening){since + policy->rotation_days * DAY_S,
                                             "is replaced by age", k->kid, k->alg};
        }
    }
    qsort(out, used, sizeof *out, by_time);
    return used;
}

enum err cmd_keys_schedule(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    struct keyring ring;
    struct rotate_policy policy;
    size_t n;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    keyring_policy(c->admin->process->config, &policy);
    struct rotate_key *keys = keyring_rotate_keys(a, &ring, &n);
    struct happening *list = arena_array(a, n + 1, sizeof *list);
    size_t used = happenings(keys, n, &policy, ring.now_ms / 1000, list);
    json_t *rows = json_array();
    for (size_t i = 0; i < used; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "at", answer_time(list[i].at));
        json_object_set_new(row, "event", json_string(list[i].event));
        json_object_set_new(row, "kid", json_str(list[i].kid));
        json_object_set_new(row, "alg", json_str(list[i].alg));
        json_array_append_new(rows, row);
    }
    *result = answer_rows(a, rows);
    return OK;
}
