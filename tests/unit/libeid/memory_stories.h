/* Every call of libeid that may allocate, and what it is made with. */
#ifndef TEST_LIBEID_MEMORY_STORIES_H
#define TEST_LIBEID_MEMORY_STORIES_H
#include "scripted.h"
#include <unistd.h>
#include "libeid/own_key.h"
#include "libeid/state.h"
#include "ending_memory.h"

/* The script allocates without fear. */
static int calm_transport(void *arg, const struct eid_request *request,
                          struct eid_response *response, char why[128])
{
    unsigned before = left;
    left = 0;
    int result = scripted_transport(arg, request, response, why);
    left = before;
    return result;
}

/* What a call is made with, arranged anew for each round. */
static struct {
    struct eid_client *client;
    struct eid_client *made; /* out of eid_client_new */
    struct eid_identity *who;
    struct eid_identity *identity; /* out of finish and refresh */
    struct eid_login *login;
    struct eid_token *token;
    struct eid_logout *logout;
    char *url;
    const char *transaction;
    const char *callback;
    const char *access_token;
    const char *logout_token;
    const char *root;
    const char *pem;
    const char *bound_token;
    const char *proof;
    char cache_file[64];
} stage;

static const unsigned char transaction_key[32] = "the same on all machines, always";

static struct eid_client *calm_client(void)
{
    struct eid_client *c = client_new();
    eid_client_set_transport(c, calm_transport, NULL);
    assert_int_equal(eid_client_set_transaction_key(c, transaction_key, NULL), EID_OK);
    return c;
}

static void log_in(struct eid_client *c)
{
    struct eid_login *login = NULL;
    struct eid_error err;
    const struct eid_login_ask ask = {
        .size = sizeof(ask), .memo = "/page", .required = "name", .min_account_level = 2};
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_OK);
    sp.nonce = url_param(asked_of(login), "nonce");
    stage.transaction = str_z(sp.arena, str_from(eid_login_transaction(login)));
    stage.callback = callback_url(str_z(sp.arena, url_param(asked_of(login), "state")));
    eid_login_free(login);
    assert_int_equal(eid_login_finish(c, stage.callback, stage.transaction, &stage.who, &err),
                     EID_OK);
}

static const char *signed_claims(const char *typ, const char *more)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "iss", ISSUER, "sub", "person-1", "aud",
                          CLIENT, "exp", (json_int_t)(clock_now_s() + 9000), "iat",
                          (json_int_t)clock_now_s(), "jti", "j-1");
    json_t *rest = json_loads(more, 0, NULL);
    assert_int_equal(json_object_update_new(o, rest), 0);
    return key_sign(&sp.keys[0], typ, json_own(sp.arena, o)).p;
}

/* A handle that knows nothing yet. */
static void arrange_cold(void)
{
    stage.client = calm_client();
}

static void arrange_warm(void)
{
    arrange_cold();
    assert_int_equal(eid_client_prepare(stage.client, NULL), EID_OK);
}

static void arrange_logged_in(void)
{
    arrange_warm();
    log_in(stage.client);
}

/* The login was begun by another machine of the farm; this one still must fetch everything. */
static void arrange_farm(void)
{
    struct eid_client *other = calm_client();
    log_in(other);
    eid_client_free(other);
    arrange_cold();
    assert_int_equal(eid_client_set(stage.client, EID_USERINFO, "1", NULL), EID_OK);
}

static char sealed_text[64 * 1024];

static void arrange_sealed(void)
{
    char *sealed = NULL;
    arrange_logged_in();
    assert_int_equal(eid_identity_seal(stage.client, stage.who, &sealed, NULL), EID_OK);
    snprintf(sealed_text, sizeof(sealed_text), "%s", sealed);
    eid_text_free(sealed);
}

static void arrange_by_browser(void)
{
    arrange_warm();
    assert_int_equal(eid_client_set(stage.client, EID_PAR, "off", NULL), EID_OK);
}

static void arrange_pinned(void)
{
    arrange_cold();
    assert_int_equal(eid_client_pin_root(stage.client, stage.root, NULL), EID_OK);
}

static void arrange_cache(void)
{
    arrange_cold();
    assert_int_equal(eid_client_set(stage.client, EID_CACHE_FILE, stage.cache_file, NULL), EID_OK);
}

/* Everything comes out of the file. */
static void arrange_outage(void)
{
    arrange_cache();
    assert_int_equal(eid_client_prepare(stage.client, NULL), EID_OK);
    eid_client_free(stage.client);
    arrange_cache();
    sp.down = true;
}

/* Metadata and keys are stale. */
static void arrange_stale(void)
{
    arrange_warm();
    assert_int_equal(eid_client_set(stage.client, EID_COOLDOWN_S, "0", NULL), EID_OK);
    clock_shift_s(4000);
}

/* Everything the provider may offer: keys instead of secrets, pushed requests, bound tokens. */
static void arrange_bound(void)
{
    sp.offers_dpop = true;
    sp.offers_par = true;
    arrange_warm();
    assert_int_equal(eid_client_set_key(stage.client, stage.pem, NULL), EID_OK);
}

static void arrange_bound_login(void)
{
    arrange_bound();
    log_in(stage.client);
}

static void arrange_bound_token(void)
{
    arrange_bound();
    const char *claims = str_fmt(sp.arena, "{\"client_id\":\"c\",\"cnf\":{\"jkt\":\"%s\"}}",
                                 stage.client->sealing[0].dpop->thumbprint)
                             .p;
    char *proof = NULL;
    stage.bound_token = signed_claims("at+jwt", claims);
    assert_int_equal(eid_dpop_proof(stage.client, "GET", "https://api.example.vn/",
                                    stage.bound_token, NULL, &proof, NULL),
                     EID_OK);
    stage.proof = str_z(sp.arena, str_from(proof));
    eid_text_free(proof);
}

static void arrange_nothing(void)
{
}

static enum eid_code act_new(struct eid_error *err)
{
    return eid_client_new(ISSUER, CLIENT, SECRET, REDIRECT, &stage.made, err);
}

static enum eid_code act_set(struct eid_error *err)
{
    return eid_client_set(stage.client, EID_SCOPE, "openid profile", err);
}

static enum eid_code act_set_token_auth(struct eid_error *err)
{
    return eid_client_set(stage.client, EID_TOKEN_AUTH, "client_secret_post", err);
}

static enum eid_code act_set_key(struct eid_error *err)
{
    return eid_client_set_transaction_key(stage.client, transaction_key, err);
}

static enum eid_code act_pin(struct eid_error *err)
{
    return eid_client_pin_root(stage.client, stage.root, err);
}

static enum eid_code act_prepare(struct eid_error *err)
{
    return eid_client_prepare(stage.client, err);
}

static enum eid_code act_begin(struct eid_error *err)
{
    const struct eid_login_ask ask = {.size = sizeof(ask),
                                      .memo = "/page",
                                      .required = "name email",
                                      .max_age_s = 60,
                                      .min_authentication_level = 1};
    return eid_login_begin(stage.client, &ask, &stage.login, err);
}

static enum eid_code act_finish(struct eid_error *err)
{
    return eid_login_finish(stage.client, stage.callback, stage.transaction, &stage.identity, err);
}

static enum eid_code act_userinfo(struct eid_error *err)
{
    const char *before = eid_identity_claim(stage.who, "email");
    enum eid_code code = eid_identity_userinfo(stage.client, stage.who, err);
    assert_true(code == EID_OK || eid_identity_claim(stage.who, "email") == before);
    return code;
}

static enum eid_code act_refresh(struct eid_error *err)
{
    return eid_identity_refresh(stage.client, stage.who, &stage.identity, err);
}

static enum eid_code act_seal(struct eid_error *err)
{
    return eid_identity_seal(stage.client, stage.who, &stage.url, err);
}

static enum eid_code act_open(struct eid_error *err)
{
    return eid_identity_open(stage.client, sealed_text, &stage.identity, err);
}

static enum eid_code act_verify(struct eid_error *err)
{
    return eid_token_verify(stage.client, stage.access_token, NULL, &stage.token, err);
}

static enum eid_code act_introspect(struct eid_error *err)
{
    return eid_token_introspect(stage.client, "at-1", &stage.token, err);
}

static enum eid_code act_revoke(struct eid_error *err)
{
    return eid_token_revoke(stage.client, "at-1", err);
}

static enum eid_code act_logout_token(struct eid_error *err)
{
    return eid_logout_token_verify(stage.client, stage.logout_token, &stage.logout, err);
}

static enum eid_code act_logout_url(struct eid_error *err)
{
    return eid_logout_url(stage.client, "id-token", "s", &stage.url, err);
}

static enum eid_code act_new_key(struct eid_error *err)
{
    return eid_key_new(NULL, &stage.url, err);
}

/* The key of RFC 7515 appendix A.3. */
static const char *const own_jwk =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
    "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}";

static enum eid_code act_public_keys(struct eid_error *err)
{
    return eid_key_public_jwks(&own_jwk, 1, &stage.url, err);
}

static enum eid_code act_set_own_key(struct eid_error *err)
{
    return eid_client_set_key(stage.client, stage.pem, err);
}

static enum eid_code act_proof(struct eid_error *err)
{
    return eid_dpop_proof(stage.client, "GET", "https://api.example.vn/?q", "at-1", "n", &stage.url,
                          err);
}

static int is_new(void *arg, const char *jti, int64_t until_s)
{
    (void)arg;
    (void)jti;
    (void)until_s;
    return 0;
}

static enum eid_code act_verify_bound(struct eid_error *err)
{
    const struct eid_dpop_request request = {.size = sizeof(request),
                                             .method = "GET",
                                             .url = "https://api.example.vn/",
                                             .proof = stage.proof};
    return eid_token_verify_dpop(stage.client, stage.bound_token, NULL, &request, is_new, NULL,
                                 &stage.token, err);
}

/* The same finish, driven by events. */
static enum eid_code act_operation(struct eid_error *err)
{
    struct eid_operation *op = NULL;
    const struct eid_request *request = NULL;
    struct eid_response *response = NULL;
    char why[128];
    enum eid_code code =
        eid_login_finish_start(stage.client, stage.callback, stage.transaction, &op, err);
    while (code == EID_OK && eid_operation_next(op, &request, &response) == EID_NEXT_SEND) {
        if (calm_transport(NULL, request, response, why) == 0) {
            eid_operation_answer(op);
        } else {
            eid_operation_fail(op, why);
        }
    }
    if (code == EID_OK) {
        code = eid_operation_result(op, err);
        stage.identity = code == EID_OK ? eid_operation_identity(op) : stage.identity;
    }
    eid_operation_free(op);
    return code;
}

static const struct story {
    const char *name;
    void (*arrange)(void);
    enum eid_code (*act)(struct eid_error *err);
    bool may_do_without;     /* succeeds without a cache file, or with stale keys */
    enum eid_code otherwise; /* what else may be said when memory ends; EID_OK: nothing */
    unsigned at_least;
    bool again; /* one arrangement serves all rounds */
} stories[] = {
    {"new", arrange_nothing, act_new, false, EID_OK, 5, false},
    {"set", arrange_cold, act_set, false, EID_OK, 2, true},
    {"set token auth", arrange_cold, act_set_token_auth, false, EID_OK, 2, true},
    {"set transaction key", arrange_cold, act_set_key, false, EID_OK, 2, true},
    {"pin root", arrange_cold, act_pin, false, EID_OK, 20, true},
    {"prepare", arrange_cold, act_prepare, false, EID_OK, 50, false},
    {"prepare with a pinned root", arrange_pinned, act_prepare, false, EID_OK, 50, false},
    {"prepare and write the cache", arrange_cache, act_prepare, true, EID_OK, 50, false},
    {"prepare in an outage", arrange_outage, act_prepare, false, EID_UNREACHABLE, 50, false},
    {"begin", arrange_warm, act_begin, false, EID_OK, 10, true},
    {"begin, knowing nothing", arrange_cold, act_begin, false, EID_OK, 50, false},
    {"begin, nothing pushed", arrange_by_browser, act_begin, false, EID_OK, 10, true},
    {"finish", arrange_logged_in, act_finish, false, EID_OK, 30, true},
    {"finish, knowing nothing", arrange_farm, act_finish, false, EID_OK, 50, false},
    {"userinfo", arrange_logged_in, act_userinfo, false, EID_OK, 10, false},
    {"refresh", arrange_logged_in, act_refresh, false, EID_OK, 30, true},
    {"seal", arrange_sealed, act_seal, false, EID_OK, 10, true},
    {"open", arrange_sealed, act_open, false, EID_OK, 10, true},
    {"verify", arrange_warm, act_verify, false, EID_OK, 20, true},
    {"verify, knowing nothing", arrange_cold, act_verify, false, EID_OK, 50, false},
    {"verify with stale keys", arrange_stale, act_verify, true, EID_OK, 50, false},
    {"introspect", arrange_warm, act_introspect, false, EID_OK, 10, true},
    {"revoke", arrange_warm, act_revoke, false, EID_OK, 2, true},
    {"new key", arrange_nothing, act_new_key, false, EID_OK, 20, false},
    {"public keys", arrange_nothing, act_public_keys, false, EID_BAD_ARGUMENT, 20, true},
    {"set key", arrange_cold, act_set_own_key, false, EID_BAD_ARGUMENT, 20, true},
    {"begin, bound and pushed", arrange_bound, act_begin, false, EID_OK, 30, true},
    {"finish, bound", arrange_bound_login, act_finish, false, EID_OK, 30, true},
    {"finish as an operation", arrange_bound_login, act_operation, false, EID_OK, 30, true},
    {"proof", arrange_warm, act_proof, false, EID_OK, 10, true},
    {"verify a bound token", arrange_bound_token, act_verify_bound, false, EID_OK, 30, true},
    {"logout token", arrange_warm, act_logout_token, false, EID_OK, 20, true},
    {"logout url", arrange_warm, act_logout_url, false, EID_OK, 3, true},
};

#endif
