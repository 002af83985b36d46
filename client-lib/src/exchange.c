/* Sending through the transport, client authentication (RFC 6749 section 2.3.1), and reading
 * errors. */
#include "libeid/exchange.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/ct.h"
#include "base/url.h"

void eid_response_set_status(struct eid_response *r, int status)
{
    r->status = status;
}

/* Cache-Control: the directives we obey. */
static void read_cache_control(struct eid_response *r, struct str value)
{
    struct str directive;
    while (str_split(&value, ',', &directive)) {
        directive = str_trim(directive);
        int64_t seconds;
        if (str_ieq(directive, STR("no-store")) || str_ieq(directive, STR("no-cache"))) {
            r->max_age_s = 0;
            return;
        }
        if (directive.n > 8 && str_ieq(str_of(directive.p, 8), STR("max-age=")) &&
            str_i64(str_of(directive.p + 8, directive.n - 8), &seconds) && seconds < INT32_MAX) {
            r->max_age_s = seconds;
        }
    }
}

void eid_response_set_header(struct eid_response *r, const char *name, const char *value)
{
    struct str v = str_trim(str_from(value));
    int64_t number;
    if (strcasecmp(name, "Content-Type") == 0) {
        size_t n = str_find(v, ';');
        n = n < sizeof(r->content_type) ? n : sizeof(r->content_type) - 1;
        memcpy(r->content_type, v.p, n);
        r->content_type[n] = '\0';
    } else if (strcasecmp(name, "Cache-Control") == 0) {
        read_cache_control(r, v);
    } else if (strcasecmp(name, "Age") == 0 && str_i64(v, &number) && number < INT32_MAX) {
        r->age_s = number;
    } else if (strcasecmp(name, "Retry-After") == 0 && str_i64(v, &number) && number < 86400) {
        r->retry_after_s = (int)number;
    }
}

int eid_response_add_body(struct eid_response *r, const void *bytes, size_t n)
{
    if (n > ANSWER_MAX - r->size) {
        r->too_large = true;
        return 1;
    }
    char *grown = realloc(r->body, r->size + n + 1);
    if (grown == NULL) {
        return 1;
    }
    if (n > 0) {
        memcpy(grown + r->size, bytes, n);
    }
    r->body = grown;
    r->size += n;
    return 0;
}

bool url_may_be_asked(struct str url)
{
    struct url u;
    return url_parse(url, &u) == OK && u.fragment.p == NULL &&
           (str_eq(u.scheme, STR("https")) ||
            (str_eq(u.scheme, STR("http")) && url_is_loopback(&u)));
}

/* spec: RFC 6749 §2.3.1 id and secret are form-encoded before they become user and password */
static const char *basic_authorization(struct work *w, const struct eid_client *c)
{
    struct buf pair = buf_in(w->arena);
    buf_percent(&pair, str_from(c->client_id));
    buf_byte(&pair, ':');
    buf_percent(&pair, str_from(c->client_secret));
    struct str plain = buf_str(&pair);
    char *coded = arena_alloc(w->arena, (plain.n + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain.p, (int)plain.n);
    return str_fmt(w->arena, "Basic %s", coded).p;
}

static void take_response(void *arg)
{
    struct eid_response *r = arg;
    ct_wipe(r->body, r->size);
    free(r->body);
}

enum eid_code exchange(struct work *w, struct eid_client *c, const struct ask *ask,
                       struct eid_response *out, struct str *body)
{
    if (!url_may_be_asked(str_from(ask->url))) {
        return work_fail(w, EID_BAD_CONFIGURATION,
                         "\"%.200s\" is not https (http is for loopback only)", ask->url);
    }
    struct eid_request request = {.method = ask->form.p == NULL ? "GET" : "POST",
                                  .url = ask->url,
                                  .accept = ask->accept,
                                  .ca_file = c->ca_file,
                                  .timeout_ms = (long)c->timeout_ms};
    struct buf form = buf_in(w->arena);
    buf_add(&form, ask->form);
    if (ask->bearer.p != NULL) {
        request.authorization = str_fmt(w->arena, "Bearer %.*s", STR_FMT(ask->bearer)).p;
    } else if (ask->as_client && strcmp(c->token_auth, "client_secret_basic") == 0) {
        request.authorization = basic_authorization(w, c);
    } else if (ask->as_client) {
        buf_form(&form, "client_id", str_from(c->client_id));
        if (strcmp(c->token_auth, "client_secret_post") == 0) {
            buf_form(&form, "client_secret", str_from(c->client_secret));
        }
    }
    if (ask->form.p != NULL) {
        request.content_type = "application/x-www-form-urlencoded";
        request.body_size = form.n;
        request.body = buf_z(&form);
    }
    struct eid_response *r = arena_alloc(w->arena, sizeof(*r));
    arena_defer(w->arena, take_response, r);
    r->max_age_s = -1;
    char why[128] = "";
    if (c->transport(c->transport_arg, &request, r, why) != 0) {
        if (r->too_large) {
            return work_fail(w, EID_BAD_ANSWER, "%.200s: answer too large", ask->url);
        }
        return work_fail(w, EID_UNREACHABLE, "%.200s: %.*s", ask->url, (int)sizeof(why) - 1, why);
    }
    w->error.retry_after_s = r->retry_after_s;
    if (r->status == 429 || r->status == 503) {
        return work_fail(w, EID_BUSY, "%.200s: status %d", ask->url, r->status);
    }
    if (r->status >= 500 || r->status < 200) {
        return work_fail(w, EID_UNREACHABLE, "%.200s: status %d", ask->url, r->status);
    }
    if (r->max_age_s > 0) {
        r->max_age_s = r->max_age_s > r->age_s ? r->max_age_s - r->age_s : 0;
    }
    *out = *r;
    *body = str_of(r->body == NULL ? "" : r->body, r->size);
    return EID_OK;
}

enum eid_code oauth_error(struct work *w, struct str error, const char *where)
{
    static const struct {
        const char *error;
        enum eid_code code;
        const char *cure;
    } known[] = {
        {"access_denied", EID_CANCELLED, "the person or the provider's policy said no"},
        {"login_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
        {"interaction_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
        {"consent_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
        {"account_selection_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
        {"unmet_authentication_requirements", EID_ASSURANCE_NOT_MET,
         "the person can't reach the level asked for"},
        {"invalid_grant", EID_LOGIN_EXPIRED,
         "code or refresh token is used or expired: log in again"},
        {"invalid_client", EID_CLIENT_REFUSED,
         "compare client id, secret and EID_TOKEN_AUTH with the "
         "registration"},
        {"unauthorized_client", EID_REQUEST_REFUSED, "the registration does not allow this"},
        {"invalid_scope", EID_REQUEST_REFUSED, "a scope is not registered for this client"},
        {"invalid_request", EID_REQUEST_REFUSED, "compare the redirect URI with the registration"},
        {"temporarily_unavailable", EID_BUSY, "try again later"},
        {"server_error", EID_UNREACHABLE, "the provider has a problem"},
        {"invalid_token", EID_TOKEN_INACTIVE, "the access token is expired or revoked"},
    };
    work_oauth(w, error);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eqz(error, known[i].error)) {
            return work_fail(w, known[i].code, "%s: %s: %s", where, known[i].error, known[i].cure);
        }
    }
    return work_fail(w, EID_REQUEST_REFUSED, "%s: error \"%s\"", where, w->error.oauth);
}

enum eid_code exchange_json(struct work *w, struct eid_client *c, const struct ask *ask,
                            json_t **out)
{
    struct eid_response r;
    struct str body;
    json_t *answer = NULL;
    EID_TRY(exchange(w, c, ask, &r, &body));
    bool good = r.status == 200 || r.status == 201;
    if (json_read_in(w->arena, body, &answer) != OK || !json_is_object(answer)) {
        if (r.status == 401) {
            return work_fail(w, ask->as_client ? EID_CLIENT_REFUSED : EID_TOKEN_INACTIVE,
                             "%.200s: status 401", ask->url);
        }
        return work_fail(w, EID_BAD_ANSWER, "%.200s: status %d, not a JSON object: %s", ask->url,
                         r.status, err_reason());
    }
    struct str error = json_member(answer, "error");
    if (!good && error.p != NULL) {
        return oauth_error(w, error, ask->url);
    }
    if (!good) {
        return work_fail(w, EID_BAD_ANSWER, "%.200s: status %d without a reason", ask->url,
                         r.status);
    }
    *out = answer;
    return EID_OK;
}
