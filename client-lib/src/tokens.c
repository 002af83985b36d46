/* Asking for tokens and for userinfo. */
#include "libeid/tokens.h"
#include "base/clock.h"
#include "libeid/exchange.h"
#include "libeid/own_key.h"

#define JSON_TYPE "application/json"

/* spec: RFC 6749 §7.1 MUST NOT use an unknown type
 * spec: RFC 9449 §5 token_type DPoP says that the token is bound; asked for, anything else is a
 * downgrade */
static enum eid_code judge_type(struct work *w, struct str type, const struct own_key *bind)
{
    if (bind == NULL && !str_ieq(type, STR("Bearer"))) {
        return work_fail(w, EID_BAD_ANSWER, "token endpoint: no bearer token in the answer");
    }
    if (bind != NULL && !str_ieq(type, STR("DPoP"))) {
        return work_fail(
            w, EID_BAD_ANSWER,
            "token endpoint: asked for a DPoP token, got \"%.*s\": set EID_DPOP off if "
            "this provider binds no tokens of this client",
            (int)(type.n < 20 ? type.n : 20), type.p == NULL ? "" : type.p);
    }
    return EID_OK;
}

static enum eid_code ask_tokens(struct work *w, struct eid_client *c, const struct provider *p,
                                struct exchange **place, struct str form,
                                const struct own_key *bind, struct tokens *out)
{
    struct ask ask = {.url = p->token_endpoint,
                      .form = form,
                      .accept = JSON_TYPE,
                      .as_client = true,
                      .prove = bind};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, place, &ask, &answer));
    struct tokens t = {.id_token = json_member(answer, "id_token"),
                       .access_token = json_member(answer, "access_token"),
                       .refresh_token = json_member(answer, "refresh_token"),
                       .scope = json_member(answer, "scope"),
                       .bound = bind};
    int64_t life;
    /* spec: RFC 6749 §5.1:members access_token, token_type REQUIRED */
    if (!str_is(t.access_token)) {
        return work_fail(w, EID_BAD_ANSWER, "token endpoint: no access token in the answer");
    }
    EID_TRY(judge_type(w, json_member(answer, "token_type"), bind));
    if (json_member_i64(answer, "expires_in", &life) && life > 0 && life < INT32_MAX) {
        t.expires_at = clock_now_s() + life;
    }
    *out = t;
    return EID_OK;
}

enum eid_code tokens_for_code(struct work *w, struct eid_client *c, const struct provider *p,
                              struct exchange **place, struct str code, struct str verifier,
                              const struct own_key *bind, struct tokens *out)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "grant_type", STR("authorization_code"));
    buf_form(&form, "code", code);
    buf_form(&form, "redirect_uri", str_from(c->redirect_uri));
    /* spec: RFC 7636 §4.5 */
    buf_form(&form, "code_verifier", verifier);
    EID_TRY(ask_tokens(w, c, p, place, buf_str(&form), bind, out));
    if (!str_is(out->id_token)) {
        return work_fail(w, EID_BAD_ANSWER, "token endpoint: no ID token: is openid in the scope?");
    }
    return EID_OK;
}

enum eid_code tokens_refresh(struct work *w, struct eid_client *c, const struct provider *p,
                             struct exchange **place, struct str refresh_token,
                             const struct own_key *bind, struct tokens *out)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "grant_type", STR("refresh_token"));
    buf_form(&form, "refresh_token", refresh_token);
    EID_TRY(ask_tokens(w, c, p, place, buf_str(&form), bind, out));
    if (!str_is(out->refresh_token)) {
        out->refresh_token = refresh_token;
    }
    return EID_OK;
}

enum eid_code userinfo_fetch(struct work *w, struct eid_client *c, const struct provider *p,
                             struct exchange **place, struct str access_token,
                             const struct own_key *bound, struct str subject, json_t **out)
{
    if (p->userinfo_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no userinfo_endpoint");
    }
    struct ask ask = {
        .url = p->userinfo_endpoint, .accept = JSON_TYPE, .token = access_token, .prove = bound};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, place, &ask, &answer));
    /* spec: OpenID Connect Core 1.0 §5.3.2:match MUST sub be the one of the ID token, else not be
     * used */
    if (!str_is(subject) || !str_eq(json_member(answer, "sub"), subject)) {
        return work_fail(w, EID_SUBJECT_MISMATCH, "userinfo: speaks of somebody else");
    }
    *out = answer;
    return EID_OK;
}
