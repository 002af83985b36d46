/* jose/jws: every attack of the study of libraries, then the vectors of RFC 7515 and RFC 8037. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <string.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/hash.h"
#include "jose/es256.h"
#include "jose/jws.h"

#define EC_JWK                                                                                     \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","     \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define EC_TOKEN                                                                                   \
    "eyJhbGciOiJFUzI1NiJ9."                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"                                                          \
    "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define RSA_JWK                                                                                    \
    "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"e\":\"AQAB\",\"n\":"                                     \
    "\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"                      \
    "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_"       \
    "7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"                                           \
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"                 \
    "DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}"
#define RSA_TOKEN                                                                                  \
    "eyJhbGciOiJSUzI1NiJ9."                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"     \
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"                                    \
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"                \
    "xi12jzDwusC-"                                                                                 \
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"            \
    "wlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define ED_JWK                                                                                     \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ED_TOKEN                                                                                   \
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."                                    \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

static struct arena *a;
static EVP_PKEY *key;      /* ES256 */
static EVP_MD_CTX *signer; /* its template */
static struct jwks *keys;  /* its public part, kid "k" */

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    json_t *jwk = NULL;
    if (a == NULL || alg_key_new(ALG_ES256, 0, &key) != OK ||
        alg_sign_template(ALG_ES256, key, &signer) != OK ||
        jwk_write(key, ALG_ES256, STR("k"), &jwk) != OK) {
        return 1;
    }
    json_t *set = json_pack("{s:[o]}", "keys", jwk);
    enum err e = jwks_read_json(set, ALG_UNSET, &keys);
    json_decref(set);
    return e != OK;
}

static int tear_down(void **state)
{
    (void)state;
    jwks_free(keys);
    EVP_MD_CTX_free(signer);
    EVP_PKEY_free(key);
    arena_free(a);
    return 0;
}

/* A token with any header and payload, properly signed with the ES256 key. */
static struct str signed_token(struct str header, struct str payload)
{
    struct buf b = buf_in(a);
    struct str signature;
    buf_b64(&b, header);
    buf_byte(&b, '.');
    buf_b64(&b, payload);
    assert_int_equal(jws_signature(a, ALG_ES256, key, signer, buf_str(&b), &signature), OK);
    buf_byte(&b, '.');
    buf_b64(&b, signature);
    return buf_str(&b);
}

static enum err open_it(struct str token)
{
    struct jws jws;
    return jws_open(a, token, keys, "JWT", &jws);
}

static struct str good_token(void)
{
    return signed_token(STR("{\"alg\":\"ES256\",\"kid\":\"k\"}"), STR("{}"));
}

/* spec: RFC 8725 §3.1:list, §3.2, RFC 7515 §4.1.1, RFC 7518 §3.6 MUST NOT allow algorithms outside
 * the supported set spec: RFC 7515 §4.1.11 MUST reject critical extensions that are not understood
 * spec: RFC 7515 §4:unique MUST reject duplicate header names */
static void refuses_headers_although_the_signature_fits(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR("{\"alg\":\"none\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"None\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"\",\"kid\":\"k\"}"),
        STR("{\"alg\":null,\"kid\":\"k\"}"),
        STR("{\"alg\":[\"ES256\"],\"kid\":\"k\"}"),
        STR("{\"kid\":\"k\"}"),
        STR("{\"alg\":\"es256\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES256 \",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES256\\u0000\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES384\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"HS256\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"kid\":\"k\"}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[\"exp\"]}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[]}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false,\"crit\":[\"b64\"]}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false}"),
        STR("{\"alg\":\"ES256\",\"kid\":7}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":7}"),
        STR("{\"alg\":\"ES256\",\"kid\":\"k\"} "
            "x"),
        STR("[\"ES256\"]"),
        STR("\"ES256\""),
        STR(""),
        STR("{"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(open_it(signed_token(bad[i], STR("{}"))), ERR_INPUT);
    }
}

static void refuses_an_hmac_made_with_the_public_key(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    char *pem = NULL;
    long n = BIO_get_mem_data(bio, &pem);
    struct buf b = buf_in(a);
    buf_b64(&b, STR("{\"alg\":\"HS256\",\"kid\":\"k\"}"));
    buf_byte(&b, '.');
    buf_b64(&b, STR("{}"));
    struct sha256 mac = hmac_sha256(pem, (size_t)n, buf_str(&b));
    BIO_free(bio);
    buf_byte(&b, '.');
    buf_b64(&b, sha256_str(&mac));
    assert_int_equal(open_it(buf_str(&b)), ERR_INPUT);
}

static void refuses_an_unsigned_token(void **state)
{
    (void)state;
    struct str t = good_token();
    size_t dots = 0;
    size_t i = 0;
    while (dots < 2) {
        dots += t.p[i++] == '.';
    }
    assert_int_equal(open_it(str_of(t.p, i)), ERR_AUTH);
}

/* spec: RFC 7515 §5.2 MUST three parts, each valid base64url */
static void refuses_text_that_is_not_exactly_the_token(void **state)
{
    (void)state;
    struct str t = good_token();
    assert_int_equal(open_it(t), OK);
    static const char *const tails[] = {"!!!!", "==", "=", ".", ".x", "\n", " ", "AAAA", "A"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        enum err e = open_it(str_fmt(a, "%.*s%s", STR_FMT(t), tails[i]));
        assert_true(e == ERR_INPUT || e == ERR_AUTH);
    }
    assert_int_equal(open_it(str_fmt(a, " %.*s", STR_FMT(t))), ERR_INPUT);
    assert_int_equal(open_it(str_fmt(a, ".%.*s", STR_FMT(t))), ERR_INPUT);
    assert_int_equal(open_it(STR("")), ERR_INPUT);
    assert_int_equal(open_it(STR_NONE), ERR_INPUT);
    assert_int_equal(open_it(STR(".")), ERR_INPUT);
    assert_int_equal(open_it(STR("..")), ERR_INPUT);
    assert_int_equal(open_it(STR("....")), ERR_INPUT);
    assert_int_equal(open_it(STR("a.b.c.d.e")), ERR_INPUT);
}

/* The last character of a 64-byte signature carries four unused bits: only one of sixteen is good.
 */
static void refuses_other_spellings_of_the_same_signature(void **state)
{
    (void)state;
    struct str t = good_token();
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
    int accepted = 0;
    for (size_t i = 0; letters[i] != '\0'; i++) {
        char *copy = str_z(a, t);
        copy[t.n - 1] = letters[i];
        accepted += open_it(str_of(copy, t.n)) == OK;
    }
    assert_int_equal(accepted, 1);
}

/* spec: RFC 8725 §3.3 */
static void refuses_every_changed_bit(void **state)
{
    (void)state;
    struct str t = good_token();
    for (size_t i = 0; i < t.n; i++) {
        char *copy = str_z(a, t);
        copy[i] ^= 1;
        assert_int_not_equal(open_it(str_of(copy, t.n)), OK);
    }
}

static void refuses_huge_tokens_unseen(void **state)
{
    (void)state;
    char *p = arena_alloc(a, 8u << 20);
    memset(p, 'A', 8u << 20);
    assert_int_equal(open_it(str_of(p, 8u << 20)), ERR_LIMIT);
    assert_int_equal(open_it(str_of(p, JWS_MAX + 1)), ERR_LIMIT);
    assert_int_equal(open_it(str_of(p, JWS_MAX)), ERR_INPUT);
}

/* spec: RFC 8725 §3.1:key each key MUST be used with exactly one algorithm */
static void refuses_an_algorithm_other_than_the_keys(void **state)
{
    (void)state;
    static const struct str other[] = {STR("{\"alg\":\"RS256\",\"kid\":\"k\"}"),
                                       STR("{\"alg\":\"PS256\",\"kid\":\"k\"}"),
                                       STR("{\"alg\":\"EdDSA\",\"kid\":\"k\"}")};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_it(signed_token(other[i], STR("{}"))), ERR_AUTH);
    }
    struct jwk *rsa = NULL;
    struct jws jws;
    assert_int_equal(jwk_read_text(STR(RSA_JWK), ALG_UNSET, &rsa), OK);
    assert_int_equal(jws_parse(a, good_token(), &jws), OK);
    assert_int_equal(jws_verify(&jws, rsa, "JWT"), ERR_AUTH);
    jwk_free(rsa);
    EVP_PKEY *p384 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    struct jwk *wrong_curve = NULL;
    assert_int_equal(jwk_new(p384, ALG_ES256, STR("k"), &wrong_curve), ERR_INPUT);
    assert_int_equal(jwk_new(key, ALG_RS256, STR("k"), &wrong_curve), ERR_INPUT);
    EVP_PKEY_free(p384);
}

static void an_unknown_key_is_told_apart_from_a_bad_signature(void **state)
{
    (void)state;
    assert_int_equal(open_it(signed_token(STR("{\"alg\":\"ES256\",\"kid\":\"other\"}"), STR("{}"))),
                     ERR_NOT_FOUND);
    assert_int_equal(open_it(signed_token(STR("{\"alg\":\"EdDSA\"}"), STR("{}"))), ERR_NOT_FOUND);
    assert_int_equal(open_it(signed_token(STR("{\"alg\":\"ES256\"}"), STR("{}"))), OK);
}

/* spec: RFC 8725 §3.11, §3.12 explicit typing keeps one kind of JWT from passing for another
 * spec: RFC 9068 §4:typ MUST reject tokens whose typ is not at+jwt or application/at+jwt
 * spec: RFC 7515 §4.1.9 */
static void refuses_another_type_of_token(void **state)
{
    (void)state;
    static const struct {
        struct str header;
        const char *expected;
        enum err result;
    } cases[] = {
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\"}"), "at+jwt", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}"), "at+jwt", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"\"}"), "JWT", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}"), "JWT", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwtx\"}"), "at+jwt", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/\"}"), "at+jwt", ERR_AUTH},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}"), "at+jwt", OK},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/AT+JWT\"}"), "at+jwt", OK},
        {STR("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"jwt\"}"), "JWT", OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jws jws;
        struct str token = signed_token(cases[i].header, STR("{}"));
        assert_int_equal(jws_open(a, token, keys, cases[i].expected, &jws), cases[i].result);
    }
}

/* spec: RFC 7518 §3.4 */
static void refuses_ecdsa_signatures_of_another_form(void **state)
{
    (void)state;
    struct buf b = buf_in(a);
    buf_b64(&b, STR("{\"alg\":\"ES256\",\"kid\":\"k\"}"));
    buf_addz(&b, ".e30");
    struct str raw;
    uint8_t der[ES256_DER_MAX];
    assert_int_equal(jws_signature(a, ALG_ES256, key, signer, buf_str(&b), &raw), OK);
    size_t n = es256_to_der((const uint8_t *)raw.p, der);
    const struct jwk *k = jwks_at(keys, 0);
    uint8_t zeros[ES256_SIZE + 1] = {0};
    assert_int_equal(jws_signature_verify(k, buf_str(&b), raw), OK);
    assert_int_equal(jws_signature_verify(k, buf_str(&b), str_of(der, n)), ERR_AUTH);
    assert_int_equal(jws_signature_verify(k, buf_str(&b), str_of(raw.p, 63)), ERR_AUTH);
    assert_int_equal(jws_signature_verify(k, buf_str(&b), str_of(zeros, 64)), ERR_AUTH);
    assert_int_equal(jws_signature_verify(k, buf_str(&b), str_of(zeros, 65)), ERR_AUTH);
    assert_int_equal(jws_signature_verify(k, buf_str(&b), STR_NONE), ERR_AUTH);
}

/* spec: RFC 7515 §5.1 */
static void verifies_the_vectors_of_rfc_7515_and_8037(void **state)
{
    (void)state;
    static const struct {
        struct str jwk;
        struct str token;
    } known[] = {
        {STR(EC_JWK), STR(EC_TOKEN)}, {STR(RSA_JWK), STR(RSA_TOKEN)}, {STR(ED_JWK), STR(ED_TOKEN)}};
    for (size_t i = 0; i < 3; i++) {
        struct jwk *k = NULL;
        struct jws jws;
        assert_int_equal(jwk_read_text(known[i].jwk, ALG_UNSET, &k), OK);
        assert_int_equal(jws_parse(a, known[i].token, &jws), OK);
        assert_int_equal(jws_verify(&jws, k, "JWT"), OK);
        char *changed = str_z(a, jws.signed_text);
        changed[jws.signed_text.n - 1] ^= 1;
        jws.signed_text.p = changed;
        assert_int_equal(jws_verify(&jws, k, "JWT"), ERR_AUTH);
        jwk_free(k);
    }
}

static void what_is_signed_verifies_with_each_algorithm(void **state)
{
    (void)state;
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        EVP_PKEY *private = NULL;
        EVP_MD_CTX *template = NULL;
        struct jwk *public = NULL;
        struct str token;
        struct jws jws;
        assert_int_equal(alg_key_new(alg, 2048, &private), OK);
        assert_int_equal(alg_sign_template(alg, private, &template), OK);
        assert_int_equal(jwk_new(private, alg, STR("kid-1"), &public), OK);
        for (int i = 0; i < 20; i++) {
            struct str payload = str_fmt(a, "{\"n\":%d}", i);
            assert_int_equal(
                jws_sign(a, alg, private, template, STR("kid-1"), "at+jwt", payload, &token), OK);
            assert_int_equal(jws_parse(a, token, &jws), OK);
            assert_int_equal(jws_verify(&jws, public, "at+jwt"), OK);
            assert_true(str_eq(jws.payload, payload));
            assert_true(str_eqz(jws.kid, "kid-1"));
        }
        assert_int_equal(jws_sign(a, alg, private, template, STR("a\"b"), "JWT", STR("{}"), &token),
                         ERR_INTERNAL);
        jwk_free(public);
        EVP_MD_CTX_free(template);
        EVP_PKEY_free(private);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_headers_although_the_signature_fits),
        cmocka_unit_test(refuses_an_hmac_made_with_the_public_key),
        cmocka_unit_test(refuses_an_unsigned_token),
        cmocka_unit_test(refuses_text_that_is_not_exactly_the_token),
        cmocka_unit_test(refuses_other_spellings_of_the_same_signature),
        cmocka_unit_test(refuses_every_changed_bit),
        cmocka_unit_test(refuses_huge_tokens_unseen),
        cmocka_unit_test(refuses_an_algorithm_other_than_the_keys),
        cmocka_unit_test(an_unknown_key_is_told_apart_from_a_bad_signature),
        cmocka_unit_test(refuses_another_type_of_token),
        cmocka_unit_test(refuses_ecdsa_signatures_of_another_form),
        cmocka_unit_test(verifies_the_vectors_of_rfc_7515_and_8037),
        cmocka_unit_test(what_is_signed_verifies_with_each_algorithm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
