/* Actions of a run and their explanation in words. */
#include "keystore/rotate_run.h"

#include <string.h>
#include <time.h>

static const char *const verb_names[] = {
    [ROTATE_GENERATE] = "generate", [ROTATE_PUBLISH] = "publish",   [ROTATE_PLAN] = "plan",
    [ROTATE_RETIRING] = "retiring", [ROTATE_ACTIVATE] = "activate", [ROTATE_RETIRE] = "retire",
    [ROTATE_REVOKE] = "revoke"};

const char *rotate_verb_name(enum rotate_verb v)
{
    return verb_names[v];
}

struct rotate_run rotate_begin(struct arena *a, const struct rotate_key *keys, size_t n,
                               const struct rotate_policy *policy, int64_t now)
{
    struct rotate_run r = {.arena = a, .n = n, .policy = policy, .now = now};
    r.keys = arena_array(a, n, sizeof *keys);
    if (n > 0) {
        memcpy(r.keys, keys, n * sizeof *keys);
    }
    /* A row changes at most four times in a run; each algorithm and use adds two keys at most. */
    r.room = 4 * n + 4 * policy->n_algs + 16;
    r.actions = arena_array(a, r.room, sizeof *r.actions);
    r.text = buf_in(a);
    return r;
}

const char *rotate_time(struct arena *a, int64_t at)
{
    char *text = arena_alloc(a, 32);
    struct tm parts;
    time_t t = (time_t)at;
    if (gmtime_r(&t, &parts) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        return "?";
    }
    return text;
}

static void say(struct rotate_run *r, const struct rotate_action *x, const struct rotate_key *key)
{
    struct buf *b = &r->text;
    const char *at = rotate_time(r->arena, x->at);
    if (key != NULL) {
        buf_fmt(b, "%.*s key %.*s ", STR_FMT(str_is(key->alg) ? key->alg : key->use),
                STR_FMT(key->kid));
    }
    switch (x->verb) {
    case ROTATE_GENERATE:
        buf_fmt(b, "%.*s key for \"%.*s\": made now, ", STR_FMT(str_is(x->alg) ? x->alg : x->use),
                STR_FMT(x->use));
        if (!str_eqz(x->use, "sign")) {
            buf_addz(b, "in use from now on\n");
        } else if (x->state == KEY_ACTIVE) {
            buf_addz(b, "signs at once, because there is no other\n");
        } else {
            buf_addz(b, "published as the next one, not used yet\n");
        }
        return;
    case ROTATE_PUBLISH:
        buf_fmt(b, "stands in the published key set since %s\n", at);
        return;
    case ROTATE_PLAN:
        buf_fmt(b,
                "signs from %s on (in %lld s); until then the present one signs, then that stays "
                "published for %lld s\n",
                at, (long long)(x->at - r->now),
                (long long)(r->policy->token_lifetime_s + r->policy->jwks_max_age_s +
                            r->policy->margin_s));
        return;
    case ROTATE_RETIRING:
        buf_fmt(b, "signs no more; published until %s, so that its tokens verify to their end\n",
                rotate_time(r->arena, x->until));
        return;
    case ROTATE_ACTIVATE:
        buf_fmt(b, "signs since %s\n", at);
        return;
    case ROTATE_RETIRE:
        buf_addz(b, "leaves the key set; its private part is destroyed\n");
        return;
    case ROTATE_REVOKE:
        buf_fmt(b,
                "is revoked: out of the key set, its private part is destroyed; its tokens are "
                "refused here at once, elsewhere within %lld s\n",
                (long long)(r->policy->jwks_max_age_s + r->policy->margin_s));
        return;
    }
}

void rotate_do(struct rotate_run *r, struct rotate_action action, const struct rotate_key *key)
{
    if (r->n_actions == r->room) {
        bug("rotate: more than %zu actions", r->room);
    }
    if (key != NULL) {
        action.use = key->use;
        action.alg = key->alg;
    }
    say(r, &action, key);
    r->actions[r->n_actions++] = action;
}

void rotate_event(struct rotate_run *r, int64_t at)
{
    if (at > r->now && (r->next_event_at == 0 || at < r->next_event_at)) {
        r->next_event_at = at;
    }
}

void rotate_say_pending(struct rotate_run *r, const struct rotate_key *next)
{
    buf_fmt(&r->text, "%.*s key %.*s is planned already: it signs from %s on\n", STR_FMT(next->alg),
            STR_FMT(next->kid), rotate_time(r->arena, next->activate_at));
}

void rotate_say_breaks(struct rotate_run *r, struct str alg, int64_t at, int64_t safe)
{
    if (at >= safe) {
        return;
    }
    buf_fmt(&r->text,
            "warning: between %s and %s whoever holds an older key set, and does not fetch on an "
            "unknown kid, refuses new %.*s tokens\n",
            rotate_time(r->arena, at), rotate_time(r->arena, safe), STR_FMT(alg));
}

struct rotate_plan rotate_finish(struct rotate_run *r)
{
    return (struct rotate_plan){.actions = r->actions,
                                .n = r->n_actions,
                                .text = buf_str(&r->text),
                                .next_event_at = r->next_event_at};
}
