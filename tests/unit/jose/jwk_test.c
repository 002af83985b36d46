/* jose/jwk, jwks, es256: keys that must not get in, and the published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <openssl/core_names.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/json.h"
#include "jose/es256.h"
#include "jose/jwks.h"

#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
/* RFC 7638 section 3.1 */
#define RSA_N                                                                                      \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"      \
    "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"              \
    "65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"   \
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

#define EC(extra)                                                                                  \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"" extra "}"

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

static enum err read_it(struct str text)
{
    struct jwk *k = NULL;
    enum err e = jwk_read_text(text, ALG_UNSET, &k);
    assert_true((e == OK) == (k != NULL));
    jwk_free(k);
    return e;
}

/* spec: RFC 7517 §9.2 */
static void refuses_private_and_symmetric_keys(void **state)
{
    (void)state;
    assert_int_equal(read_it(STR(EC(",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""))),
                     ERR_DENIED);
    assert_int_equal(read_it(STR(EC(",\"d\":null"))), ERR_DENIED);
    assert_int_equal(read_it(STR("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}")),
                     ERR_DENIED);
    assert_int_equal(read_it(STR("{\"kty\":\"RSA\",\"n\":\"" RSA_N
                                 "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"p\":\"AQ\"}")),
                     ERR_DENIED);
}

/* spec: RFC 7518 §6.2.1.2 MUST x and y of the full size of a coordinate
 * spec: RFC 8725 §3.4 */
static void refuses_points_that_are_not_on_the_curve(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_Y "\",\"y\":\"" P256_X "\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
            "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
            ",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"____________________________________________"
            "_w\""
            ",\"y\":\"" P256_Y "\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" P256_X "\",\"y\":\"" P256_Y "\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":7,\"y\":\"" P256_Y "\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "=\",\"y\":\"" P256_Y "\"}"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_it(bad[i]), ERR_INPUT);
    }
}

static struct str okp(const unsigned char x[32])
{
    struct str text = b64_str(a, str_of(x, 32));
    return str_fmt(a, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"}", STR_FMT(text));
}

/* spec: RFC 8725 §3.4 */
static void refuses_ed25519_points_of_small_order(void **state)
{
    (void)state;
    unsigned char x[32] = {0};
    assert_int_equal(read_it(okp(x)), ERR_INPUT);
    x[0] = 1;
    assert_int_equal(read_it(okp(x)), ERR_INPUT);
    x[31] = 0x80;
    assert_int_equal(read_it(okp(x)), ERR_INPUT);
    memset(x, 0xff, sizeof(x));
    for (unsigned low = 0xec; low <= 0xee; low++) {
        x[0] = (unsigned char)low;
        assert_int_equal(read_it(okp(x)), ERR_INPUT);
    }
    assert_int_equal(read_it(STR("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}")), ERR_INPUT);
}

/* spec: RFC 7518 §3.3 MUST a key of 2048 bits or larger
 * spec: RFC 7518 §2 no leading zero */
static void refuses_rsa_keys_that_are_weak_or_oversized(void **state)
{
    (void)state;
    static const size_t sizes[] = {64, 128, 255, 513, 1024};
    unsigned char n[1024];
    memset(n, 0xA7, sizeof(n));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct str text = b64_str(a, str_of(n, sizes[i]));
        assert_int_equal(
            read_it(str_fmt(a, "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"e\":\"AQAB\",\"n\":\"%.*s\"}",
                            STR_FMT(text))),
            ERR_INPUT);
    }
    static const char *const exponents[] = {"AQ", "AA", "Ag", "AAEAAQ", "AQABAQAB", "", "AQAC"};
    for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
        assert_int_equal(
            read_it(str_fmt(a,
                            "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"%s\"}",
                            exponents[i])),
            ERR_INPUT);
    }
    assert_int_equal(
        read_it(STR("{\"kty\":\"RSA\",\"alg\":\"RS256\",\"e\":\"AQAB\",\"n\":\"AA" RSA_N "\"}")),
        ERR_INPUT);
}

/* spec: RFC 7517 §4.2, §4.3 */
static void passes_over_keys_for_other_uses(void **state)
{
    (void)state;
    static const struct str other[] = {
        STR(EC(",\"use\":\"enc\"")),
        STR(EC(",\"use\":7")),
        STR(EC(",\"key_ops\":[\"sign\"]")),
        STR(EC(",\"key_ops\":\"verify\"")),
        STR(EC(",\"alg\":\"ES384\"")),
        STR(EC(",\"alg\":\"RS256\"")),
        STR(EC(",\"alg\":\"none\"")),
        STR(EC(",\"alg\":7")),
        STR("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}"),
        STR("{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}"),
        STR("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}"),
        STR("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}"),
        STR("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"alg\":\"RS512\"}"),
        STR("{\"kty\":\"ML-DSA\"}"),
    };
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_int_equal(read_it(other[i]), ERR_NOT_FOUND);
    }
    assert_int_equal(
        read_it(STR(EC(",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"ES256\""))), OK);
}

static void knows_the_thumbprints_of_rfc_7638_and_8037(void **state)
{
    (void)state;
    static const struct {
        struct str jwk;
        const char *thumbprint;
    } known[] = {
        {STR("{\"kty\":\"RSA\",\"n\":\"" RSA_N
             "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"),
         "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
        {STR("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\"}"),
         "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct jwk *k = NULL;
        struct str text;
        assert_int_equal(jwk_read_text(known[i].jwk, ALG_UNSET, &k), OK);
        assert_int_equal(jwk_thumbprint_text(a, k->key, &text), OK);
        assert_true(str_eqz(text, known[i].thumbprint));
        jwk_free(k);
    }
}

static void writes_the_public_part_only(void **state)
{
    (void)state;
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        EVP_PKEY *key = NULL;
        json_t *object = NULL;
        struct jwk *k = NULL;
        assert_int_equal(alg_key_new(alg, 2048, &key), OK);
        assert_int_equal(jwk_write(key, alg, STR("k1"), &object), OK);
        assert_null(json_object_get(object, "d"));
        assert_int_equal(jwk_read(object, ALG_UNSET, &k), OK);
        assert_int_equal(EVP_PKEY_eq(k->key, key), 1);
        assert_int_equal(k->alg, alg);
        assert_string_equal(k->kid, "k1");
        jwk_free(k);
        json_decref(object);
        EVP_PKEY_free(key);
    }
}

/* spec: RFC 7517 §5, §4.1 */
static void a_set_passes_over_what_it_can_not_use(void **state)
{
    (void)state;
    struct jwks *set = NULL;
    assert_int_equal(jwks_read(STR("[]"), ALG_UNSET, &set), ERR_INPUT);
    assert_int_equal(jwks_read(STR("{\"keys\":{}}"), ALG_UNSET, &set), ERR_INPUT);
    assert_int_equal(
        jwks_read(
            STR("{\"keys\":[7,null,{\"kty\":\"oct\",\"k\":\"AA\",\"kid\":\"a\"},"
                "{\"kty\":\"new\",\"kid\":\"b\"}," EC(
                    ",\"kid\":\"c\"") ","
                                      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X
                                      "\",\"kid\":\"c\"},"
                                      "{\"kty\":\"RSA\",\"kid\":\"d\",\"e\":\"AQAB\",\"n\":\"" RSA_N
                                      "\"}]}"),
            ALG_PS256, &set),
        OK);
    assert_int_equal(jwks_count(set), 3);
    assert_null(jwks_find(set, STR("a"), ALG_ES256));
    assert_null(jwks_find(set, STR("d"), ALG_RS256));
    assert_null(jwks_find(set, STR(""), ALG_ES256));
    assert_int_equal(jwks_find(set, STR("c"), ALG_ES256)->alg, ALG_ES256);
    assert_int_equal(jwks_find(set, STR("c"), ALG_EDDSA)->alg, ALG_EDDSA);
    assert_int_equal(jwks_find(set, STR("d"), ALG_PS256)->alg, ALG_PS256);
    assert_ptr_equal(jwks_find(set, STR_NONE, ALG_ES256), jwks_at(set, 0));
    assert_null(jwks_at(set, 3));
    jwks_free(set);
    set = NULL;
    assert_int_equal(jwks_read(STR("{\"keys\":[" EC("") "," EC("") "]}"), ALG_UNSET, &set), OK);
    assert_null(jwks_find(set, STR_NONE, ALG_ES256));
    jwks_free(set);
    jwks_free(NULL);
}

static void ecdsa_forms_refuse_what_is_not_der_and_convert_all_edges(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR(""),
        STR("\x30"),
        STR("\x30\x00"),
        STR("\x31\x06\x02\x01\x01\x02\x01\x01"),
        STR("\x30\x06\x02\x01\x01\x02\x01\x01x"),
        STR("\x30\x06\x02\x01\x81\x02\x01\x01"),
        STR("\x30\x07\x02\x02\x00\x01\x02\x01\x01"),
        STR("\x30\x06\x02\x01\x01\x03\x01\x01"),
        STR("\x30\x05\x02\x00\x02\x01\x01"),
        STR("\x30\x06\x02\x7f\x01\x02\x01\x01"),
        STR("\x30\x03\x02\x01\x01"),
    };
    uint8_t raw[ES256_SIZE];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(es256_from_der(bad[i], raw), ERR_CRYPTO);
    }
    static const uint8_t firsts[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (size_t zeros = 0; zeros < 32; zeros++) {
        for (size_t f = 0; f < sizeof(firsts); f++) {
            uint8_t in[ES256_SIZE];
            uint8_t der[ES256_DER_MAX];
            memset(in, 0xC3, sizeof(in));
            memset(in, 0, zeros);
            in[zeros] = firsts[f];
            in[32] = firsts[f];
            size_t n = es256_to_der(in, der);
            assert_true(n <= sizeof(der));
            assert_int_equal(es256_from_der(str_of(der, n), raw), OK);
            assert_memory_equal(raw, in, sizeof(in));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_private_and_symmetric_keys),
        cmocka_unit_test(refuses_points_that_are_not_on_the_curve),
        cmocka_unit_test(refuses_ed25519_points_of_small_order),
        cmocka_unit_test(refuses_rsa_keys_that_are_weak_or_oversized),
        cmocka_unit_test(passes_over_keys_for_other_uses),
        cmocka_unit_test(knows_the_thumbprints_of_rfc_7638_and_8037),
        cmocka_unit_test(writes_the_public_part_only),
        cmocka_unit_test(a_set_passes_over_what_it_can_not_use),
        cmocka_unit_test(ecdsa_forms_refuse_what_is_not_der_and_convert_all_edges),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
