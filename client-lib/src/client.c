/* Making, configuring and freeing the handle.  Options are judged when they are set. */
#include "eid/client.h"
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"
#include "base/rand.h"
#include "base/url.h"
#include "libeid/exchange.h"
#include "libeid/keys.h"
#include "libeid/provider.h"

#define BASIC "client_secret_basic"

enum kind { TEXT, SECONDS, SWITCH };

/* Where each option lives, and what it is when nobody sets it. */
static const struct option {
    enum eid_option option;
    enum kind kind;
    size_t offset;
    const char *otherwise;
    int64_t min, max;
} options[] = {
    {EID_CA_FILE, TEXT, offsetof(struct eid_client, ca_file), NULL, 0, 0},
    {EID_SCOPE, TEXT, offsetof(struct eid_client, scope), "openid", 0, 0},
    {EID_ACR_VALUES, TEXT, offsetof(struct eid_client, acr_values), NULL, 0, 0},
    {EID_UI_LOCALES, TEXT, offsetof(struct eid_client, ui_locales), NULL, 0, 0},
    {EID_POST_LOGOUT_URI, TEXT, offsetof(struct eid_client, post_logout_uri), NULL, 0, 0},
    {EID_CACHE_FILE, TEXT, offsetof(struct eid_client, cache_file), NULL, 0, 0},
    {EID_TIMEOUT_MS, SECONDS, offsetof(struct eid_client, timeout_ms), "10000", 100, 300000},
    {EID_SKEW_S, SECONDS, offsetof(struct eid_client, skew_s), "30", 0, 600},
    {EID_COOLDOWN_S, SECONDS, offsetof(struct eid_client, cooldown_s), "30", 0, 3600},
    {EID_OFFLINE_GRACE_S, SECONDS, offsetof(struct eid_client, offline_grace_s), "86400", 0,
     30 * 86400},
    {EID_LOGIN_LIFETIME_S, SECONDS, offsetof(struct eid_client, login_lifetime_s), "900", 30,
     86400},
    {EID_PAR, SWITCH, offsetof(struct eid_client, par), "0", 0, 1},
    {EID_USERINFO, SWITCH, offsetof(struct eid_client, userinfo), "0", 0, 1},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static enum eid_code set_text(struct work *w, char **place, const char *value)
{
    char *copy = NULL;
    if (value != NULL) {
        if (!str_utf8(str_from(value))) {
            return work_fail(w, EID_BAD_ARGUMENT, "an option is not UTF-8");
        }
        copy = strdup(value);
        if (copy == NULL) {
            return EID_NO_MEMORY;
        }
    }
    eid_text_free(*place);
    *place = copy;
    return EID_OK;
}

static enum eid_code set_in_table(struct work *w, struct eid_client *c, const struct option *o,
                                  const char *value)
{
    void *place = (char *)c + o->offset;
    const char *v = value != NULL ? value : o->otherwise;
    if (o->kind == TEXT) {
        return set_text(w, place, v);
    }
    int64_t number;
    if (!str_i64(str_from(v), &number) || number < o->min || number > o->max) {
        return work_fail(w, EID_BAD_ARGUMENT, "option %d must be a number from %lld to %lld",
                         (int)o->option, (long long)o->min, (long long)o->max);
    }
    if (o->kind == SWITCH) {
        *(bool *)place = number == 1;
    } else {
        *(int64_t *)place = number;
    }
    return EID_OK;
}

static enum eid_code set_token_auth(struct work *w, struct eid_client *c, const char *value)
{
    const char *v = value != NULL ? value : c->client_secret != NULL ? BASIC : "none";
    bool secret = strcmp(v, BASIC) == 0 || strcmp(v, "client_secret_post") == 0;
    if ((!secret && strcmp(v, "none") != 0) || secret != (c->client_secret != NULL)) {
        return work_fail(w, EID_BAD_ARGUMENT, "\"%.40s\" does not fit: %s", v,
                         secret ? "there is no client secret" : "there is a client secret");
    }
    return set_text(w, &c->token_auth, v);
}

static enum eid_code set(struct work *w, struct eid_client *c, enum eid_option option,
                         const char *value)
{
    if (option == EID_TOKEN_AUTH) {
        return set_token_auth(w, c, value);
    }
    if (option == EID_ID_TOKEN_ALG) {
        if (!alg_from_name(value != NULL ? str_from(value) : STR("ES256"), &c->id_token_alg)) {
            return work_fail(w, EID_BAD_ARGUMENT, "\"%.20s\" is not ES256, EdDSA, PS256 or RS256",
                             value);
        }
        return EID_OK;
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].option == option) {
            return set_in_table(w, c, &options[i], value);
        }
    }
    return work_fail(w, EID_BAD_ARGUMENT, "there is no option %d", (int)option);
}

enum eid_code eid_client_set(struct eid_client *client, enum eid_option option, const char *value,
                             struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = set(&w, client, option, value);
        }
    }
    return work_end(&w);
}

/* spec: RFC 8414 §2:issuer issuer is an https URL without query or fragment */
static enum eid_code check_names(struct work *w, const char *issuer, const char *client_id,
                                 const char *redirect_uri)
{
    struct url u;
    if (issuer == NULL || !url_may_be_asked(str_from(issuer)) ||
        url_parse(str_from(issuer), &u) != OK || u.query.p != NULL) {
        return work_fail(w, EID_BAD_CONFIGURATION,
                         "issuer must be an https URL without query (http for loopback only)");
    }
    if (client_id == NULL || client_id[0] == '\0') {
        return work_fail(w, EID_BAD_CONFIGURATION, "client id is missing");
    }
    if (redirect_uri != NULL &&
        (url_parse(str_from(redirect_uri), &u) != OK || u.fragment.p != NULL)) {
        return work_fail(w, EID_BAD_CONFIGURATION,
                         "redirect URI must be an absolute URL without fragment");
    }
    return EID_OK;
}

static enum eid_code fill(struct work *w, struct eid_client *c, const char *issuer,
                          const char *client_id, const char *client_secret,
                          const char *redirect_uri)
{
    EID_TRY(set_text(w, &c->issuer, issuer));
    EID_TRY(set_text(w, &c->client_id, client_id));
    EID_TRY(set_text(w, &c->client_secret, client_secret));
    EID_TRY(set_text(w, &c->redirect_uri, redirect_uri));
    for (size_t i = 0; i < OPTIONS; i++) {
        EID_TRY(set_in_table(w, c, &options[i], NULL));
    }
    EID_TRY(set_token_auth(w, c, NULL));
    c->id_token_alg = ALG_ES256;
    c->transport = curl_transport;
    rand_bytes(c->transaction_key, sizeof(c->transaction_key));
    return EID_OK;
}

enum eid_code eid_client_new(const char *issuer, const char *client_id, const char *client_secret,
                             const char *redirect_uri, struct eid_client **out,
                             struct eid_error *err)
{
    struct work w;
    if (!work_begin(&w, err)) {
        return work_end(&w);
    }
    struct eid_client *c = NULL;
    w.code = check_names(&w, issuer, client_id, redirect_uri);
    if (w.code == EID_OK) {
        c = calloc(1, sizeof(*c));
        w.code = EID_NO_MEMORY;
        if (c != NULL && slots_init(&c->slots)) {
            w.code = fill(&w, c, issuer, client_id, client_secret, redirect_uri);
        } else {
            free(c);
            c = NULL;
        }
    }
    if (w.code == EID_OK) {
        *out = c;
    } else {
        eid_client_free(c);
    }
    return work_end(&w);
}

void eid_client_free(struct eid_client *c)
{
    if (c == NULL) {
        return;
    }
    slots_done(&c->slots);
    jwk_free(c->root);
    ct_wipe(c->transaction_key, sizeof(c->transaction_key));
    eid_text_free(c->issuer);
    eid_text_free(c->client_id);
    eid_text_free(c->client_secret);
    eid_text_free(c->redirect_uri);
    eid_text_free(c->token_auth);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].kind == TEXT) {
            eid_text_free(*(char **)((char *)c + options[i].offset));
        }
    }
    free(c);
}

enum eid_code eid_client_set_transaction_key(struct eid_client *client, const unsigned char key[32],
                                             struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        memcpy(client->transaction_key, key, sizeof(client->transaction_key));
        w.code = EID_OK;
    }
    return work_end(&w);
}

static enum eid_code pin(struct work *w, struct eid_client *c, const char *text)
{
    struct jwk *root = NULL;
    if (text == NULL || jwk_read_text(str_from(text), ALG_UNSET, &root) != OK) {
        return work_fail(w, EID_BAD_ARGUMENT, "the root is not a public JWK: %s", err_reason());
    }
    jwk_free(c->root);
    c->root = root;
    return EID_OK;
}

enum eid_code eid_client_pin_root(struct eid_client *client, const char *jwk, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = pin(&w, client, jwk);
        }
    }
    return work_end(&w);
}

void eid_client_set_transport(struct eid_client *client, eid_transport_fn *transport, void *arg)
{
    client->transport = transport != NULL ? transport : curl_transport;
    client->transport_arg = arg;
}

static enum eid_code prepare(struct work *w, struct eid_client *c)
{
    struct provider *p = NULL;
    struct key_set *k = NULL;
    EID_TRY(provider_lease(w, c, &p));
    return keys_lease(w, c, false, &k);
}

enum eid_code eid_client_prepare(struct eid_client *client, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = prepare(&w, client);
        }
    }
    return work_end(&w);
}

void eid_text_free(char *text)
{
    if (text != NULL) {
        ct_wipe(text, strlen(text));
        free(text);
    }
}

const char *eid_version(void)
{
    return EID_VERSION;
}
