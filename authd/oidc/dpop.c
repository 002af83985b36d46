/* DPoP at our endpoints: reading, nonce, single use, binding; see dpop.h. */
#include "oidc/dpop.h"
#include <string.h>
#include "base/clock.h"
#include "oidc/dpop_nonce.h"
#include "oidc/target_uri.h"
#include "sso/sso.h"
#include "store/client.h"

/* Nodes may differ by this much when they judge how old a proof is. */
#define CLOCKS_S 10

static struct str method_of(const struct req *r)
{
    return r->method == HTTP_POST ? STR("POST") : r->method == HTTP_HEAD ? STR("HEAD") : STR("GET");
}

/* spec: RFC 9449 §8:header, §9 a nonce in DPoP-Nonce with use_dpop_nonce; §8.2 and with answers */
static enum err nonce_check(struct req *r, const struct dpop_proof *p, enum refusal *why)
{
    const struct app_keys *keys = NULL;
    int64_t now = clock_now_s();
    if (!app_of(r)->config->dpop_nonce) {
        return OK;
    }
    TRY(app_keys(r->task, app_of(r), &keys));
    reply_header(r, "DPoP-Nonce", dpop_nonce_text(r->arena, keys->handle_key, now));
    if (p->nonce.p == NULL || !dpop_nonce_good(r->arena, keys->handle_key, p->nonce, now)) {
        *why = REFUSE_DPOP_NONCE;
    }
    return OK;
}

enum err dpop_read(struct req *r, struct str access_token, struct dpop *out, enum refusal *why)
{
    const struct config *config = app_of(r)->config;
    struct str text = req_header(r, "dpop");
    struct dpop d = {.shown = text.p != NULL};
    *why = REFUSE_NOTHING;
    if (!d.shown) {
        *out = d;
        return OK;
    }
    /* spec: RFC 9449 §4.3:one not more than one DPoP header */
    if (req_header_repeated(r, "dpop")) {
        *why = REFUSE_DPOP_REPEATED;
        return OK;
    }
    struct dpop_expect expect = {.method = method_of(r),
                                 .access_token = access_token,
                                 .now = clock_now_s(),
                                 .age_s = config->dpop_proof_age_s,
                                 .ahead_s = config->dpop_proof_ahead_s};
    TRY(target_uri_normal(r->arena, str_fmt(r->arena, "%s%.*s", config->issuer, STR_FMT(r->path)),
                          &expect.uri));
    *why = dpop_proof_check(r->arena, str_trim(text), &expect, &d.proof);
    if (*why == REFUSE_NOTHING) {
        TRY(nonce_check(r, &d.proof, why));
    }
    *out = d;
    return OK;
}

/* spec: RFC 9449 §11.1:replay a jti is used once while its proof could be taken */
enum err dpop_use(struct req *r, const struct dpop *d, const struct audit *audit, enum refusal *why)
{
    *why = REFUSE_NOTHING;
    if (!d->shown) {
        return audit == NULL ? OK : store_audit_write(r->task, app_of(r)->db, audit);
    }
    struct sha256 hash =
        sha256(str_fmt(r->arena, "dpop proof %s %.*s", d->proof.jkt, STR_FMT(d->proof.jti)));
    int64_t until = d->proof.iat + app_of(r)->config->dpop_proof_age_s + CLOCKS_S;
    enum err e = store_replay_use(r->task, app_of(r)->db, &hash, until, audit);
    if (e == ERR_CONFLICT) {
        *why = REFUSE_DPOP_REPLAYED;
        return OK;
    }
    return e;
}

enum refusal dpop_bind(struct arena *a, const struct client *c, struct str holds,
                       const struct dpop *d, struct dpop_bound *out)
{
    struct confirmation held, key = {.any_key = false}, token, next;
    /* spec: RFC 9449 §5.2 dpop_bound_access_tokens: MUST reject token requests without a proof */
    if (!d->shown && c->dpop_bound_access_tokens) {
        return REFUSE_DPOP_MISSING;
    }
    if (d->shown) {
        memcpy(key.jkt, d->proof.jkt, sizeof key.jkt);
        key.any_key = c->auth_method != CLIENT_AUTH_NONE;
    }
    if (confirmation_read(holds, &held) != OK) {
        return REFUSE_GRANT_ENDED; /* the row was meddled with */
    }
    enum err e = confirmation_step(&held, &key, &token, &next);
    if (e != OK) {
        return e == ERR_AUTH ? REFUSE_DPOP_MISSING : REFUSE_DPOP_KEY;
    }
    *out = (struct dpop_bound){.shown = confirmation_text(a, &key),
                               .token = confirmation_text(a, &token),
                               .next = confirmation_text(a, &next)};
    return REFUSE_NOTHING;
}

/* spec: RFC 9449 §10 the code is bound to the key of dpop_jkt */
struct str dpop_of_code(struct arena *a, const struct client *c, struct str dpop_jkt)
{
    struct confirmation key = {.any_key = c->auth_method != CLIENT_AUTH_NONE};
    if (!jkt_is(dpop_jkt)) {
        return STR_NONE;
    }
    memcpy(key.jkt, dpop_jkt.p, JKT_SIZE);
    return confirmation_text(a, &key);
}
