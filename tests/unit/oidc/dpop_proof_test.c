/* oidc/dpop_proof: a long table of refusals, then the examples of RFC 9449 and real keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/json.h"
#include "jose/jws.h"
#include "oidc/dpop_proof.h"

#define NOW 1700000000
#define URI "https://id.example/token"
#define TOKEN "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
#define ATH "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"

static struct arena *a;
static EVP_PKEY *keys[ALG_END];

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        if (alg_key_new(alg, 2048, &keys[alg]) != OK) {
            return 1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        EVP_PKEY_free(keys[alg]);
    }
    arena_free(a);
    return 0;
}

static struct str jwk_of(enum alg alg)
{
    json_t *jwk = NULL;
    assert_int_equal(jwk_write(keys[alg], alg, STR_NONE, &jwk), OK);
    return json_text(a, json_own(a, jwk));
}

static struct str signed_with(enum alg alg, struct str header, struct str claims)
{
    struct buf b = buf_in(a);
    EVP_MD_CTX *template = NULL;
    struct str signature;
    buf_b64(&b, header);
    buf_byte(&b, '.');
    buf_b64(&b, claims);
    assert_int_equal(alg_sign_template(alg, keys[alg], &template), OK);
    assert_int_equal(jws_signature(a, alg, keys[alg], template, buf_str(&b), &signature), OK);
    EVP_MD_CTX_free(template);
    buf_byte(&b, '.');
    buf_b64(&b, signature);
    return buf_str(&b);
}

static struct str header_of(enum alg alg)
{
    return str_fmt(a, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%.*s}", alg_name(alg),
                   STR_FMT(jwk_of(alg)));
}

static enum refusal judge(struct str text, const char *access_token, struct dpop_proof *out)
{
    struct dpop_expect expect = {.method = STR("POST"),
                                 .uri = STR(URI),
                                 .access_token = str_from(access_token),
                                 .now = NOW,
                                 .age_s = 60,
                                 .ahead_s = 10};
    return dpop_proof_check(a, text, &expect, out);
}

#define JTI "\"jti\":\"j1\""
#define HTM "\"htm\":\"POST\""
#define HTU "\"htu\":\"" URI "\""
#define IAT "\"iat\":1700000000"
#define GOOD "{" JTI "," HTM "," HTU "," IAT "}"

/* spec: RFC 9449 §4.3:jwt, §4.3:htm, §4.3:htu, §4.3:iat, §4.3:ath, §11.1:window */
static void refuses_each_wrong_or_missing_claim(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum refusal why;
    } bad[] = {
        {"{" HTM "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU "}", REFUSE_DPOP_CLAIMS},
        {"{}", REFUSE_DPOP_CLAIMS},
        {"[]", REFUSE_DPOP_CLAIMS},
        {"null", REFUSE_DPOP_CLAIMS},
        {"", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," JTI "," HTM "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{\"jti\":\"\"," HTM "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{\"jti\":7," HTM "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{\"jti\":[\"j\"]," HTM "," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI ",\"htm\":1," HTU "," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM ",\"htu\":[\"" URI "\"]," IAT "}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU ",\"iat\":\"1700000000\"}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU ",\"iat\":1700000000.5}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU ",\"iat\":-1}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU ",\"iat\":9223372036854775807}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU "," IAT ",\"nonce\":1}", REFUSE_DPOP_CLAIMS},
        {"{" JTI "," HTM "," HTU "," IAT ",\"nonce\":\"\"}", REFUSE_DPOP_CLAIMS},
        {"{" JTI ",\"htm\":\"GET\"," HTU "," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI ",\"htm\":\"post\"," HTU "," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM ",\"htu\":\"https://id.example/userinfo\"," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM ",\"htu\":\"https://id.example/token/\"," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM ",\"htu\":\"https://id.example.evil/token\"," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM ",\"htu\":\"http://id.example/token\"," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM ",\"htu\":\"/token\"," IAT "}", REFUSE_DPOP_TARGET},
        {"{" JTI "," HTM "," HTU ",\"iat\":1699999939}", REFUSE_DPOP_TIME},
        {"{" JTI "," HTM "," HTU ",\"iat\":1700000011}", REFUSE_DPOP_TIME},
        {"{" JTI "," HTM "," HTU ",\"iat\":0}", REFUSE_DPOP_TIME},
        {"{" JTI "," HTM "," HTU "," IAT ",\"exp\":1699999000}", REFUSE_DPOP_TIME},
        {"{" JTI "," HTM "," HTU "," IAT ",\"exp\":\"soon\"}", REFUSE_DPOP_TIME},
        {"{" JTI "," HTM "," HTU "," IAT ",\"nbf\":1700000100}", REFUSE_DPOP_TIME},
    };
    struct dpop_proof out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str text = signed_with(ALG_ES256, header_of(ALG_ES256), str_from(bad[i].claims));
        enum refusal why = judge(text, NULL, &out);
        if (why != bad[i].why) {
            print_error("%s: %s\n", bad[i].claims, refusal_name(why));
            assert_true(false);
        }
    }
    struct buf b = buf_in(a);
    buf_addz(&b, "{" HTM "," HTU "," IAT ",\"jti\":\"");
    for (int i = 0; i < 257; i++) {
        buf_byte(&b, 'j');
    }
    buf_addz(&b, "\"}");
    assert_int_equal(judge(signed_with(ALG_ES256, header_of(ALG_ES256), buf_str(&b)), NULL, &out),
                     REFUSE_DPOP_CLAIMS);
}

/* spec: RFC 9449 §4.3:typ, §4.3:alg, §4.3:jwk */
static void refuses_each_wrong_header(void **state)
{
    (void)state;
    struct str es = jwk_of(ALG_ES256), ps = jwk_of(ALG_PS256), ed = jwk_of(ALG_EDDSA);
    static const char *const shapes[] = {
        "{\"alg\":\"ES256\",\"jwk\":%.*s}",
        "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":%.*s}",
        "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
        "{\"typ\":7,\"alg\":\"ES256\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"es256\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES384\",\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false,\"jwk\":%.*s}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"alg\":\"ES256\",\"jwk\":%.*s}",
    };
    struct dpop_proof out;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct buf b = buf_in(a);
        const char *at = shapes[i];
        const char *mark = strstr(at, "%.*s");
        buf_add(&b, str_of(at, (size_t)(mark - at)));
        buf_add(&b, es);
        buf_addz(&b, mark + 4);
        enum refusal why = judge(signed_with(ALG_ES256, buf_str(&b), STR(GOOD)), NULL, &out);
        if (why != REFUSE_DPOP_MALFORMED) {
            print_error("%s: %s\n", shapes[i], refusal_name(why));
            assert_true(false);
        }
    }
    const struct {
        const char *alg;
        struct str jwk;
        enum refusal why;
    } bad[] = {
        {"RS256", jwk_of(ALG_RS256), REFUSE_DPOP_ALG},
        {"ES256", STR("null"), REFUSE_DPOP_JWK},
        {"ES256", STR("\"key\""), REFUSE_DPOP_JWK},
        {"ES256", STR("{}"), REFUSE_DPOP_JWK},
        {"ES256", STR("{\"kty\":\"EC\",\"crv\":\"P-256\"}"), REFUSE_DPOP_JWK},
        {"ES256", STR("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}"),
         REFUSE_DPOP_JWK},
        {"ES256", STR("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), REFUSE_DPOP_PRIVATE},
        {"ES256", str_fmt(a, "%.*s,\"d\":\"AAAA\"}", (int)es.n - 1, es.p), REFUSE_DPOP_PRIVATE},
        {"PS256", str_fmt(a, "%.*s,\"p\":\"AAAA\"}", (int)ps.n - 1, ps.p), REFUSE_DPOP_PRIVATE},
        /* the signature is by the ES256 key: another type's key can't have made it */
        {"ES256", ps, REFUSE_DPOP_SIGNATURE},
        {"PS256", es, REFUSE_DPOP_SIGNATURE},
        {"EdDSA", es, REFUSE_DPOP_SIGNATURE},
        {"EdDSA", ed, REFUSE_DPOP_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str header = str_fmt(a, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%.*s}",
                                    bad[i].alg, STR_FMT(bad[i].jwk));
        enum refusal why = judge(signed_with(ALG_ES256, header, STR(GOOD)), NULL, &out);
        bool mixed = bad[i].why == REFUSE_DPOP_SIGNATURE && why == REFUSE_DPOP_JWK;
        if (why != bad[i].why && !mixed) {
            print_error("%zu: %s\n", i, refusal_name(why));
            assert_true(false);
        }
    }
}

/* spec: RFC 9449 §4.3:jwt, §4.3:signature */
static void refuses_what_is_not_signed_by_its_own_key(void **state)
{
    (void)state;
    struct dpop_proof out = {.iat = 5};
    struct str good = signed_with(ALG_ES256, header_of(ALG_ES256), STR(GOOD));
    EVP_PKEY *mine = keys[ALG_ES256], *other = NULL;
    struct str header = header_of(ALG_ES256);
    assert_int_equal(alg_key_new(ALG_ES256, 0, &other), OK);
    keys[ALG_ES256] = other;
    assert_int_equal(judge(signed_with(ALG_ES256, header, STR(GOOD)), NULL, &out),
                     REFUSE_DPOP_SIGNATURE);
    keys[ALG_ES256] = mine;
    EVP_PKEY_free(other);
    for (size_t i = 0; i < good.n; i++) { /* every byte counts */
        char *text = str_z(a, good);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_int_not_equal(judge(str_of(text, good.n), NULL, &out), REFUSE_NOTHING);
        assert_int_not_equal(judge(str_of(good.p, i), NULL, &out), REFUSE_NOTHING);
    }
    static const char *const shapes[] = {"", ".", "..", "a.b", "a.b.c", "a.b.c.d"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        assert_int_equal(judge(str_from(shapes[i]), NULL, &out), REFUSE_DPOP_MALFORMED);
    }
    assert_int_equal(judge(str_fmt(a, "%.*s,%.*s", STR_FMT(good), STR_FMT(good)), NULL, &out),
                     REFUSE_DPOP_MALFORMED);
    assert_int_equal(judge(str_of(arena_alloc(a, 4097), 4097), NULL, &out), REFUSE_DPOP_MALFORMED);
    assert_int_equal(out.iat, 5); /* untouched */
}

/* spec: RFC 9449 §4.3:ath */
static void refuses_a_proof_made_for_another_token(void **state)
{
    (void)state;
    struct dpop_proof out;
    static const char *const bad[] = {
        GOOD,
        "{" JTI "," HTM "," HTU "," IAT ",\"ath\":\"\"}",
        "{" JTI "," HTM "," HTU "," IAT ",\"ath\":7}",
        "{" JTI "," HTM "," HTU "," IAT ",\"ath\":\"" ATH "=\"}",
        "{" JTI "," HTM "," HTU "," IAT ",\"ath\":\"gUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str text = signed_with(ALG_EDDSA, header_of(ALG_EDDSA), str_from(bad[i]));
        assert_int_equal(judge(text, TOKEN, &out), REFUSE_DPOP_ATH);
        assert_int_equal(judge(text, "", &out), REFUSE_DPOP_ATH);
    }
    struct str good = signed_with(ALG_EDDSA, header_of(ALG_EDDSA),
                                  STR("{" JTI "," HTM "," HTU "," IAT ",\"ath\":\"" ATH "\"}"));
    assert_int_equal(judge(good, TOKEN, &out), REFUSE_NOTHING);
    assert_int_equal(judge(good, NULL, &out), REFUSE_NOTHING);
}

static void takes_good_proofs_of_every_algorithm_and_names_their_key(void **state)
{
    (void)state;
    static const enum alg algs[] = {ALG_ES256, ALG_EDDSA, ALG_PS256};
    for (size_t i = 0; i < 3; i++) {
        struct dpop_proof out;
        struct str jkt;
        struct str claims = STR("{" JTI "," HTM ",\"htu\":\"HTTPS://ID.example:443/token?x#y\","
                                "\"iat\":1699999940,\"nonce\":\"n\",\"exp\":1700000001,\"x\":{}}");
        assert_int_equal(judge(signed_with(algs[i], header_of(algs[i]), claims), NULL, &out),
                         REFUSE_NOTHING);
        assert_int_equal(jwk_thumbprint_text(a, keys[algs[i]], &jkt), OK);
        assert_true(str_eqz(jkt, out.jkt));
        assert_true(str_eqz(out.jti, "j1") && str_eqz(out.nonce, "n"));
        assert_int_equal(out.iat, 1699999940);
    }
}

#define RFC_KEY                                                                                    \
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo" \
    "UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERW" \
    "clUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."

/* RFC 9449, figures 2, 12 and 9: made by people who never saw this code. */
static void takes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    struct dpop_proof out;
    struct dpop_expect expect = {.method = STR("POST"),
                                 .uri = STR("https://server.example.com/token"),
                                 .now = 1562262616,
                                 .age_s = 60,
                                 .ahead_s = 10};
    struct str token_request =
        STR(RFC_KEY
            "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLm"
            "V4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiML"
            "vqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg");
    assert_int_equal(dpop_proof_check(a, token_request, &expect, &out), REFUSE_NOTHING);
    assert_string_equal(out.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_true(str_eqz(out.jti, "-BwC3ESc6acc2lTc"));
    expect = (struct dpop_expect){.method = STR("GET"),
                                  .uri = STR("https://resource.example.org/protectedresource"),
                                  .access_token = STR(TOKEN),
                                  .now = 1562262618,
                                  .age_s = 60,
                                  .ahead_s = 10};
    struct str resource_request =
        STR(RFC_KEY
            "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS"
            "5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8yc"
            "jJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRi"
            "mPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA");
    assert_int_equal(dpop_proof_check(a, resource_request, &expect, &out), REFUSE_NOTHING);
    expect.access_token = STR("another token");
    assert_int_equal(dpop_proof_check(a, resource_request, &expect, &out), REFUSE_DPOP_ATH);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_each_wrong_or_missing_claim),
        T(refuses_each_wrong_header),
        T(refuses_what_is_not_signed_by_its_own_key),
        T(refuses_a_proof_made_for_another_token),
        T(takes_good_proofs_of_every_algorithm_and_names_their_key),
        T(takes_the_examples_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
