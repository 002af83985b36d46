/* links: PkgConfig::LIBJWT */
/* jose against Debian's libjwt as an oracle: what we sign it verifies, what it signs we verify; and
 * what it wrongly accepts we refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jwt.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "jose/jwt.h"

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct str pem_of(EVP_PKEY *key, bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int written = private ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                          : PEM_write_bio_PUBKEY(bio, key);
    assert_int_equal(written, 1);
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    struct str pem = str_dup(a, str_of(p, (size_t)n));
    BIO_free(bio);
    return pem;
}

static const struct {
    enum alg ours;
    jwt_alg_t theirs;
} both[] = {{ALG_ES256, JWT_ALG_ES256}, {ALG_RS256, JWT_ALG_RS256}};

static void libjwt_verifies_what_we_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = NULL;
        EVP_MD_CTX *template = NULL;
        struct str token;
        jwt_t *jwt = NULL;
        assert_int_equal(alg_key_new(both[i].ours, 2048, &key), OK);
        assert_int_equal(alg_sign_template(both[i].ours, key, &template), OK);
        struct str pem = pem_of(key, false);
        for (int n = 0; n < 20; n++) {
            assert_int_equal(jws_sign(a, both[i].ours, key, template, STR("k"), "JWT",
                                      str_fmt(a, "{\"sub\":\"person-%d\"}", n), &token),
                             OK);
            assert_int_equal(
                jwt_decode(&jwt, str_z(a, token), (const unsigned char *)pem.p, (int)pem.n), 0);
            assert_int_equal(jwt_get_alg(jwt), both[i].theirs);
            assert_string_equal(jwt_get_grant(jwt, "sub"), str_fmt(a, "person-%d", n).p);
            jwt_free(jwt);
        }
        EVP_MD_CTX_free(template);
        EVP_PKEY_free(key);
    }
}

static void we_verify_what_libjwt_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = NULL;
        struct jwk *public = NULL;
        struct jws jws;
        jwt_t *jwt = NULL;
        assert_int_equal(alg_key_new(both[i].ours, 2048, &key), OK);
        assert_int_equal(jwk_new(key, both[i].ours, STR_NONE, &public), OK);
        struct str pem = pem_of(key, true);
        assert_int_equal(jwt_new(&jwt), 0);
        assert_int_equal(jwt_add_grant(jwt, "sub", "person-1"), 0);
        assert_int_equal(jwt_set_alg(jwt, both[i].theirs, (const unsigned char *)pem.p, (int)pem.n),
                         0);
        for (int n = 0; n < 20; n++) {
            char *token = jwt_encode_str(jwt);
            assert_non_null(token);
            assert_int_equal(jws_parse(a, str_from(token), &jws), OK);
            assert_int_equal(jws_verify(&jws, public, "JWT"), OK);
            free(token);
        }
        jwt_free(jwt);
        jwk_free(public);
        EVP_PKEY_free(key);
    }
}

/* spec: RFC 8725 §3.2 an HMAC keyed with a public key MUST NOT verify */
static void we_refuse_the_confusion_libjwt_falls_for(void **state)
{
    (void)state;
    EVP_PKEY *key = NULL;
    struct jws jws;
    jwt_t *jwt = NULL;
    jwt_t *decoded = NULL;
    assert_int_equal(alg_key_new(ALG_RS256, 2048, &key), OK);
    struct str pem = pem_of(key, false);
    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)pem.p, (int)pem.n), 0);
    char *token = jwt_encode_str(jwt);
    assert_non_null(token);
    assert_int_equal(jwt_decode(&decoded, token, (const unsigned char *)pem.p, (int)pem.n), 0);
    assert_int_equal(jws_parse(a, str_from(token), &jws), ERR_INPUT);
    jwt_free(decoded);
    free(token);
    jwt_free(jwt);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libjwt_verifies_what_we_sign),
        cmocka_unit_test(we_verify_what_libjwt_signs),
        cmocka_unit_test(we_refuse_the_confusion_libjwt_falls_for),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
