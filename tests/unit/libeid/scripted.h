/* A provider played by a script: metadata, keys and tokens are made here, so that every test
 * decides what the provider says, and counts what it was asked. */
#ifndef SCRIPTED_H
#define SCRIPTED_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/url.h"
#include "eid/eid.h"
#include "jose/jws.h"

#define ISSUER "https://id.example.vn"
#define CLIENT "portal-1"
#define SECRET "s3cret:&+"
#define REDIRECT "https://portal.example.vn/callback"

struct scripted_key {
    EVP_PKEY *key;
    EVP_MD_CTX *template;
    char kid[16];
};

/* What the provider says and what it saw. */
struct scripted {
    struct arena *arena;
    struct scripted_key keys[2]; /* published: the first n_published */
    struct scripted_key root;
    size_t n_published;
    int signer; /* which key signs */
    bool down;
    bool offers_par;
    bool offers_dpop;
    const char *wants_nonce; /* proofs without this nonce are sent back */
    const char *token_type;  /* NULL: DPoP where a proof came, else Bearer */
    int64_t ahead_s;         /* of its clock */
    int token_status;
    const char *token_answer; /* NULL: made from id_claims */
    json_t *id_claims;        /* nonce is added when absent */
    const char *id_typ;
    const char *metadata_extra;
    const char *keys_cache_control;
    const char *userinfo;
    const char *introspection;
    int64_t signed_set_iat;
    struct str nonce; /* of the last login begun */
    unsigned metadata_asked, keys_asked, tokens_asked, pushed, sent_back;
    char last_authorization[512];
    char last_proof[2048]; /* header DPoP; "" without */
    char last_body[4096];
    char pushed_body[4096];
};

static struct scripted sp;

static void key_make(struct scripted_key *k, const char *kid)
{
    snprintf(k->kid, sizeof(k->kid), "%s", kid);
    assert_int_equal(alg_key_new(ALG_ES256, 0, &k->key), OK);
    assert_int_equal(alg_sign_template(ALG_ES256, k->key, &k->template), OK);
}

static void key_drop(struct scripted_key *k)
{
    EVP_MD_CTX_free(k->template);
    EVP_PKEY_free(k->key);
}

static struct str key_sign(const struct scripted_key *k, const char *typ, const json_t *claims)
{
    struct str token;
    assert_int_equal(jws_sign(sp.arena, ALG_ES256, k->key, k->template, str_from(k->kid), typ,
                              json_text(sp.arena, claims), &token),
                     OK);
    return token;
}

static json_t *published_keys(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sp.n_published; i++) {
        json_t *jwk = NULL;
        assert_int_equal(jwk_write(sp.keys[i].key, ALG_ES256, str_from(sp.keys[i].kid), &jwk), OK);
        json_array_append_new(list, jwk);
    }
    return json_own(sp.arena, json_pack("{s:o}", "keys", list));
}

static void set_claim(const char *name, json_t *value)
{
    json_object_set_new(sp.id_claims, name, value);
}

static int set_up(void **state)
{
    (void)state;
    memset(&sp, 0, sizeof(sp));
    sp.arena = arena_new(0);
    key_make(&sp.keys[0], "k0");
    key_make(&sp.keys[1], "k1");
    key_make(&sp.root, "root");
    sp.n_published = 1;
    sp.id_typ = "JWT";
    sp.metadata_extra = "";
    int64_t now = clock_now_s();
    sp.signed_set_iat = now;
    sp.id_claims = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:i,s:i,s:s}", "iss", ISSUER, "sub",
                             "person-1", "aud", CLIENT, "exp", (json_int_t)(now + 300), "iat",
                             (json_int_t)now, "auth_time", (json_int_t)now, "sid", "sid-1", "acr",
                             "urn:authd:acr:2:1", "urn:authd:account_level", 2,
                             "urn:authd:authentication_level", 1, "name", "Nguyễn Văn Ánh");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(sp.id_claims);
    key_drop(&sp.keys[0]);
    key_drop(&sp.keys[1]);
    key_drop(&sp.root);
    arena_free(sp.arena);
    clock_shift_s(0);
    return 0;
}

static struct str metadata_text(void)
{
    return str_fmt(
        sp.arena,
        "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/authorize\","
        "\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER "/jwks\","
        "\"signed_jwks_uri\":\"" ISSUER "/jwks.jwt\","
        "\"userinfo_endpoint\":\"" ISSUER "/userinfo\","
        "\"end_session_endpoint\":\"" ISSUER "/logout\","
        "\"introspection_endpoint\":\"" ISSUER "/introspect\","
        "\"revocation_endpoint\":\"" ISSUER "/revoke\","
        "%s%s"
        "\"authorization_response_iss_parameter_supported\":true%s}",
        sp.offers_par ? "\"pushed_authorization_request_endpoint\":\"" ISSUER "/par\"," : "",
        sp.offers_dpop ? "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\"]," : "",
        sp.metadata_extra);
}

static struct str signed_set(void)
{
    json_t *claims = published_keys();
    json_object_set_new(claims, "iss", json_string(ISSUER));
    json_object_set_new(claims, "iat", json_integer(sp.signed_set_iat));
    json_object_set_new(claims, "exp", json_integer(sp.signed_set_iat + 86400));
    return key_sign(&sp.root, "jwk-set+jwt", claims);
}

static struct str token_answer(void)
{
    if (sp.token_answer != NULL) {
        return str_from(sp.token_answer);
    }
    if (json_object_get(sp.id_claims, "nonce") == NULL) {
        set_claim("nonce", json_str(sp.nonce));
    }
    struct str id_token = key_sign(&sp.keys[sp.signer], sp.id_typ, sp.id_claims);
    return str_fmt(sp.arena,
                   "{\"access_token\":\"at-1\",\"token_type\":\"%s\",\"expires_in\":300,"
                   "\"refresh_token\":\"rt-1\",\"scope\":\"openid\",\"id_token\":\"%.*s\"}",
                   sp.token_type != NULL      ? sp.token_type
                   : sp.last_proof[0] != '\0' ? "DPoP"
                                              : "Bearer",
                   STR_FMT(id_token));
}

static struct str answer_to(const char *path, struct eid_response *r)
{
    if (strcmp(path, "/.well-known/openid-configuration") == 0) {
        sp.metadata_asked++;
        return metadata_text();
    }
    if (strcmp(path, "/jwks") == 0 || strcmp(path, "/jwks.jwt") == 0) {
        sp.keys_asked++;
        if (sp.keys_cache_control != NULL) {
            eid_response_set_header(r, "cache-control", sp.keys_cache_control);
        }
        return path[5] == '.' ? signed_set() : json_text(sp.arena, published_keys());
    }
    if (strcmp(path, "/token") == 0) {
        sp.tokens_asked++;
        if (sp.token_status != 0) {
            eid_response_set_status(r, sp.token_status);
        }
        return token_answer();
    }
    if (strcmp(path, "/userinfo") == 0) {
        return str_from(sp.userinfo);
    }
    if (strcmp(path, "/introspect") == 0) {
        return str_from(sp.introspection);
    }
    if (strcmp(path, "/par") == 0) {
        sp.pushed++;
        snprintf(sp.pushed_body, sizeof(sp.pushed_body), "%s", sp.last_body);
        eid_response_set_status(r, 201);
        return STR("{\"request_uri\":\"urn:ietf:params:oauth:request_uri:x\",\"expires_in\":60}");
    }
    return STR("{}");
}

/* The claims of the last proof. */
static json_t *proof_claims(void)
{
    struct jws jws;
    json_t *claims = NULL;
    assert_int_equal(jws_parse(sp.arena, str_from(str_z(sp.arena, str_from(sp.last_proof))), &jws),
                     OK);
    assert_int_equal(json_read_in(sp.arena, jws.payload, &claims), OK);
    return claims;
}

static const char *http_date(int64_t at)
{
    struct tm tm;
    time_t t = (time_t)at;
    char *text = arena_alloc(sp.arena, 64);
    gmtime_r(&t, &tm);
    strftime(text, 64, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return text;
}

static void see_header(const struct eid_request *request, const char *name, char *out, size_t n)
{
    out[0] = '\0';
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            snprintf(out, n, "%s", request->headers[i].value);
        }
    }
}

static int scripted_transport(void *arg, const struct eid_request *request,
                              struct eid_response *response, char why[128])
{
    (void)arg;
    if (sp.down) {
        snprintf(why, 128, "the script says so");
        return 1;
    }
    assert_true(strncmp(request->url, ISSUER, strlen(ISSUER)) == 0);
    see_header(request, "Authorization", sp.last_authorization, sizeof(sp.last_authorization));
    if (strstr(request->url, "/jwks") == NULL && strstr(request->url, "/.well-known/") == NULL) {
        see_header(request, "DPoP", sp.last_proof, sizeof(sp.last_proof));
    }
    if (request->body != NULL) {
        snprintf(sp.last_body, sizeof(sp.last_body), "%s", request->body);
    }
    eid_response_set_status(response, 200);
    eid_response_set_header(response, "Content-Type", "application/json");
    if (sp.ahead_s != 0) {
        eid_response_set_header(response, "Date", http_date(clock_now_s() + sp.ahead_s));
    }
    if (sp.wants_nonce != NULL && sp.last_proof[0] != '\0' &&
        strstr(request->url, "/jwks") == NULL) {
        eid_response_set_header(response, "DPoP-Nonce", sp.wants_nonce);
        struct str nonce = json_member(proof_claims(), "nonce");
        if (!str_eqz(nonce, sp.wants_nonce)) {
            sp.sent_back++;
            bool resource = strstr(request->url, "/userinfo") != NULL;
            eid_response_set_status(response, resource ? 401 : 400);
            if (resource) {
                eid_response_set_header(response, "WWW-Authenticate",
                                        "DPoP error=\"use_dpop_nonce\"");
                return 0;
            }
            return eid_response_add_body(response, "{\"error\":\"use_dpop_nonce\"}", 26);
        }
    }
    struct str body = answer_to(request->url + strlen(ISSUER), response);
    return eid_response_add_body(response, body.p, body.n);
}

static inline json_t *access_claims(void)
{
    int64_t now = clock_now_s();
    return json_own(sp.arena,
                    json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s}", "iss", ISSUER, "sub", "p", "aud",
                              "api", "client_id", CLIENT, "jti", "j", "iat", (json_int_t)now, "exp",
                              (json_int_t)(now + 300), "scope", "openid email"));
}

/* An access token of this provider, signed with key `k`. */
static inline const char *access_token(int k)
{
    return str_z(sp.arena, key_sign(&sp.keys[k], "at+jwt", access_claims()));
}

static struct eid_client *client_new(void)
{
    struct eid_client *c = NULL;
    struct eid_error err;
    assert_int_equal(eid_client_new(ISSUER, CLIENT, SECRET, REDIRECT, &c, &err), EID_OK);
    eid_client_set_transport(c, scripted_transport, NULL);
    return c;
}

/* One parameter of a URL's query. */
static struct str url_param(const char *url, const char *name)
{
    struct params ps;
    struct str text = str_from(url);
    size_t mark = str_find(text, '?');
    assert_true(mark < text.n);
    assert_int_equal(params_parse(sp.arena, str_of(text.p + mark + 1, text.n - mark - 1), &ps), OK);
    return str_dup(sp.arena, param_get(&ps, name));
}

/* A URL with the parameters of a login, pushed or not. */
static const char *asked_of(const struct eid_login *login)
{
    return strstr(eid_login_url(login), "request_uri=") == NULL
               ? eid_login_url(login)
               : str_fmt(sp.arena, "?%s", sp.pushed_body).p;
}

/* Begins a login; gives the transaction and the state. */
static const char *begin(struct eid_client *c, const struct eid_login_ask *ask, const char **state)
{
    struct eid_login *login = NULL;
    struct eid_error err;
    assert_int_equal(eid_login_begin(c, ask, &login, &err), EID_OK);
    const char *asked = asked_of(login);
    sp.nonce = url_param(asked, "nonce");
    *state = str_z(sp.arena, url_param(asked, "state"));
    const char *transaction = str_z(sp.arena, str_from(eid_login_transaction(login)));
    eid_login_free(login);
    return transaction;
}

static const char *callback_url(const char *state)
{
    return str_fmt(sp.arena, REDIRECT "?code=c-1&state=%s&iss=https%%3A%%2F%%2Fid.example.vn",
                   state)
        .p;
}

/* A whole login; the identity is freed when it succeeds. */
static inline enum eid_code login_with(struct eid_client *c, const struct eid_login_ask *ask,
                                       struct eid_error *err)
{
    const char *state;
    const char *transaction = begin(c, ask, &state);
    struct eid_identity *identity = NULL;
    enum eid_code code = eid_login_finish(c, callback_url(state), transaction, &identity, err);
    eid_identity_free(identity);
    return code;
}

#endif
