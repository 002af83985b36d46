/* Asking for tokens and for userinfo. */
#include "libeid/tokens.h"
#include "base/clock.h"
#include "libeid/exchange.h"

#define JSON_TYPE "application/json"

static enum eid_code ask_tokens(struct work *w, struct eid_client *c, const struct provider *p,
                                struct str form, struct tokens *out)
{
    struct ask ask = {
        .url = p->token_endpoint, .form = form, .accept = JSON_TYPE, .as_client = true};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, &ask, &answer));
    struct tokens t = {.id_token = json_member(answer, "id_token"),
                       .access_token = json_member(answer, "access_token"),
                       .refresh_token = json_member(answer, "refresh_token"),
                       .scope = json_member(answer, "scope")};
    int64_t life;
    /* spec: RFC 6749 §5.1:members access_token, token_type REQUIRED; §7.1 MUST NOT use an unknown
     * type */
    if (!str_is(t.access_token) || !str_ieq(json_member(answer, "token_type"), STR("Bearer"))) {
        return work_fail(w, EID_BAD_ANSWER, "token endpoint: no bearer token in the answer");
    }
    if (json_member_i64(answer, "expires_in", &life) && life > 0 && life < INT32_MAX) {
        t.expires_at = clock_now_s() + life;
    }
    *out = t;
    return EID_OK;
}

enum eid_code tokens_for_code(struct work *w, struct eid_client *c, const struct provider *p,
                              struct str code, struct str verifier, struct tokens *out)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "grant_type", STR("authorization_code"));
    buf_form(&form, "code", code);
    buf_form(&form, "redirect_uri", str_from(c->redirect_uri));
    /* spec: RFC 7636 §4.5 */
    buf_form(&form, "code_verifier", verifier);
    EID_TRY(ask_tokens(w, c, p, buf_str(&form), out));
    if (!str_is(out->id_token)) {
        return work_fail(w, EID_BAD_ANSWER, "token endpoint: no ID token: is openid in the scope?");
    }
    return EID_OK;
}

enum eid_code tokens_refresh(struct work *w, struct eid_client *c, const struct provider *p,
                             struct str refresh_token, struct tokens *out)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "grant_type", STR("refresh_token"));
    buf_form(&form, "refresh_token", refresh_token);
    EID_TRY(ask_tokens(w, c, p, buf_str(&form), out));
    if (!str_is(out->refresh_token)) {
        out->refresh_token = refresh_token;
    }
    return EID_OK;
}

enum eid_code userinfo_fetch(struct work *w, struct eid_client *c, const struct provider *p,
                             struct str access_token, struct str subject, json_t **out)
{
    if (p->userinfo_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no userinfo_endpoint");
    }
    struct ask ask = {.url = p->userinfo_endpoint, .accept = JSON_TYPE, .bearer = access_token};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, &ask, &answer));
    /* spec: OpenID Connect Core 1.0 §5.3.2:match MUST sub be the one of the ID token, else not be
     * used */
    if (!str_is(subject) || !str_eq(json_member(answer, "sub"), subject)) {
        return work_fail(w, EID_SUBJECT_MISMATCH, "userinfo: speaks of somebody else");
    }
    *out = answer;
    return EID_OK;
}
