/* Fetching key sets.  A signed set may not be older than the one at hand: else an old set could
 * bring a revoked key back. */
#include "libeid/keys.h"
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "jose/jwt.h"
#include "libeid/cache_file.h"
#include "libeid/exchange.h"
#include "libeid/provider.h"

#define LIFE_DEFAULT_S 3600
#define LIFE_MIN_S 1 /* a longer floor would keep revoked keys beyond the published maximum age */
#define LIFE_MAX_S (7 * 86400)
#define SIGNED_SET_TYP "jwk-set+jwt"

static void destroy(struct snapshot *s)
{
    struct key_set *k = (struct key_set *)s;
    jwks_free(k->keys);
    free(k->text);
    free(k);
}

/* The claims of a signed set that verifies with a pinned root. */
static enum eid_code open_signed(struct work *w, const struct eid_client *c, struct str text,
                                 const json_t **set, int64_t *issued_at, int64_t *expires_at)
{
    struct jws jws;
    json_t *claims = NULL;
    struct jwt_expect expect = {.issuer = str_from(c->issuer),
                                .now = clock_now_s(),
                                .skew_s = c->skew_s + c->offline_grace_s};
    struct str token = str_trim(text);
    while (str_ends(token, STR("\n")) || str_ends(token, STR("\r"))) {
        token.n--;
    }
    enum err e = jws_parse(w->arena, token, &jws);
    e = e == OK ? jws_verify_with(&jws, c->roots, SIGNED_SET_TYP) : e;
    e = e == OK ? jwt_claims(w->arena, &jws, &claims) : e;
    e = e == OK ? jwt_check(claims, &expect) : e;
    e = e == OK ? jwt_time(claims, "iat", issued_at) : e;
    e = e == OK ? jwt_time(claims, "exp", expires_at) : e;
    if (e != OK) {
        return work_refuse(w, e, EID_KEYS_FORGED, "signed key set (compare the pinned root)");
    }
    if (*issued_at > clock_now_s() + c->skew_s) {
        return work_fail(w, EID_KEYS_FORGED,
                         "signed key set: issued in the future: check the clock");
    }
    *set = claims;
    return EID_OK;
}

static int64_t clamp_life(int64_t max_age_s)
{
    int64_t life = max_age_s < 0 ? LIFE_DEFAULT_S : max_age_s;
    return life < LIFE_MIN_S ? LIFE_MIN_S : life > LIFE_MAX_S ? LIFE_MAX_S : life;
}

enum eid_code key_set_parse(struct work *w, const struct eid_client *c, struct str text,
                            int64_t fetched_at_s, int64_t max_age_s, struct key_set **out)
{
    const json_t *set = NULL;
    json_t *plain = NULL;
    int64_t issued_at = 0;
    int64_t fresh_until = fetched_at_s + clamp_life(max_age_s);
    int64_t usable_until = fresh_until + c->offline_grace_s;
    if (c->roots != NULL) {
        int64_t expires_at = 0;
        EID_TRY(open_signed(w, c, text, &set, &issued_at, &expires_at));
        fresh_until = fresh_until < expires_at ? fresh_until : expires_at;
        int64_t end = expires_at + c->offline_grace_s;
        usable_until = usable_until < end ? usable_until : end;
    } else {
        enum err e = json_read_in(w->arena, text, &plain);
        if (e != OK) {
            return work_refuse(w, e, EID_BAD_ANSWER, "key set");
        }
        set = plain;
    }
    enum alg rsa_alg = c->id_token_alg == ALG_PS256 ? ALG_PS256 : ALG_RS256;
    struct jwks *keys = NULL;
    enum err e = jwks_read_json(set, rsa_alg, &keys);
    if (e != OK) {
        return work_refuse(w, e, EID_BAD_ANSWER, "key set");
    }
    struct key_set *k = calloc(1, sizeof(*k));
    char *copy = strndup(text.p, text.n);
    if (k == NULL || copy == NULL) {
        free(k);
        free(copy);
        jwks_free(keys);
        return EID_NO_MEMORY;
    }
    *k = (struct key_set){.shared = {.refs = 1,
                                     .fresh_until_s = fresh_until,
                                     .usable_until_s = usable_until,
                                     .destroy = destroy},
                          .keys = keys,
                          .text = copy,
                          .issued_at_s = issued_at,
                          .fetched_at_s = fetched_at_s,
                          .max_age_s = clamp_life(max_age_s)};
    *out = k;
    return EID_OK;
}

/* When the set at hand was issued; 0 without one. */
static int64_t issued_at_now(struct eid_client *c)
{
    pthread_mutex_lock(&c->slots.lock);
    const struct key_set *k = (const struct key_set *)c->slots.keys.now;
    int64_t at = k == NULL ? 0 : k->issued_at_s;
    pthread_mutex_unlock(&c->slots.lock);
    return at;
}

static enum eid_code fetch(struct work *w, struct eid_client *c, struct exchange **asked,
                           struct snapshot **out)
{
    struct provider *p = NULL;
    struct key_set *k = NULL;
    const struct eid_response *r = NULL;
    EID_TRY(provider_lease(w, c, &p));
    const char *url = c->roots != NULL ? p->signed_jwks_uri : p->jwks_uri;
    if (url == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no %s",
                         c->roots != NULL ? "signed_jwks_uri: don't pin a root, or ask the provider"
                                          : "jwks_uri");
    }
    struct ask ask = {.url = url,
                      .accept = c->roots != NULL ? "application/jwk-set+jwt, application/jwt"
                                                 : "application/jwk-set+json, application/json"};
    EID_TRY(exchange(w, c, asked, &ask, &r));
    if (r->status != 200) {
        return work_fail(w, EID_BAD_ANSWER, "%.200s: status %d", url, r->status);
    }
    EID_TRY(key_set_parse(w, c, response_body(r), clock_now_s(), response_max_age_s(r), &k));
    if (k->issued_at_s < issued_at_now(c)) {
        destroy(&k->shared);
        return work_fail(w, EID_KEYS_FORGED, "%.200s: a key set older than the one at hand", url);
    }
    cache_file_save(c, p, k);
    *out = &k->shared;
    return EID_OK;
}

enum eid_code keys_lease(struct work *w, struct eid_client *c, bool newer, struct key_set **out)
{
    struct snapshot *s = NULL;
    EID_TRY(lease_get(w, c, newer ? &w->newer_keys : &w->keys, &c->slots.keys, newer, fetch, &s));
    *out = (struct key_set *)s;
    return EID_OK;
}
