/* keystore/seal, gcm, siv, key, lookup: what is moved, changed or under another master key does not
 * open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/hex.h"
#include "base/rand.h"
#include "jose/jws.h"
#include "keystore/key.h"
#include "keystore/lookup.h"
#include "keystore/seal.h"
#include "keystore/siv.h"

static struct arena *a;
static struct wrap_ring *ring;
static uint8_t master[32];

static int setup(void **state)
{
    (void)state;
    a = arena_new(0);
    rand_bytes(master, sizeof master);
    return wrap_ring_of_master(str_of(master, 32), STR_NONE, WRAP_FOR_SIGNERS, &ring) == OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    wrap_ring_free(&ring);
    arena_free(a);
    return 0;
}

static void refuses_every_changed_bit(void **state)
{
    (void)state;
    struct str context = wrap_context(a, STR("sign"), STR("kid")), sealed;
    struct secret *out = NULL;
    assert_int_equal(wrap_seal(a, ring, context, STR("a private key"), &sealed), OK);
    assert_int_equal(sealed.n, WRAP_OVERHEAD + 13);
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        char *bytes = arena_alloc(a, sealed.n);
        memcpy(bytes, sealed.p, sealed.n);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_not_equal(wrap_open(ring, context, str_of(bytes, sealed.n), &out), OK);
    }
    for (size_t n = 0; n < sealed.n; n++) {
        assert_int_not_equal(wrap_open(ring, context, str_of(sealed.p, n), &out), OK);
    }
    assert_null(out);
    assert_int_equal(wrap_open(ring, context, sealed, &out), OK);
    assert_memory_equal(secret_bytes(out), "a private key", 13);
    secret_free(&out);
}

static void refuses_another_place_or_another_master(void **state)
{
    (void)state;
    struct str sealed, again;
    struct secret *out = NULL;
    uint8_t fresh[32];
    struct wrap_ring *other, *both, *verifiers;
    rand_bytes(fresh, sizeof fresh);
    struct str context = wrap_context(a, STR("sign"), STR("kid"));
    assert_int_equal(wrap_seal(a, ring, context, STR("key"), &sealed), OK);
    assert_int_equal(wrap_open(ring, wrap_context(a, STR("root"), STR("kid")), sealed, &out),
                     ERR_DENIED);
    assert_int_equal(wrap_open(ring, wrap_context(a, STR("signk"), STR("id")), sealed, &out),
                     ERR_DENIED);
    assert_int_equal(
        wrap_ring_of_master(str_of(master, 32), STR_NONE, WRAP_FOR_VERIFIERS, &verifiers), OK);
    assert_int_equal(wrap_open(verifiers, context, sealed, &out), ERR_NOT_FOUND);
    assert_int_equal(wrap_ring_of_master(str_of(fresh, 32), STR_NONE, WRAP_FOR_SIGNERS, &other),
                     OK);
    assert_int_equal(wrap_open(other, context, sealed, &out), ERR_NOT_FOUND);
    assert_int_equal(
        wrap_ring_of_master(str_of(fresh, 32), str_of(master, 32), WRAP_FOR_SIGNERS, &both), OK);
    assert_false(wrap_is_present(both, sealed));
    assert_int_equal(wrap_again(a, both, context, sealed, &again), OK);
    assert_true(wrap_is_present(other, again));
    assert_int_equal(wrap_open(other, context, again, &out), OK);
    secret_free(&out);
    assert_int_equal(wrap_ring_new(STR("short"), STR_NONE, &other), ERR_INPUT);
    wrap_ring_free(&other);
    wrap_ring_free(&both);
    wrap_ring_free(&verifiers);
}

static void signing_keys_survive_sealing_and_keep_their_kid(void **state)
{
    (void)state;
    for (enum alg alg = ALG_ES256; alg < ALG_END; alg++) {
        struct sign_key *k = NULL, *again = NULL;
        struct secret *der = NULL;
        struct str signature;
        assert_int_equal(sign_key_generate(alg, &k), OK);
        assert_int_equal(sign_key_write(k, &der), OK);
        assert_int_equal(sign_key_read(alg, der, &again), OK);
        assert_string_equal(sign_key_public(k)->kid, sign_key_public(again)->kid);
        assert_int_equal(strlen(sign_key_public(k)->kid), KEY_KID_SIZE);
        assert_int_equal(sign_key_sign(a, again, STR("text"), &signature), OK);
        assert_int_equal(jws_signature_verify(sign_key_public(k), STR("text"), signature), OK);
        assert_int_not_equal(jws_signature_verify(sign_key_public(k), STR("texT"), signature), OK);
        struct jwk *published = NULL; /* no private member: jwk_read refuses them */
        assert_int_equal(jwk_read_text(sign_key_jwk(k), ALG_UNSET, &published), OK);
        assert_string_equal(published->kid, sign_key_public(k)->kid);
        jwk_free(published);
        enum alg wrong = alg == ALG_ES256 ? ALG_EDDSA : ALG_ES256;
        sign_key_free(&again);
        assert_int_equal(sign_key_read(wrong, der, &again), ERR_INPUT);
        secret_free(&der);
        sign_key_free(&k);
    }
}

static void digests_differ_by_key_kind_and_value(void **state)
{
    (void)state;
    struct secret *k, *other;
    assert_int_equal(secret_new(NULL, 32, &k), OK);
    assert_int_equal(secret_new(NULL, 32, &other), OK);
    struct sha256 d = lookup_digest(k, STR("phone"), STR("1"));
    struct sha256 same = lookup_digest(k, STR("phone"), STR("1"));
    assert_memory_equal(&d, &same, sizeof d);
    struct sha256 unlike[] = {lookup_digest(other, STR("phone"), STR("1")),
                              lookup_digest(k, STR("phone1"), STR("")),
                              lookup_digest(k, STR("email"), STR("1"))};
    for (size_t i = 0; i < 3; i++) {
        assert_memory_not_equal(&d, &unlike[i], sizeof d);
    }
    secret_free(&k);
    secret_free(&other);
}

/* Vectors of python3-cryptography's AESSIV: key 00 01 02 …, text 40 41 42 … */
static void names_are_those_of_rfc_5297_each_time(void **state)
{
    (void)state;
    static const struct {
        const char *aad, *hex;
    } rows[] = {
        {"portal.example", "d488c43cb211ce84f5aefeec93d805b8a71f55543daca4be8228b70b0fa46647"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "e461bf0e14755662413641391a70830b18e069b21c731dff6ab3256b5ee2fd8d"},
    };
    uint8_t key[SIV_KEY], text[16], out[SIV_TAG + sizeof text];
    char hex[2 * sizeof out];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(0x40 + i);
    }
    struct siv *s = NULL;
    assert_int_equal(siv_new(key, &s), OK);
    struct str plain = str_of(text, sizeof text);
    assert_int_equal(siv_seal(s, STR_NONE, plain, out), ERR_INPUT);
    for (size_t again = 0; again < 3; again++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            assert_int_equal(siv_seal(s, str_from(rows[i].aad), plain, out), OK);
            hex_write(out, sizeof out, hex);
            assert_memory_equal(hex, rows[i].hex, sizeof hex);
        }
    }
    siv_free(&s);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_changed_bit),
        cmocka_unit_test(refuses_another_place_or_another_master),
        cmocka_unit_test(signing_keys_survive_sealing_and_keep_their_kid),
        cmocka_unit_test(digests_differ_by_key_kind_and_value),
        cmocka_unit_test(names_are_those_of_rfc_5297_each_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
