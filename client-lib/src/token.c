/* Access tokens somebody shows us: offline (RFC 9068) and by asking (RFC 7662); revocation (RFC
 * 7009).  Tokens with proof are in token_dpop.c. */
#include "libeid/token.h"
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "libeid/claims.h"
#include "libeid/exchange.h"
#include "libeid/levels.h"
#include "libeid/operation.h"
#include "libeid/provider.h"
#include "libeid/refusal.h"
#include "libeid/verify.h"

struct eid_token {
    json_t *texts;
};

enum eid_code token_make(json_t *claims, struct eid_token **out)
{
    struct eid_token *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return EID_NO_MEMORY;
    }
    t->texts = claims_texts(claims);
    if (t->texts == NULL) {
        eid_token_free(t);
        return EID_NO_MEMORY;
    }
    *out = t;
    return EID_OK;
}

/* spec: RFC 9068 §4:typ, §4:iss, §4:aud, §4:signature, §4:exp MUST; the key a published one */
enum eid_code access_token_open(struct work *w, struct eid_client *c, const char *text,
                                const char *audience, json_t **out)
{
    static const char *const required[] = {"iss",       "exp", "aud", "sub",
                                           "client_id", "iat", "jti", NULL};
    const struct str us = str_from(audience != NULL ? audience : c->client_id);
    if (text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(verify_jwt(w, c, str_from(text), "at+jwt", ALG_UNSET, out));
    struct jwt_expect expect = {.issuer = str_from(c->issuer),
                                .audiences = &us,
                                .n_audiences = 1,
                                .required = required,
                                .now = clock_now_s(),
                                .skew_s = c->skew_s};
    return verify_claims(w, c, *out, &expect, "access token");
}

struct shown {
    struct made made; /* first */
    const char *text;
    const char *audience;
    struct exchange *asked;
};

static struct made *shown_copy(struct arena *a, const void *arguments)
{
    struct shown *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct shown *)arguments;
    f->text = operation_text(a, f->text);
    f->audience = operation_text(a, f->audience);
    return &f->made;
}

static enum eid_code token_call(struct eid_client *client, work_fn *body, struct shown *f,
                                struct eid_token **out, struct eid_error *err)
{
    enum eid_code code = work_block(client, body, f, err);
    if (code == EID_OK && out != NULL) {
        *out = f->made.token;
    }
    return code;
}

/* spec: RFC 9449 §7.1 a token bound to a key is worth nothing without the proof */
static enum eid_code refuse_bound(struct work *w, const json_t *claims)
{
    if (json_object_get(claims, "cnf") != NULL) {
        return work_fail(
            w, EID_PROOF_MISSING,
            "access token: is bound to a key (cnf): use eid_token_verify_dpop with the "
            "request's proof");
    }
    return EID_OK;
}

static enum eid_code verify(struct work *w, struct eid_client *c, void *own)
{
    struct shown *f = own;
    json_t *claims = NULL;
    EID_TRY(access_token_open(w, c, f->text, f->audience, &claims));
    EID_TRY(refuse_bound(w, claims));
    return token_make(claims, &f->made.token);
}

enum eid_code eid_token_verify(struct eid_client *client, const char *access_token,
                               const char *audience, struct eid_token **out, struct eid_error *err)
{
    struct shown f = {.text = access_token, .audience = audience};
    return token_call(client, verify, &f, out, err);
}

enum eid_code eid_token_verify_start(struct eid_client *client, const char *access_token,
                                     const char *audience, struct eid_operation **out,
                                     struct eid_error *err)
{
    static const struct operation_kind kind = {verify, shown_copy};
    struct shown f = {.text = access_token, .audience = audience};
    return operation_start(client, &kind, &f, out, err);
}

static struct str token_form(struct work *w, const char *text)
{
    struct buf form = buf_in(w->arena);
    buf_form(&form, "token", str_from(text));
    return buf_str(&form);
}

static enum eid_code introspect(struct work *w, struct eid_client *c, void *own)
{
    struct shown *f = own;
    struct provider *p = NULL;
    json_t *answer = NULL;
    if (f->text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(provider_lease(w, c, &p));
    if (p->introspection_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no introspection_endpoint");
    }
    struct ask ask = {.url = p->introspection_endpoint,
                      .form = token_form(w, f->text),
                      .accept = "application/json",
                      .as_client = true};
    EID_TRY(exchange_json(w, c, &f->asked, &ask, &answer));
    /* spec: RFC 7662 §2.2:active active REQUIRED boolean */
    if (!json_is_true(json_object_get(answer, "active"))) {
        return work_fail(w, EID_TOKEN_INACTIVE, "introspection: not active");
    }
    return token_make(answer, &f->made.token);
}

enum eid_code eid_token_introspect(struct eid_client *client, const char *token,
                                   struct eid_token **out, struct eid_error *err)
{
    struct shown f = {.text = token};
    return token_call(client, introspect, &f, out, err);
}

enum eid_code eid_token_introspect_start(struct eid_client *client, const char *token,
                                         struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {introspect, shown_copy};
    struct shown f = {.text = token};
    return operation_start(client, &kind, &f, out, err);
}

static enum eid_code revoke(struct work *w, struct eid_client *c, void *own)
{
    struct shown *f = own;
    struct provider *p = NULL;
    const struct eid_response *r = NULL;
    json_t *answer = NULL;
    if (f->text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    EID_TRY(provider_lease(w, c, &p));
    if (p->revocation_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no revocation_endpoint");
    }
    struct ask ask = {.url = p->revocation_endpoint,
                      .form = token_form(w, f->text),
                      .accept = "application/json",
                      .as_client = true};
    EID_TRY(exchange(w, c, &f->asked, &ask, &r));
    if (r->status == 200) {
        return EID_OK;
    }
    enum err e = json_read_in(w->arena, response_body(r), &answer);
    if (e == ERR_NO_MEMORY) {
        return EID_NO_MEMORY;
    }
    if (e == OK && json_member(answer, "error").p != NULL) {
        return refusal_read(w, c, answer, "revocation");
    }
    return work_fail(w, EID_BAD_ANSWER, "revocation: status %d", r->status);
}

enum eid_code eid_token_revoke(struct eid_client *client, const char *token, struct eid_error *err)
{
    struct shown f = {.text = token};
    return token_call(client, revoke, &f, NULL, err);
}

enum eid_code eid_token_revoke_start(struct eid_client *client, const char *token,
                                     struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {revoke, shown_copy};
    struct shown f = {.text = token};
    return operation_start(client, &kind, &f, out, err);
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

const char *eid_token_bound_to(const struct eid_token *t)
{
    return claims_part(t->texts, "cnf", "jkt");
}

const char *eid_token_actor(const struct eid_token *t)
{
    return claims_part(t->texts, "act", "sub");
}

bool eid_token_is_client(const struct eid_token *t)
{
    return str_eqz(str_from(claims_text(t->texts, "urn:authd:token_kind")), "client");
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

int eid_token_account_level(const struct eid_token *t)
{
    int account;
    int authentication;
    levels_read(t->texts, &account, &authentication);
    return account;
}

int eid_token_authentication_level(const struct eid_token *t)
{
    int account;
    int authentication;
    levels_read(t->texts, &account, &authentication);
    return authentication;
}

int64_t eid_token_expires_at(const struct eid_token *t)
{
    return claims_number(t->texts, "exp");
}

const char *eid_token_claim(const struct eid_token *t, const char *name)
{
    return name != NULL && strchr(name, '\n') != NULL ? NULL : claims_text(t->texts, name);
}
