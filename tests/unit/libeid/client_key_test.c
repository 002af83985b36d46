/* Keys of the service: what is no key of ours, how the handle authenticates with one, and that a
 * provider which does not offer it never gets the secret instead. */
#include <openssl/pem.h>
#include "scripted.h"
#include "libeid/own_key.h"

#define OFFERS(methods) ",\"token_endpoint_auth_methods_supported\":[" methods "]"

static char *key_of(const char *alg)
{
    char *text = NULL;
    struct eid_error err;
    assert_int_equal(eid_key_new(alg, &text, &err), EID_OK);
    return text;
}

static char *jwks_of(const char *key)
{
    char *text = NULL;
    struct eid_error err;
    assert_int_equal(eid_key_public_jwks(&key, 1, &text, &err), EID_OK);
    return text;
}

/* PEM of any key, encrypted when a passphrase is given; public: its public half. */
static const char *pem(EVP_PKEY *key, const char *passphrase, bool public)
{
    BUF_MEM *m = NULL;
    BIO *b = BIO_new(BIO_s_mem());
    if (public) {
        assert_int_equal(PEM_write_bio_PUBKEY(b, key), 1);
    } else {
        const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_256_cbc();
        int n = passphrase == NULL ? 0 : (int)strlen(passphrase);
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, key, cipher, passphrase, n, NULL, NULL),
                         1);
    }
    BIO_get_mem_ptr(b, &m);
    const char *text = str_z(sp.arena, str_of(m->data, m->length));
    BIO_free(b);
    EVP_PKEY_free(key);
    return text;
}

static void refuses_what_is_no_key_of_ours(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    const char *bad[] = {
        "",
        "x",
        "{}",
        "[]",
        "{\"kty\":\"oct\",\"k\":\"AAAA\",\"d\":\"AAAA\"}",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), "secret", false),
        pem(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), NULL, true),
        pem(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), NULL, false),
        pem(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), NULL, false),
        pem(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), NULL, false),
        /* public JWK; a private part of another key; a point that is not on the curve */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
        "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAF\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5\","
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
        "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
        "7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B\"}",
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"d\":\"AQAB\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *jwks = NULL;
        assert_int_equal(eid_client_set_key(c, bad[i], &err), EID_BAD_ARGUMENT);
        assert_int_equal(eid_client_set_dpop_key(c, bad[i], &err), EID_BAD_ARGUMENT);
        assert_int_equal(eid_key_public_jwks(&bad[i], 1, &jwks, &err), EID_BAD_ARGUMENT);
        assert_null(jwks);
        assert_true(err.detail[0] != '\0');
    }
    char *text = NULL;
    assert_int_equal(eid_key_new("HS256", &text, &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_key_new("none", &text, &err), EID_BAD_ARGUMENT);
    assert_null(text);
    eid_client_free(c);
}

static void keys_are_read_in_both_forms(void **state)
{
    (void)state;
    static const char *const good[] = {
        /* RFC 7517 appendix A.2, RFC 8037 appendix A.1 */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"key_ops\":[\"sign\"],"
        "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\",\"kid\":\"mine\"}",
        " {\"kty\":\"OKP\",\"crv\":\"Ed25519\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}",
    };
    char *set = jwks_of(good[0]);
    assert_non_null(strstr(set, "\"kid\":\"mine\""));
    assert_non_null(strstr(set, "\"alg\":\"ES256\""));
    assert_null(strstr(set, "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"));
    eid_text_free(set);
    set = jwks_of(good[1]);
    /* RFC 8037 appendix A.3 */
    assert_non_null(strstr(set, "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\""));
    eid_text_free(set);
    static const char *const algs[] = {"ES256", "EdDSA", "PS256"};
    const char *both[2];
    for (size_t i = 0; i < 3; i++) {
        char *key = key_of(algs[i]);
        set = jwks_of(key);
        assert_non_null(strstr(set, algs[i]));
        assert_null(strstr(set, "\"d\""));
        eid_text_free(set);
        if (i == 2) {
            struct eid_error err;
            both[0] = good[0];
            both[1] = key;
            assert_int_equal(eid_key_public_jwks(both, 2, &set, &err), EID_OK);
            json_t *object = json_own(sp.arena, json_loads(set, 0, NULL));
            assert_int_equal(json_array_size(json_object_get(object, "keys")), 2);
            eid_text_free(set);
        }
        eid_text_free(key);
    }
}

/* The public half of a key text, for checking what it signed. */
static struct jwk *public_of(const char *key, enum alg alg)
{
    char *set = jwks_of(key);
    struct jwk *half = NULL;
    json_t *object = json_own(sp.arena, json_loads(set, 0, NULL));
    assert_int_equal(jwk_read(json_array_get(json_object_get(object, "keys"), 0), alg, &half), OK);
    eid_text_free(set);
    return half;
}

static struct str last_param(const char *name)
{
    struct params ps;
    struct str body = str_dup(sp.arena, str_from(sp.last_body));
    assert_int_equal(params_parse(sp.arena, body, &ps), OK);
    return param_get(&ps, name);
}

/* The claims of the assertion that was sent last; verified. */
static json_t *last_assertion(const struct jwk *half)
{
    struct jws jws;
    json_t *claims = NULL;
    assert_int_equal(jws_parse(sp.arena, last_param("client_assertion"), &jws), OK);
    assert_int_equal(jws_verify(&jws, half, "client-authentication+jwt"), OK);
    assert_true(str_eqz(jws.kid, half->kid));
    assert_int_equal(json_read_in(sp.arena, jws.payload, &claims), OK);
    return claims;
}

/* spec: RFC 6749 §3.1:once */
static void assert_pushed_once(const char *name)
{
    struct params ps;
    struct str body = str_dup(sp.arena, str_from(sp.pushed_body));
    assert_int_equal(params_parse(sp.arena, body, &ps), OK);
    assert_null(params_repeated(&ps).p);
    assert_non_null(param_get(&ps, name).p);
}

/* spec: OpenID Core §9:jwt, RFC 7523 §3 */
static void a_key_authenticates_with_assertions_used_once(void **state)
{
    (void)state;
    static const char *const algs[] = {"ES256", "EdDSA", "PS256"};
    static const enum alg numbers[] = {ALG_ES256, ALG_EDDSA, ALG_PS256};
    sp.metadata_extra = OFFERS("\"client_secret_basic\",\"private_key_jwt\"");
    sp.offers_par = true;
    for (size_t i = 0; i < 3; i++) {
        struct eid_client *c = client_new();
        struct eid_error err;
        char *key = key_of(algs[i]);
        struct jwk *half = public_of(key, numbers[i]);
        assert_int_equal(eid_client_set_key(c, key, &err), EID_OK);
        json_object_del(sp.id_claims, "nonce");
        assert_int_equal(login_with(c, NULL, &err), EID_OK);
        json_t *claims = last_assertion(half);
        struct str jti = json_member(claims, "jti");
        int64_t exp = 0;
        assert_true(str_eqz(json_member(claims, "iss"), CLIENT));
        assert_true(str_eqz(json_member(claims, "sub"), CLIENT));
        assert_true(str_eqz(json_member(claims, "aud"), ISSUER)); /* the issuer alone */
        assert_true(json_member_i64(claims, "exp", &exp));
        assert_in_range(exp, clock_now_s() + 1, clock_now_s() + 120);
        assert_true(jti.n >= 20);
        assert_string_equal(sp.last_authorization, "");
        assert_null(strstr(sp.last_body, "client_secret"));
        assert_non_null(strstr(sp.pushed_body, "client_assertion="));
        assert_pushed_once("client_id");
        assert_null(strstr(sp.pushed_body, str_z(sp.arena, last_param("client_assertion"))));
        sp.introspection = "{\"active\":true,\"sub\":\"p\"}";
        struct eid_token *t = NULL;
        assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_OK);
        assert_false(str_eq(json_member(last_assertion(half), "jti"), jti));
        eid_token_free(t);
        jwk_free(half);
        eid_text_free(key);
        eid_client_free(c);
    }
}

static void a_key_is_never_replaced_by_a_secret(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    char *key = key_of(NULL);
    struct eid_token *t = NULL;
    assert_int_equal(eid_client_set_key(c, key, &err), EID_OK);
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    /* without the member, client_secret_basic is what is offered */
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_NOT_OFFERED);
    assert_non_null(strstr(err.detail, "EID_TOKEN_AUTH"));
    assert_string_equal(sp.last_body, "");
    eid_client_free(c);

    sp.metadata_extra = OFFERS(
        "\"private_key_jwt\"") ",\"token_endpoint_auth_signing_alg_values_supported\":[\"PS256\"]";
    c = client_new();
    assert_int_equal(eid_client_set_key(c, key, &err), EID_OK);
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_NOT_OFFERED);
    assert_non_null(strstr(err.detail, "PS256"));
    assert_string_equal(sp.last_body, "");
    /* told to, it tries all the same; told otherwise, it obeys */
    sp.introspection = "{\"active\":true}";
    assert_int_equal(eid_client_set(c, EID_TOKEN_AUTH, "private_key_jwt", &err), EID_OK);
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_OK);
    eid_token_free(t);
    assert_non_null(strstr(sp.last_body, "client_assertion="));
    assert_int_equal(eid_client_set(c, EID_TOKEN_AUTH, "client_secret_post", &err), EID_OK);
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_OK);
    eid_token_free(t);
    assert_null(strstr(sp.last_body, "client_assertion="));
    assert_non_null(strstr(sp.last_body, "client_secret="));
    assert_int_equal(eid_client_set(c, EID_TOKEN_AUTH, "magic", &err), EID_BAD_ARGUMENT);
    /* a method whose means were taken away */
    assert_int_equal(eid_client_set(c, EID_TOKEN_AUTH, "private_key_jwt", &err), EID_OK);
    assert_int_equal(eid_client_set_key(c, NULL, &err), EID_OK);
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_BAD_CONFIGURATION);
    eid_client_free(c);
    eid_text_free(key);
}

static void a_secret_goes_the_way_the_provider_takes(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_token *t = NULL;
    sp.metadata_extra = OFFERS("\"client_secret_post\"");
    sp.introspection = "{\"active\":true}";
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_OK);
    eid_token_free(t);
    assert_non_null(strstr(sp.last_body, "client_secret=s3cret"));
    assert_string_equal(sp.last_authorization, "");
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_is_no_key_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_never_replaced_by_a_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_read_in_both_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_authenticates_with_assertions_used_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_secret_goes_the_way_the_provider_takes, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
