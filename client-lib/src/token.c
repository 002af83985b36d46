/* Access tokens somebody shows us: offline (RFC 9068) and by asking (RFC 7662); revocation (RFC
 * 7009). */
#include "eid/token.h"
#include <stdlib.h>
#include "base/clock.h"
#include "libeid/claims.h"
#include "libeid/exchange.h"
#include "libeid/provider.h"
#include "libeid/verify.h"

struct eid_token {
    json_t *texts;
};

static enum eid_code token_make(const json_t *claims, struct eid_token **out)
{
    struct eid_token *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return EID_NO_MEMORY;
    }
    t->texts = json_object();
    if (t->texts == NULL || !claims_add(t->texts, claims)) {
        eid_token_free(t);
        return EID_NO_MEMORY;
    }
    *out = t;
    return EID_OK;
}

/* spec: RFC 9068 §4:typ, §4:iss, §4:aud, §4:signature, §4:exp MUST; the key a published one */
static enum eid_code verify(struct work *w, struct eid_client *c, const char *text,
                            const char *audience, struct eid_token **out)
{
    static const char *const required[] = {"iss",       "exp", "aud", "sub",
                                           "client_id", "iat", "jti", NULL};
    json_t *claims = NULL;
    const struct str us = str_from(audience != NULL ? audience : c->client_id);
    if (text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(verify_jwt(w, c, str_from(text), "at+jwt", ALG_UNSET, &claims));
    struct jwt_expect expect = {.issuer = str_from(c->issuer),
                                .audiences = &us,
                                .n_audiences = 1,
                                .required = required,
                                .now = clock_now_s(),
                                .skew_s = c->skew_s};
    EID_TRY(verify_claims(w, claims, &expect, "access token"));
    return token_make(claims, out);
}

enum eid_code eid_token_verify(struct eid_client *client, const char *access_token,
                               const char *audience, struct eid_token **out, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = verify(&w, client, access_token, audience, out);
        }
    }
    return work_end(&w);
}

static struct str token_form(struct work *w, const char *text)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "token", str_from(text));
    return buf_str(&form);
}

static enum eid_code introspect(struct work *w, struct eid_client *c, const char *text,
                                struct eid_token **out)
{
    struct provider *p = NULL;
    json_t *answer = NULL;
    if (text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(provider_lease(w, c, &p));
    if (p->introspection_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no introspection_endpoint");
    }
    struct ask ask = {.url = p->introspection_endpoint,
                      .form = token_form(w, text),
                      .accept = "application/json",
                      .as_client = true};
    EID_TRY(exchange_json(w, c, &ask, &answer));
    /* spec: RFC 7662 §2.2:active active REQUIRED boolean */
    if (!json_is_true(json_object_get(answer, "active"))) {
        return work_fail(w, EID_TOKEN_INACTIVE, "introspection: not active");
    }
    return token_make(answer, out);
}

enum eid_code eid_token_introspect(struct eid_client *client, const char *token,
                                   struct eid_token **out, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = introspect(&w, client, token, out);
        }
    }
    return work_end(&w);
}

static enum eid_code revoke(struct work *w, struct eid_client *c, const char *text)
{
    struct provider *p = NULL;
    struct eid_response r;
    struct str body;
    json_t *answer = NULL;
    if (text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(provider_lease(w, c, &p));
    if (p->revocation_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no revocation_endpoint");
    }
    struct ask ask = {.url = p->revocation_endpoint,
                      .form = token_form(w, text),
                      .accept = "application/json",
                      .as_client = true};
    EID_TRY(exchange(w, c, &ask, &r, &body));
    if (r.status == 200) {
        return EID_OK;
    }
    if (json_read_in(w->arena, body, &answer) == OK && json_member(answer, "error").p != NULL) {
        return oauth_error(w, json_member(answer, "error"), "revocation");
    }
    return work_fail(w, EID_BAD_ANSWER, "revocation: status %d", r.status);
}

enum eid_code eid_token_revoke(struct eid_client *client, const char *token, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = revoke(&w, client, token);
        }
    }
    return work_end(&w);
}

void eid_token_free(struct eid_token *t)
{
    if (t != NULL) {
        claims_free(t->texts);
        free(t);
    }
}

const char *eid_token_subject(const struct eid_token *t)
{
    return claims_text(t->texts, "sub");
}

const char *eid_token_client_id(const struct eid_token *t)
{
    return claims_text(t->texts, "client_id");
}

const char *eid_token_scope(const struct eid_token *t)
{
    return claims_text(t->texts, "scope");
}

bool eid_token_has_scope(const struct eid_token *t, const char *scope)
{
    return str_words_have(str_from(eid_token_scope(t)), str_from(scope));
}

int64_t eid_token_expires_at(const struct eid_token *t)
{
    return claims_number(t->texts, "exp");
}

const char *eid_token_claim(const struct eid_token *t, const char *name)
{
    return claims_text(t->texts, name);
}
