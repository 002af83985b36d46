/* Leaving: the URL that ends the provider's session (RP-Initiated Logout 1.0), and the logout
 * tokens it posts to us (Back-Channel Logout 1.0). */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "eid/login.h"
#include "eid/token.h"
#include "libeid/claims.h"
#include "libeid/operation.h"
#include "libeid/provider.h"
#include "libeid/verify.h"

#define LOGOUT_EVENT "http://schemas.openid.net/event/backchannel-logout"
#define LOGOUT_TOKEN_AGE_S 600

struct leave {
    struct made made; /* first */
    const char *id_token;
    const char *state;
};

static struct made *leave_copy(struct arena *a, const void *arguments)
{
    struct leave *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct leave *)arguments;
    f->id_token = operation_text(a, f->id_token);
    f->state = operation_text(a, f->state);
    return &f->made;
}

static enum eid_code logout_url(struct work *w, struct eid_client *c, void *own)
{
    struct leave *f = own;
    struct provider *p = NULL;
    EID_TRY(provider_lease(w, c, &p));
    if (p->end_session_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED, "metadata has no end_session_endpoint");
    }
    struct buf query = buf_in(w->arena);
    if (f->id_token != NULL) {
        buf_form(&query, "id_token_hint", str_from(f->id_token));
    }
    buf_form(&query, "client_id", str_from(c->client_id));
    if (c->post_logout_uri != NULL) {
        buf_form(&query, "post_logout_redirect_uri", str_from(c->post_logout_uri));
        if (f->state != NULL) {
            buf_form(&query, "state", str_from(f->state));
        }
    }
    if (c->ui_locales != NULL) {
        buf_form(&query, "ui_locales", str_from(c->ui_locales));
    }
    struct str endpoint = str_from(p->end_session_endpoint);
    struct buf url = buf_in(w->arena);
    buf_add(&url, endpoint);
    buf_byte(&url, str_has_byte(endpoint, '?') ? '&' : '?');
    buf_add(&url, buf_str(&query));
    f->made.text = strndup(url.p, url.n);
    return f->made.text == NULL ? EID_NO_MEMORY : EID_OK;
}

enum eid_code eid_logout_url(struct eid_client *client, const char *id_token, const char *state,
                             char **out, struct eid_error *err)
{
    struct leave f = {.id_token = id_token, .state = state};
    enum eid_code code = work_block(client, logout_url, &f, err);
    if (code == EID_OK) {
        *out = f.made.text;
    }
    return code;
}

enum eid_code eid_logout_url_start(struct eid_client *client, const char *id_token,
                                   const char *state, struct eid_operation **out,
                                   struct eid_error *err)
{
    static const struct operation_kind kind = {logout_url, leave_copy};
    struct leave f = {.id_token = id_token, .state = state};
    return operation_start(client, &kind, &f, out, err);
}

struct eid_logout {
    json_t *texts;
};

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.6 MUST: iss, aud, iat, sub or sid, the event, no
 * nonce */
static enum eid_code judge_logout(struct work *w, const struct eid_client *c, const json_t *claims)
{
    static const char *const required[] = {"iss", "aud", "iat", "exp", "jti", "events", NULL};
    const struct str us = str_from(c->client_id);
    struct jwt_expect expect = {.issuer = str_from(c->issuer),
                                .audiences = &us,
                                .n_audiences = 1,
                                .required = required,
                                .now = clock_now_s(),
                                .skew_s = c->skew_s,
                                .max_age_s = LOGOUT_TOKEN_AGE_S};
    EID_TRY(verify_claims(w, c, claims, &expect, "logout token"));
    const json_t *event = json_object_get(json_object_get(claims, "events"), LOGOUT_EVENT);
    if (!json_is_object(event)) {
        return work_fail(w, EID_TOKEN_REFUSED, "logout token: no back-channel logout event");
    }
    if (json_object_get(claims, "nonce") != NULL) {
        return work_fail(w, EID_TOKEN_REFUSED, "logout token: has a nonce, so it is an ID token");
    }
    if (!str_is(json_member(claims, "sub")) && !str_is(json_member(claims, "sid"))) {
        return work_fail(w, EID_TOKEN_REFUSED, "logout token: neither sub nor sid");
    }
    if (!str_is(json_member(claims, "jti"))) {
        return work_fail(w, EID_TOKEN_REFUSED, "logout token: jti is not text");
    }
    return EID_OK;
}

static enum eid_code logout_make(json_t *claims, struct eid_logout **out)
{
    struct eid_logout *logout = calloc(1, sizeof(*logout));
    if (logout == NULL) {
        return EID_NO_MEMORY;
    }
    logout->texts = claims_texts(claims);
    if (logout->texts == NULL) {
        eid_logout_free(logout);
        return EID_NO_MEMORY;
    }
    *out = logout;
    return EID_OK;
}

struct told {
    struct made made; /* first */
    const char *text;
};

static struct made *told_copy(struct arena *a, const void *arguments)
{
    struct told *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct told *)arguments;
    f->text = operation_text(a, f->text);
    return &f->made;
}

static enum eid_code verify(struct work *w, struct eid_client *c, void *own)
{
    struct told *f = own;
    json_t *claims = NULL;
    if (f->text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    /* Back-Channel Logout 1.0 section 2.4 recommends the type and does not demand it: event and
     * missing nonce tell an untyped logout token from an ID token.  Section 2.6: signed as ID
     * tokens are, with the algorithm of the registration. */
    EID_TRY(verify_jwt(w, c, str_from(f->text), TYP_LOGOUT_OR_NONE, c->id_token_alg, &claims));
    EID_TRY(judge_logout(w, c, claims));
    return logout_make(claims, &f->made.logout);
}

enum eid_code eid_logout_token_verify(struct eid_client *client, const char *logout_token,
                                      struct eid_logout **out, struct eid_error *err)
{
    struct told f = {.text = logout_token};
    enum eid_code code = work_block(client, verify, &f, err);
    if (code == EID_OK) {
        *out = f.made.logout;
    }
    return code;
}

enum eid_code eid_logout_token_verify_start(struct eid_client *client, const char *logout_token,
                                            struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {verify, told_copy};
    struct told f = {.text = logout_token};
    return operation_start(client, &kind, &f, out, err);
}

void eid_logout_free(struct eid_logout *logout)
{
    if (logout != NULL) {
        claims_free(logout->texts);
        free(logout);
    }
}

const char *eid_logout_subject(const struct eid_logout *logout)
{
    return claims_text(logout->texts, "sub");
}

const char *eid_logout_sid(const struct eid_logout *logout)
{
    return claims_text(logout->texts, "sid");
}

const char *eid_logout_jti(const struct eid_logout *logout)
{
    return claims_text(logout->texts, "jti");
}

int64_t eid_logout_expires_at(const struct eid_logout *logout)
{
    return claims_number(logout->texts, "exp");
}
