/* base/b64: what a strict decoder refuses, then the vectors of RFC 4648. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/b64.h"

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

/* spec: RFC 7515 §2 MUST base64url without padding, line breaks or other characters */
static void refuses_everything_that_is_not_canonical(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR("A"),          STR("AAAAA"),  STR("Zg=="), STR("Zm8="), STR("Zm+v"),  STR("Zm/v"),
        STR("Zm9v "),      STR("Zm9v\n"), STR("Zh"),   STR("Zm9"),  STR("Zm\0v"), STR("Zm9v!!!!"),
        STR("Z\xC3\xA9v"), STR("Z-_/"),   STR("Zg=A"), STR("===="),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str out = STR("untouched");
        assert_int_equal(b64_decode(a, bad[i], &out), ERR_INPUT);
        assert_true(str_eqz(out, "untouched"));
    }
}

static void refuses_a_size_other_than_the_one_asked_for(void **state)
{
    (void)state;
    unsigned char out[3];
    assert_int_equal(b64_decode_exact(STR("Zm9vYg"), out, 3), ERR_INPUT);
    assert_int_equal(b64_decode_exact(STR("Zm8"), out, 3), ERR_INPUT);
    assert_int_equal(b64_decode_exact(STR("Zm9v"), out, 3), OK);
    assert_memory_equal(out, "foo", 3);
}

static void refuses_standard_text_without_padding_or_with_too_much(void **state)
{
    (void)state;
    struct str out;
    static const struct str bad[] = {STR("Zg"),   STR("Zg="),  STR("Zg==="), STR("Zg==Zg=="),
                                     STR("Zh=="), STR("Zm-v"), STR("Z==="),  STR("====")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(b64_decode_std(a, bad[i], &out), ERR_INPUT);
    }
    assert_int_equal(b64_decode_std(a, STR("Zm9vYg=="), &out), OK);
    assert_true(str_eqz(out, "foob"));
    assert_int_equal(b64_decode_std(a, STR("+/+/"), &out), OK);
    assert_int_equal(out.n, 3);
}

static void knows_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const vector[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        assert_true(str_eqz(b64_str(a, str_from(vector[i][0])), vector[i][1]));
        struct str out;
        assert_int_equal(b64_decode(a, str_from(vector[i][1]), &out), OK);
        assert_true(str_eqz(out, vector[i][0]));
    }
}

/* Each value of six bits once, in order. */
static void knows_the_whole_alphabet(void **state)
{
    (void)state;
    unsigned char bytes[48] = {0};
    for (size_t bit = 0; bit < 64 * 6; bit++) {
        if ((bit / 6 >> (5 - bit % 6) & 1) != 0) {
            bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
        }
    }
    assert_true(str_eqz(b64_str(a, str_of(bytes, sizeof(bytes))),
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"));
}

static void every_byte_survives_at_every_length(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 167 + 13);
    }
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        struct str text = b64_str(a, str_of(bytes, n));
        assert_int_equal(text.n, B64_SIZE(n));
        struct str out;
        assert_int_equal(b64_decode(a, text, &out), OK);
        assert_true(str_eq(out, str_of(bytes, n)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_everything_that_is_not_canonical),
        cmocka_unit_test(refuses_a_size_other_than_the_one_asked_for),
        cmocka_unit_test(refuses_standard_text_without_padding_or_with_too_much),
        cmocka_unit_test(knows_the_vectors_of_rfc_4648),
        cmocka_unit_test(knows_the_whole_alphabet),
        cmocka_unit_test(every_byte_survives_at_every_length),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
