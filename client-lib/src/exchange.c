/* Making requests, and the first judgement of answers.  Must not send: drivers do (work.c,
 * operation.c). */
#include "libeid/exchange.h"
#include <string.h>
#include "base/url.h"
#include "libeid/client_auth.h"
#include "libeid/dpop.h"
#include "libeid/nonces.h"
#include "libeid/refusal.h"
#include "libeid/skew.h"

bool url_may_be_asked(struct str url)
{
    struct url u;
    return url_parse(url, &u) == OK && u.fragment.p == NULL &&
           (str_eq(u.scheme, STR("https")) ||
            (str_eq(u.scheme, STR("http")) && url_is_loopback(&u)));
}

static void add_header(struct exchange *x, const char *name, const char *value)
{
    x->headers[x->request.n_headers++] = (struct eid_header){name, value};
}

/* The request as it goes out.  Everything that may be used once (assertion, proof) is made here, so
 * a retry has its own. */
static enum eid_code make(struct work *w, struct eid_client *c, const struct ask *ask,
                          struct exchange *x)
{
    struct buf form = buf_in(w->arena);
    const char *authorization = NULL;
    x->request = (struct eid_request){.method = ask->form.p == NULL ? "GET" : "POST",
                                      .url = ask->url,
                                      .headers = x->headers,
                                      .ca_file = c->ca_file,
                                      .timeout_ms = (long)c->timeout_ms};
    add_header(x, "Accept", ask->accept);
    buf_add(&form, ask->form);
    if (ask->token.p != NULL) {
        /* spec: RFC 9449 §7.1 a bound token goes with the scheme DPoP */
        authorization = str_fmt(w->arena, "%s %.*s", ask->prove != NULL ? "DPoP" : "Bearer",
                                STR_FMT(ask->token))
                            .p;
    } else if (ask->as_client) {
        EID_TRY(client_auth_add(w, c, ask->named, &form, &authorization));
    }
    if (authorization != NULL) {
        add_header(x, "Authorization", authorization);
    }
    if (ask->form.p != NULL) {
        add_header(x, "Content-Type", "application/x-www-form-urlencoded");
        x->request.body_size = form.n;
        x->request.body = buf_z(&form);
    }
    if (ask->prove != NULL) {
        struct str proof;
        struct str nonce = nonces_get(w->arena, c, str_from(ask->url));
        EID_TRY(dpop_make(w, ask->prove, x->request.method, str_from(ask->url), ask->token, nonce,
                          &proof));
        add_header(x, "DPoP", str_z(w->arena, proof));
    }
    return EID_OK;
}

static void take_response(void *arg)
{
    struct exchange *x = arg;
    response_done(&x->response);
}

/* spec: RFC 9449 §8, §9 the provider wants its nonce in the proof: once more with it
 * spec: RFC 9449 §8.2 whatever answer brings a nonce, it is for the next proof */
static bool wants_nonce(struct work *w, struct eid_client *c, const struct ask *ask,
                        const struct exchange *x)
{
    const struct eid_response *r = &x->response;
    json_t *answer = NULL;
    if (ask->prove == NULL || r->dpop_nonce[0] == '\0') {
        return false;
    }
    nonces_put(c, str_from(ask->url), r->dpop_nonce);
    if (r->status == 401 && r->wants_nonce) {
        return true;
    }
    if (r->status != 400 && r->status != 401) {
        return false;
    }
    enum err e = json_read_in(w->arena, response_body(r), &answer);
    if (e == ERR_NO_MEMORY) {
        work_exhausted(w);
    }
    return e == OK && str_eqz(json_member(answer, "error"), "use_dpop_nonce");
}

static enum eid_code judge(struct work *w, const struct eid_client *c, const struct exchange *x)
{
    const struct eid_response *r = &x->response;
    const char *url = x->request.url;
    if (x->failed) {
        if (r->too_large) {
            return work_fail(w, EID_BAD_ANSWER, "%.200s: answer too large", url);
        }
        work_fail(w, EID_UNREACHABLE, "%.150s: %s", url, x->why);
        if (strncmp(x->why, "TLS: ", 5) == 0) {
            work_hint(w, "; trusted here: %.100s (EID_CA_FILE)",
                      c->ca_file != NULL ? c->ca_file : "the system's authorities");
        }
        return EID_UNREACHABLE;
    }
    w->error.retry_after_s = r->retry_after_s;
    if (r->status == 429 || r->status == 503) {
        return work_fail(w, EID_BUSY, "%.200s: status %d", url, r->status);
    }
    if (r->status >= 500 || r->status < 200) {
        return work_fail(w, EID_UNREACHABLE, "%.200s: status %d", url, r->status);
    }
    return EID_OK;
}

enum eid_code exchange(struct work *w, struct eid_client *c, struct exchange **place,
                       const struct ask *ask, const struct eid_response **out)
{
    struct exchange *x = *place;
    if (x == NULL) {
        if (!url_may_be_asked(str_from(ask->url))) {
            return work_fail(w, EID_BAD_CONFIGURATION,
                             "\"%.200s\" is not https (http is for loopback only)", ask->url);
        }
        x = arena_alloc(w->arena, sizeof(*x));
        response_init(&x->response);
        arena_defer(w->arena, take_response, x);
        EID_TRY(make(w, c, ask, x));
        *place = x;
    }
    if (x->answered && !x->retried && wants_nonce(w, c, ask, x)) {
        response_done(&x->response);
        response_init(&x->response);
        x->answered = false;
        x->retried = true;
        EID_TRY(make(w, c, ask, x));
    }
    if (!x->answered) {
        w->asked = x;
        return EID_WAITING;
    }
    if (!x->seen && x->response.date_s > 0) {
        skew_note(c, x->response.date_s + x->response.age_s); /* a cache keeps the date */
    }
    x->seen = true;
    EID_TRY(judge(w, c, x));
    *out = &x->response;
    return EID_OK;
}

void exchange_send(struct exchange *x, struct eid_client *c)
{
    x->failed = c->transport(c->transport_arg, &x->request, &x->response, x->why) != 0;
    x->why[WHY_MAX - 1] = '\0';
    x->answered = true;
}

enum eid_code exchange_json(struct work *w, struct eid_client *c, struct exchange **place,
                            const struct ask *ask, json_t **out)
{
    const struct eid_response *r = NULL;
    json_t *answer = NULL;
    EID_TRY(exchange(w, c, place, ask, &r));
    bool good = r->status == 200 || r->status == 201;
    enum err e = json_read_in(w->arena, response_body(r), &answer);
    if (e == ERR_NO_MEMORY) {
        return EID_NO_MEMORY;
    }
    if (e != OK || !json_is_object(answer)) {
        if (r->status == 401) {
            return ask->as_client
                       ? refusal_of_client(w, c, ask->url, r->status)
                       : work_fail(w, EID_TOKEN_INACTIVE, "%.200s: status 401", ask->url);
        }
        return work_fail(w, EID_BAD_ANSWER, "%.200s: status %d, not a JSON object: %s", ask->url,
                         r->status, err_reason());
    }
    if (!good && json_member(answer, "error").p != NULL) {
        return refusal_read(w, c, answer, ask->url);
    }
    if (!good) {
        return work_fail(w, EID_BAD_ANSWER, "%.200s: status %d without a reason", ask->url,
                         r->status);
    }
    *out = answer;
    return EID_OK;
}
