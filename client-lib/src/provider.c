/* Fetching and judging metadata.  Endpoints that are not https are not endpoints. */
#include "libeid/provider.h"
#include <string.h>
#include "base/clock.h"
#include "libeid/exchange.h"

#define LIFE_DEFAULT_S 3600
#define LIFE_MIN_S 60
#define LIFE_MAX_S 86400
#define FOREVER_S (INT64_C(10) * 365 * 86400)

static void destroy(struct snapshot *s)
{
    struct provider *p = (struct provider *)s;
    arena_free(p->memory);
}

/* NULL when absent; *bad when present but not askable. */
static const char *endpoint(const struct provider *p, const json_t *metadata, const char *name,
                            const char **bad)
{
    if (json_object_get(metadata, name) == NULL) {
        return NULL;
    }
    struct str url = json_member(metadata, name);
    if (!url_may_be_asked(url)) {
        *bad = name;
        return NULL;
    }
    return str_z(p->memory, url);
}

/* A list of names as words; NULL when absent.  What is no name of ours is left out. */
static const char *words(const struct provider *p, const json_t *metadata, const char *name)
{
    const json_t *list = json_object_get(metadata, name);
    if (!json_is_array(list)) {
        return NULL;
    }
    struct buf b = buf_in(p->memory);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word != NULL && strchr(word, ' ') == NULL) {
            buf_byte(&b, ' ');
            buf_addz(&b, word);
        }
    }
    return buf_z(&b);
}

static void read_endpoints(struct provider *p, const json_t *m, const char **bad)
{
    p->authorization_endpoint = endpoint(p, m, "authorization_endpoint", bad);
    p->token_endpoint = endpoint(p, m, "token_endpoint", bad);
    p->jwks_uri = endpoint(p, m, "jwks_uri", bad);
    p->signed_jwks_uri = endpoint(p, m, "signed_jwks_uri", bad);
    p->userinfo_endpoint = endpoint(p, m, "userinfo_endpoint", bad);
    p->end_session_endpoint = endpoint(p, m, "end_session_endpoint", bad);
    p->introspection_endpoint = endpoint(p, m, "introspection_endpoint", bad);
    p->revocation_endpoint = endpoint(p, m, "revocation_endpoint", bad);
    p->par_endpoint = endpoint(p, m, "pushed_authorization_request_endpoint", bad);
    p->par_required = json_is_true(json_object_get(m, "require_pushed_authorization_requests"));
    p->auth_methods = words(p, m, "token_endpoint_auth_methods_supported");
    p->auth_algs = words(p, m, "token_endpoint_auth_signing_alg_values_supported");
    p->dpop_algs = words(p, m, "dpop_signing_alg_values_supported");
    p->iss_in_answers =
        json_is_true(json_object_get(m, "authorization_response_iss_parameter_supported"));
}

enum eid_code provider_parse(struct work *w, const char *issuer, struct str text,
                             struct provider **out)
{
    json_t *m = NULL;
    enum err e = json_read_in(w->arena, text, &m);
    if (e != OK || !json_is_object(m)) {
        return work_refuse(w, e, EID_BAD_METADATA, "metadata is not a JSON object");
    }
    /* spec: RFC 8414 §3.3, OpenID Discovery §4.3:party MUST be identical to the issuer the metadata
     * was asked for */
    if (!str_eqz(json_member(m, "issuer"), issuer)) {
        struct str named = json_member(m, "issuer");
        return work_fail(w, EID_ISSUER_MISMATCH,
                         "the provider's issuer is \"%.*s\", you configured \"%.150s\": configure "
                         "it exactly as the provider writes it",
                         (int)(named.n < 120 ? named.n : 120), named.p == NULL ? "" : named.p,
                         issuer);
    }
    struct arena *memory = work_arena(w);
    struct provider *p = arena_alloc(memory, sizeof(*p));
    p->memory = memory;
    p->shared.refs = 1;
    p->shared.destroy = destroy;
    p->text = str_dup(memory, text);
    const char *bad = NULL;
    read_endpoints(p, m, &bad);
    if (bad == NULL && p->authorization_endpoint == NULL) {
        bad = "authorization_endpoint";
    }
    if (bad == NULL && p->token_endpoint == NULL) {
        bad = "token_endpoint";
    }
    if (bad == NULL && p->jwks_uri == NULL && p->signed_jwks_uri == NULL) {
        bad = "jwks_uri";
    }
    if (bad != NULL) {
        return work_fail(w, EID_BAD_METADATA, "metadata: %s is missing or not https", bad);
    }
    work_arena_keep(w);
    *out = p;
    return EID_OK;
}

void provider_set_life(struct provider *p, int64_t now_s, int64_t max_age_s)
{
    int64_t life = max_age_s < 0 ? LIFE_DEFAULT_S : max_age_s;
    life = life < LIFE_MIN_S ? LIFE_MIN_S : life > LIFE_MAX_S ? LIFE_MAX_S : life;
    p->shared.fresh_until_s = now_s + life;
    p->shared.usable_until_s = now_s + FOREVER_S;
}

/* spec: OpenID Connect Discovery 1.0 §4.1 MUST issuer without its last slash, then the well-known
 * path */
static const char *metadata_url(struct work *w, const struct eid_client *c)
{
    struct str issuer = str_from(c->issuer);
    if (str_ends(issuer, STR("/"))) {
        issuer.n--;
    }
    return str_fmt(w->arena, "%.*s/.well-known/openid-configuration", STR_FMT(issuer)).p;
}

static enum eid_code fetch(struct work *w, struct eid_client *c, struct exchange **asked,
                           struct snapshot **out)
{
    struct ask ask = {.url = metadata_url(w, c), .accept = "application/json"};
    const struct eid_response *r = NULL;
    struct provider *p = NULL;
    EID_TRY(exchange(w, c, asked, &ask, &r));
    if (r->status != 200) {
        return work_fail(w, EID_BAD_ANSWER,
                         "%.200s: status %d: is \"%.100s\" the provider's issuer?", ask.url,
                         r->status, c->issuer);
    }
    EID_TRY(provider_parse(w, c->issuer, response_body(r), &p));
    provider_set_life(p, clock_now_s(), response_max_age_s(r));
    *out = &p->shared;
    return EID_OK;
}

enum eid_code provider_lease(struct work *w, struct eid_client *c, struct provider **out)
{
    struct snapshot *s = NULL;
    EID_TRY(lease_get(w, c, &w->metadata, &c->slots.metadata, false, fetch, &s));
    *out = (struct provider *)s;
    return EID_OK;
}
