/* The public key set as the signers last gave it.  Must not make a request fail because no signer
 * answers, once a set is known: JWKS, discovery and offline verification outlive everything else.
 */
#include "sso/keys_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "peer/signer_client.h"
#include "store/keystore.h"

#define FRESH_MS 1000
#define ASKING_MS 2000
#define WITHOUT_MAX_MS 3000
#define LOADED_WITHIN_MS 2500 /* the clerk brings signers what is new within a second */
#define LOADED_LOOK_MS 20
#define LAGGING_MAX_MS 10000 /* signers are loaded one after another; one may have been held up */

struct key_snapshot {
    struct app_keys keys;
    struct jwks *jwks;
    struct jwks *retired;
    struct box_sender *sender;
    struct arena *arena;
    unsigned refs;
};

static void snapshot_release(void *arg)
{
    struct key_snapshot *s = arg;
    if (--s->refs > 0) {
        return;
    }
    jwks_free(s->jwks);
    jwks_free(s->retired);
    box_sender_free(&s->sender);
    arena_free(s->arena);
    free(s);
}

static enum err snapshot_new(const struct signer_key_set *set, struct key_snapshot **out)
{
    enum err e = OK;
    struct key_snapshot *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "keys: no memory");
    }
    s->refs = 1;
    s->arena = arena_new(0);
    if (s->arena == NULL) {
        e = fail(ERR_NO_MEMORY, "keys: no memory");
        goto out;
    }
    if (set->handle_key.n != sizeof(s->keys.handle_key)) {
        e = fail(ERR_INTERNAL, "keys: the signer gave no handle key");
        goto out;
    }
    memcpy(s->keys.handle_key, set->handle_key.p, sizeof(s->keys.handle_key));
    s->keys.set = (struct signer_key_set){
        .generation = set->generation,
        .jwks = str_dup(s->arena, set->jwks),
        .signed_jwks = str_dup(s->arena, set->signed_jwks),
        .root_jwk = str_dup(s->arena, set->root_jwk),
        .audit_public = str_dup(s->arena, set->audit_public),
        .handle_key = str_of(s->keys.handle_key, sizeof(s->keys.handle_key)),
        .revoked_kids = str_dup(s->arena, set->revoked_kids),
        .retired_jwks = str_dup(s->arena, set->retired_jwks),
    };
    e = jwks_read(s->keys.set.jwks, ALG_RS256, &s->jwks);
    if (e != OK) {
        goto out;
    }
    s->keys.jwks = s->jwks;
    /* Without the retired keys only old id_token_hints are not recognised: no reason to serve
     * nothing. */
    e = jwks_read(s->keys.set.retired_jwks, ALG_RS256, &s->retired);
    if (err_is_ours(e)) {
        goto out;
    }
    s->retired = e == OK ? s->retired : NULL;
    s->keys.retired = s->retired;
    e = box_sender_new(s->keys.set.audit_public, &s->sender);
    if (e != OK) {
        goto out;
    }
    *out = s;
    s = NULL;
out:
    if (s != NULL) {
        snapshot_release(s);
    }
    return e;
}

static bool is_same(const struct signer_key_set *a, const struct signer_key_set *b)
{
    return a->generation == b->generation && str_eq(a->jwks, b->jwks) &&
           str_eq(a->signed_jwks, b->signed_jwks) && str_eq(a->revoked_kids, b->revoked_kids) &&
           str_eq(a->audit_public, b->audit_public) && str_eq(a->handle_key, b->handle_key);
}

/* libcrypto that had no memory when it was first asked may stay broken for good: parts of it are
 * set up only once.  A process that can't read the key set for so long is replaced. */
static void breathe(struct app_key_cache *cache, enum err e)
{
    if (!err_is_ours(e)) {
        cache->without_ms = 0;
    } else if (cache->without_ms == 0) {
        cache->without_ms = clock_mono_ms();
    } else if (clock_mono_ms() - cache->without_ms > WITHOUT_MAX_MS) {
        bug("keys: no memory to read them: ends, so that a fresh process takes over");
    }
}

/* A signer that was not brought yet what another has, and answers with keys revoked since.  When
 * nobody has had ours for so long, the key store was restored. */
static bool is_of_one_that_lags(struct app_key_cache *cache, const struct signer_key_set *set)
{
    if (cache->now != NULL && set->generation < cache->now->keys.set.generation &&
        cache->asked_ms - cache->newest_ms < LAGGING_MAX_MS) {
        return true;
    }
    cache->newest_ms = cache->asked_ms;
    return false;
}

static enum err refresh(struct task *t, struct app *app, struct app_key_cache *cache)
{
    struct signer_key_set set;
    cache->asking_until_ms = clock_mono_ms() + ASKING_MS;
    enum err e = ask_key_set(t, app->signers, &set);
    cache->asked_ms = clock_mono_ms();
    cache->asking_until_ms = 0;
    if (e != OK || is_of_one_that_lags(cache, &set) ||
        (cache->now != NULL && is_same(&cache->now->keys.set, &set))) {
        return e;
    }
    struct key_snapshot *fresh = NULL;
    e = snapshot_new(&set, &fresh);
    breathe(cache, e);
    TRY(e);
    fresh->keys.number = ++cache->snapshots;
    if (cache->now != NULL) {
        snapshot_release(cache->now);
    }
    cache->now = fresh;
    return OK;
}

static enum err keys_younger_than(struct task *t, struct app *app, int64_t age_ms,
                                  const struct app_keys **out)
{
    if (app->keys == NULL) {
        app->keys = calloc(1, sizeof(*app->keys));
        if (app->keys == NULL) {
            return fail(ERR_NO_MEMORY, "keys: no memory");
        }
    }
    struct app_key_cache *cache = app->keys;
    int64_t now = clock_mono_ms();
    bool fresh = cache->now != NULL && now - cache->asked_ms < age_ms;
    bool asked_by_another = cache->now != NULL && now < cache->asking_until_ms;
    if (!fresh && !asked_by_another) {
        enum err e = refresh(t, app, cache);
        if (e != OK && cache->now == NULL) {
            return e;
        }
    }
    cache->now->refs++;
    arena_defer(t->arena, snapshot_release, cache->now);
    *out = &cache->now->keys;
    return OK;
}

enum err app_keys(struct task *t, struct app *app, const struct app_keys **out)
{
    return keys_younger_than(t, app, FRESH_MS, out);
}

/* What was waited for in vain is waited for by one request at a time: who invents keys would keep
 * every stack. */
static bool may_wait(struct app_key_cache *cache, uint64_t generation, int64_t until_ms)
{
    if (generation > cache->in_vain) {
        return true;
    }
    if (clock_mono_ms() < cache->waits_until_ms) {
        return false;
    }
    cache->waits_until_ms = until_ms;
    return true;
}

enum err app_keys_of_now(struct task *t, struct app *app, const struct app_keys *had,
                         const struct app_keys **out)
{
    uint64_t latest;
    TRY(store_keystore_generation(t, app->db, &latest));
    int64_t until_ms = clock_mono_ms() + LOADED_WITHIN_MS;
    bool waits = false;
    for (*out = had; (*out)->set.generation < latest;) {
        TRY(keys_younger_than(t, app, LOADED_LOOK_MS, out));
        if ((*out)->set.generation >= latest) {
            break;
        }
        waits = waits || may_wait(app->keys, latest, until_ms);
        if (!waits || clock_mono_ms() > until_ms) {
            app->keys->in_vain = latest;
            return fail(ERR_UNAVAILABLE, "keys: the signers don't have the latest yet");
        }
        TRY(task_sleep(t, LOADED_LOOK_MS));
    }
    return OK;
}

struct str keys_cache_seal(struct arena *a, struct app *app, struct str plain)
{
    struct str sealed = STR_NONE;
    if (app->keys == NULL || app->keys->now == NULL || !str_is(plain)) {
        return STR_NONE;
    }
    if (box_seal(a, app->keys->now->sender, clock_mono_ms() / 1000, plain, &sealed) != OK) {
        return STR_NONE;
    }
    return sealed;
}
