/* links: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup */
/* Memory that ends.  Every call that may allocate is made again and again; the n-th allocation
 * fails, for n = 1, 2, … until one has enough.  Allocations are libeid's own, libcrypto's and
 * jansson's.  Each time: the code says so, outputs and handle are as they were, and the same call
 * works when memory is back.  AddressSanitizer's build looks for leaks. */
#include "scripted.h"
#include <openssl/crypto.h>
#include <unistd.h>
#include "libeid/own_key.h"
#include "libeid/state.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

/* Allocations until one fails; 0: none does. */
static unsigned left;
/* Once, or from then on all. */
static bool for_good;
static bool failed;
/* The one that failed was libcrypto's, which can do without some. */
static bool crypto_failed;

static bool fails(void)
{
    if (left != 1) {
        left -= left > 0;
        return false;
    }
    left = for_good ? 1 : 0;
    failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? NULL : __real_strndup(s, n);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    crypto_failed = crypto_failed || left == 1;
    return __wrap_malloc(size);
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    crypto_failed = crypto_failed || left == 1;
    return __wrap_realloc(p, size);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

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

static void *const outputs[] = {&stage.made,  &stage.identity, &stage.login,
                                &stage.token, &stage.logout,   &stage.url};
static char untouched;

__attribute__((format(printf, 1, 2))) static void wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprint_error(format, args);
    va_end(args);
    print_error("\n");
    assert_true(false);
}

static void mark_outputs(void *value)
{
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        *(void **)outputs[i] = value;
    }
}

static void check_outputs(const char *name, unsigned n)
{
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        if (*(void **)outputs[i] != &untouched) {
            wrong("%s: allocation %u failed and left output %zu changed", name, n, i);
        }
    }
}

static void drop_outputs(void)
{
    eid_client_free(stage.made != (void *)&untouched ? stage.made : NULL);
    eid_identity_free(stage.identity != (void *)&untouched ? stage.identity : NULL);
    eid_login_free(stage.login != (void *)&untouched ? stage.login : NULL);
    eid_token_free(stage.token != (void *)&untouched ? stage.token : NULL);
    eid_logout_free(stage.logout != (void *)&untouched ? stage.logout : NULL);
    eid_text_free(stage.url != (void *)&untouched ? stage.url : NULL);
    mark_outputs(NULL);
}

static void clear_stage(void)
{
    eid_identity_free(stage.who);
    eid_client_free(stage.client);
    stage.who = NULL;
    stage.client = NULL;
    sp.down = false;
    sp.offers_dpop = false;
    sp.offers_par = false;
    clock_shift_s(0);
    unlink(stage.cache_file);
}

/* Memory, or what libcrypto hides it behind. */
static bool is_honest(const struct story *s, enum eid_code code)
{
    return code == EID_NO_MEMORY || (code == EID_INTERNAL && crypto_failed) ||
           (s->otherwise != EID_OK && code == s->otherwise);
}

/* A key that was passed over because memory ended would be fetched again, or missed. */
static void keys_are_complete(const char *name, unsigned n)
{
    struct eid_error err;
    struct eid_token *token = NULL;
    unsigned asked = sp.keys_asked;
    if (eid_token_verify(stage.client, stage.access_token, NULL, &token, &err) != EID_OK ||
        sp.keys_asked != asked) {
        wrong("%s: allocation %u failed and lost a key", name, n);
    }
    eid_token_free(token);
}

/* One round; false when nothing failed any more. */
static bool round_fails(const struct story *s, unsigned n)
{
    bool noticed;
    struct eid_error err = {0};
    if (!s->again || n == 1) {
        s->arrange();
    }
    mark_outputs(&untouched);
    crypto_failed = false;
    failed = false;
    unsigned asked = sp.keys_asked;
    left = n;
    enum eid_code code = s->act(&err);
    left = 0;
    if (code != EID_OK) {
        check_outputs(s->name, n);
        if (!failed || !is_honest(s, code)) {
            wrong("%s: allocation %u: %s: %s", s->name, n, eid_error_name(code), err.detail);
        }
        assert_int_equal(err.code, code);
        assert_true(err.detail[0] != '\0');
        if (s->arrange != arrange_outage && s->act(&err) != EID_OK) {
            wrong("%s: after allocation %u failed: %s", s->name, n, err.detail);
        }
    } else if (failed && !s->may_do_without && !crypto_failed) {
        wrong("%s: allocation %u failed unnoticed", s->name, n);
    } else if (sp.keys_asked > asked && s->arrange != arrange_stale) {
        keys_are_complete(s->name, n);
    }
    noticed = failed;
    drop_outputs();
    if (!s->again || !noticed) {
        clear_stage();
    }
    return noticed;
}

static void prepare_script(void)
{
    sp.userinfo = "{\"sub\":\"person-1\",\"email\":\"an@example.vn\",\"n\":[1,true],\"x\":null}";
    sp.introspection = "{\"active\":true,\"sub\":\"person-1\",\"exp\":1,\"scope\":\"a\"}";
    json_t *root = NULL;
    assert_int_equal(jwk_write(sp.root.key, ALG_ES256, STR("root"), &root), OK);
    stage.root = json_text(sp.arena, json_own(sp.arena, root)).p;
    char *pem = NULL;
    assert_int_equal(eid_key_new(NULL, &pem, NULL), EID_OK);
    stage.pem = str_z(sp.arena, str_from(pem));
    eid_text_free(pem);
    sp.metadata_extra = ",\"token_endpoint_auth_methods_supported\":"
                        "[\"client_secret_basic\",\"private_key_jwt\"]";
    snprintf(stage.cache_file, sizeof(stage.cache_file), "/tmp/eid-memory-%ld", (long)getpid());
    stage.access_token = signed_claims("at+jwt", "{\"client_id\":\"c\",\"scope\":\"a b\"}");
    stage.logout_token = signed_claims(
        "logout+jwt",
        "{\"sid\":\"s\",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}");
}

/* With all further ones failing, the walk need not be as fine. */
#define FOR_GOOD_STEP 3
/* libcrypto reads PEM with thousands of allocations, all its own. */
#define PEM_STEP 41

static void walk(bool all_further_fail)
{
    prepare_script();
    for_good = all_further_fail;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        const struct story *s = &stories[i];
        unsigned n = 1;
        /* libcrypto takes its own first steps once more, unharmed. */
        s->arrange();
        assert_int_equal(s->act(NULL), EID_OK);
        drop_outputs();
        clear_stage();
        while (round_fails(s, n)) {
            n += s->act == act_set_own_key ? PEM_STEP : for_good ? FOR_GOOD_STEP : 1;
        }
        print_message("%-28s %u allocations\n", s->name, n - 1);
        assert_in_range(n - 1, s->at_least, 20000);
    }
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    walk(false);
}

static void all_allocations_may_fail_from_any_on(void **state)
{
    (void)state;
    walk(true);
}

int main(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        return 1;
    }
    json_set_alloc_funcs(__wrap_malloc, free);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_allocation_may_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_allocations_may_fail_from_any_on, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
