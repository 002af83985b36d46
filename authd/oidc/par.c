/* POST /par: pushed authorization requests, RFC 9126.  The client authenticates first; the request
 * is judged exactly as at /authorize, and what is wrong is told here instead of in the browser. */
#include "base/buf.h"
#include "base/rand.h"
#include "oidc/client_auth.h"
#include "oidc/dpop.h"
#include "oidc/hint.h"
#include "oidc/oidc.h"
#include "oidc/pending.h"
#include "sso/login_hint.h"

#define REGISTERED_TEXT_MAX 400

static enum refusal judge(struct req *r, const struct client *c, const struct params *form,
                          struct authorize_request *q)
{
    struct str target;
    /* spec: RFC 9126 §2.1:request_uri the request_uri parameter MUST NOT be provided */
    if (str_is(param_get(form, "request_uri"))) {
        return REFUSE_REQUEST_URI_PUSHED;
    }
    /* spec: RFC 9126 §2.1:validate MUST validate as at the authorization endpoint */
    enum refusal why = authorize_target(c, form, &target);
    if (why == REFUSE_NOTHING) {
        why = authorize_request_read(r->arena, c, form, q);
        q->redirect_uri = target;
    }
    return why;
}

/* spec: RFC 9449 §10.1 a proof that comes along binds the code like dpop_jkt; both MUST agree */
static enum err key_take(struct req *r, struct authorize_request *q, enum refusal *why)
{
    struct dpop dpop;
    TRY(dpop_read(r, STR_NONE, &dpop, why));
    if (*why != REFUSE_NOTHING || !dpop.shown) {
        return OK;
    }
    struct str jkt = str_dup(r->arena, str_from(dpop.proof.jkt));
    if (str_is(q->dpop_jkt) && !str_eq(q->dpop_jkt, jkt)) {
        *why = REFUSE_DPOP_JKT_OTHER;
        return OK;
    }
    q->dpop_jkt = jkt;
    return dpop_use(r, &dpop, NULL, why);
}

static enum err push(struct req *r, const struct party *p, const struct authorize_request *q)
{
    struct app *app = app_of(r);
    const struct app_keys *keys = NULL;
    struct handle h;
    TRY(app_keys(r->task, app, &keys));
    handle_make(NULL, (uint16_t)rand_below(BUCKETS), &h);
    struct handle login;
    login_handle_of_push(&h, &login);
    struct authorize_request stored = *q;
    stored.login_hint = login_hint_seal(r->arena, &login, q->login_hint);
    TRY(store_request_push(r->task, app->db, &h, p->client.id,
                           authorize_request_text(r->arena, &stored), app->config->par_lifetime_s));
    struct str uri = str_fmt(r->arena, REQUEST_URI_HEAD "%.*s",
                             STR_FMT(handle_text(r->arena, keys->handle_key, &h)));
    json_t *body = json_own(r->arena, json_object());
    json_object_set_new(body, "request_uri", json_str(uri));
    json_object_set_new(body, "expires_in", json_integer(app->config->par_lifetime_s));
    /* spec: RFC 9126 §2.2 201 with request_uri and expires_in */
    reply_json(r, 201, body);
    return OK;
}

/* Its own redirect URIs, for a client that has authenticated: what it compares with.  The first
 * few; one with characters an error_description can't hold is left out. */
static struct str registered(struct arena *a, const struct client *c)
{
    struct buf b = buf_in(a);
    buf_addz(&b, "; registered:");
    for (size_t i = 0; i < c->redirect_uris.n; i++) {
        struct str uri = c->redirect_uris.v[i];
        if (b.n + uri.n > REGISTERED_TEXT_MAX || str_has_byte(uri, '"') ||
            str_has_byte(uri, '\\')) {
            buf_addz(&b, " ...");
            break;
        }
        buf_byte(&b, ' ');
        buf_add(&b, uri);
    }
    return buf_str(&b);
}

static enum err refuse(struct req *r, enum refusal why, const struct client *c)
{
    if (why == REFUSE_REDIRECT_URI && c->auth_method != CLIENT_AUTH_NONE) {
        return refuse_json_telling(r, why, registered(r->arena, c), c->id, AUTHORIZE_REFUSED);
    }
    return refuse_json(r, why, c->id, AUTHORIZE_REFUSED);
}

enum err oidc_par(struct req *r)
{
    struct params form;
    bool admitted = false;
    struct party p;
    struct authorize_request q;
    TRY(client_admit(r, &form, &p, &admitted));
    if (!admitted) {
        return OK;
    }
    enum refusal why = judge(r, &p.client, &form, &q);
    if (why == REFUSE_NOTHING && str_is(q.id_token_hint)) {
        struct hint hint;
        enum err e = hint_read(r, q.id_token_hint, &hint);
        if (e != OK && e != ERR_DENIED) {
            return e;
        }
        if (e == ERR_DENIED || !str_eq(hint.client_id, p.client.id) ||
            (str_is(q.sub) && !str_eq(q.sub, hint.sub))) {
            why = REFUSE_ID_TOKEN_HINT;
        } else {
            q.sub = hint.sub;
        }
    }
    if (why == REFUSE_NOTHING) {
        TRY(key_take(r, &q, &why));
    }
    if (why != REFUSE_NOTHING) {
        return refuse(r, why, &p.client);
    }
    return push(r, &p, &q);
}
