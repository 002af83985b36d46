/* Making, configuring and freeing the handle; its options are in options.c, its keys in
 * client_key.c. */
#include "eid/client.h"
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"
#include "base/rand.h"
#include "base/url.h"
#include "libeid/client_auth.h"
#include "libeid/dpop.h"
#include "libeid/exchange.h"
#include "libeid/keys.h"
#include "libeid/login.h"
#include "libeid/operation.h"
#include "libeid/options.h"
#include "libeid/own_key.h"
#include "libeid/provider.h"

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

/* Replaces one generation's key and what follows from it. */
static enum eid_code set_sealing(struct work *w, struct eid_client *c, size_t generation,
                                 const unsigned char key[TRANSACTION_KEY])
{
    struct own_key *dpop = NULL;
    struct str name = str_fmt(w->arena, "eid dpop 1|%s|%s", c->issuer, c->client_id);
    enum err e = own_key_derive(key, name, &dpop);
    if (e != OK) {
        return e == ERR_NO_MEMORY ? EID_NO_MEMORY : work_fail(w, EID_INTERNAL, "%s", err_reason());
    }
    struct sealing *s = &c->sealing[generation];
    own_key_free(s->dpop);
    s->dpop = dpop;
    memcpy(s->key, key, TRANSACTION_KEY);
    return EID_OK;
}

static enum eid_code fill(struct work *w, struct eid_client *c, const char *issuer,
                          const char *client_id, const char *client_secret,
                          const char *redirect_uri)
{
    unsigned char random[TRANSACTION_KEY];
    EID_TRY(option_text(w, &c->issuer, issuer));
    EID_TRY(option_text(w, &c->client_id, client_id));
    EID_TRY(option_text(w, &c->client_secret, client_secret));
    EID_TRY(option_text(w, &c->redirect_uri, redirect_uri));
    EID_TRY(options_default(w, c));
    c->transport = curl_transport;
    work_random(w, random, sizeof(random));
    enum eid_code code = set_sealing(w, c, 0, random);
    ct_wipe(random, sizeof(random));
    return code;
}

struct making {
    const char *issuer;
    const char *client_id;
    const char *client_secret;
    const char *redirect_uri;
};

static enum eid_code make(struct work *w, struct eid_client *c, void *own)
{
    const struct making *m = own;
    EID_TRY(check_names(w, m->issuer, m->client_id, m->redirect_uri));
    return fill(w, c, m->issuer, m->client_id, m->client_secret, m->redirect_uri);
}

enum eid_code eid_client_new(const char *issuer, const char *client_id, const char *client_secret,
                             const char *redirect_uri, struct eid_client **out,
                             struct eid_error *err)
{
    struct making m = {issuer, client_id, client_secret, redirect_uri};
    struct eid_client *c = calloc(1, sizeof(*c));
    if (c == NULL || !slots_init(&c->slots)) {
        free(c);
        return work_no_memory(err);
    }
    enum eid_code code = work_block(c, make, &m, err);
    if (code == EID_OK) {
        *out = c;
    } else {
        eid_client_free(c);
    }
    return code;
}

void eid_client_free(struct eid_client *c)
{
    if (c == NULL) {
        return;
    }
    slots_done(&c->slots);
    jwks_free(c->roots);
    own_key_free(c->auth_key);
    own_key_free(c->dpop_key);
    for (size_t i = 0; i < GENERATIONS; i++) {
        own_key_free(c->sealing[i].dpop);
        ct_wipe(c->sealing[i].key, TRANSACTION_KEY);
    }
    eid_text_free(c->issuer);
    eid_text_free(c->client_id);
    eid_text_free(c->client_secret);
    eid_text_free(c->redirect_uri);
    options_free(c);
    free(c);
}

struct sealing_key {
    size_t generation;
    const unsigned char *key;
};

static enum eid_code set_key(struct work *w, struct eid_client *c, void *own)
{
    const struct sealing_key *s = own;
    return set_sealing(w, c, s->generation, s->key);
}

enum eid_code eid_client_set_transaction_key(struct eid_client *client, const unsigned char key[32],
                                             struct eid_error *err)
{
    struct sealing_key s = {0, key};
    return work_block(client, set_key, &s, err);
}

enum eid_code eid_client_set_previous_transaction_key(struct eid_client *client,
                                                      const unsigned char key[32],
                                                      struct eid_error *err)
{
    struct sealing_key s = {1, key};
    return work_block(client, set_key, &s, err);
}

/* All or none: a root that was passed over as malformed would be missed on the day it is needed. */
static enum eid_code pin(struct work *w, struct eid_client *c, void *own)
{
    const char *text = own;
    json_t *given = NULL;
    struct jwks *roots = NULL;
    if (text == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no root");
    }
    enum err e = json_read_in(w->arena, str_from(text), &given);
    if (e == OK && json_object_get(given, "keys") == NULL) {
        json_t *set = json_own(w->arena, json_pack("{s:[O]}", "keys", given));
        e = set != NULL ? OK : fail(ERR_NO_MEMORY, "no memory");
        given = set;
    }
    e = e == OK ? jwks_read_json(given, ALG_UNSET, &roots) : e;
    if (e == OK && (jwks_count(roots) == 0 ||
                    jwks_count(roots) != json_array_size(json_object_get(given, "keys")))) {
        jwks_free(roots);
        e = fail(ERR_INPUT, "a key is malformed, weak or private");
    }
    if (e != OK) {
        return work_refuse(w, e, EID_BAD_ARGUMENT, "the root is no public JWK and no set of them");
    }
    jwks_free(c->roots);
    c->roots = roots;
    return EID_OK;
}

enum eid_code eid_client_pin_root(struct eid_client *client, const char *jwk, struct eid_error *err)
{
    return work_block(client, pin, (void *)(uintptr_t)jwk, err);
}

void eid_client_set_transport(struct eid_client *client, eid_transport_fn *transport, void *arg)
{
    client->transport = transport != NULL ? transport : curl_transport;
    client->transport_arg = arg;
}

/* What would be found out at the first login, found out at start. */
static enum eid_code prepare(struct work *w, struct eid_client *c, void *own)
{
    struct provider *p = NULL;
    struct key_set *k = NULL;
    const struct own_key *bind = NULL;
    (void)own;
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(client_auth_check(w, c));
    if (c->redirect_uri != NULL) {
        EID_TRY(dpop_choose(w, c, p, 0, &bind));
        EID_TRY(login_push_check(w, c, p));
    }
    return keys_lease(w, c, false, &k);
}

enum eid_code eid_client_prepare(struct eid_client *client, struct eid_error *err)
{
    return work_block(client, prepare, NULL, err);
}

enum eid_code eid_client_prepare_start(struct eid_client *client, struct eid_operation **out,
                                       struct eid_error *err)
{
    return operation_start(client, &(struct operation_kind){.body = prepare}, NULL, out, err);
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
