/* registration/logo: only small complete pictures of three kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "registration/logo.h"

/* 64 by 48, as a program would write it, without the pixels. */
#define PNG_HEAD "\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x40\0\0\0\x30\x08\x02\0\0\0"
#define PNG_END "\0\0\0\0IEND\xAE\x42\x60\x82"
#define JPEG "\xFF\xD8\xFF\xE0\0\x04xx\xFF\xC0\0\x11\x08\0\x30\0\x40\x03\xFF\xD9"
#define WEBP "RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\x3F\0\0\x2F\0\0"

static void refuses_everything_else(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct logo logo = {.name = STR("kept")};
    static const char *const bad[] = {
        "",
        "x",
        "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=", /* an SVG */
        "R0lGODlhQABAAAAAACwAAAAAQABAAAACAkQBADs=",                 /* a GIF */
        "iVBORw0KGgo=",                                             /* cut */
        "https://portal.example/logo.png",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(logo_read(a, str_from(bad[i]), &logo), ERR_INPUT);
    }
    char *large = arena_alloc(a, 2 * LOGO_BYTES_MAX);
    memset(large, 'A', 2 * LOGO_BYTES_MAX - 1);
    assert_int_equal(logo_read(a, str_from(large), &logo), ERR_INPUT);
    assert_true(str_eqz(logo.name, "kept"));
    arena_free(a);
}

static void refuses_names_that_are_none(void **state)
{
    (void)state;
#define HEX32 "0123456789abcdef0123456789abcdef"
    static const char *const bad[] = {"",
                                      "x.png",
                                      HEX32 ".png",
                                      HEX32 HEX32,
                                      HEX32 HEX32 ".svg",
                                      HEX32 HEX32 "0.png",
                                      HEX32 "0123456789abcdef0123456789abcde/.png",
                                      HEX32 "0123456789ABCDEF0123456789ABCDEF.png"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(logo_type_of_name(str_from(bad[i])));
    }
    assert_null(logo_type_of_name(STR_NONE));
    assert_string_equal(logo_type_of_name(STR(HEX32 HEX32 ".webp")), "image/webp");
}

static void measures(const char *bytes, size_t n, const char *kind, uint32_t w, uint32_t h)
{
    const char *k;
    uint32_t width, height;
    assert_true(logo_measure(str_of(bytes, n), &k, &width, &height));
    assert_string_equal(k, kind);
    assert_int_equal(width, w);
    assert_int_equal(height, h);
    /* A picture cut anywhere is none, or at least not read beyond its end (sanitizers look). */
    for (size_t cut = 0; cut < n; cut++) {
        char *part = test_malloc(cut + 1);
        memcpy(part, bytes, cut);
        (void)logo_measure(str_of(part, cut), &k, &width, &height);
        test_free(part);
    }
}

static void measures_the_three_kinds(void **state)
{
    (void)state;
    measures(PNG_HEAD PNG_END, sizeof(PNG_HEAD PNG_END) - 1, "png", 64, 48);
    measures(JPEG, sizeof(JPEG) - 1, "jpeg", 64, 48);
    measures(WEBP, sizeof(WEBP) - 1, "webp", 64, 48);
}

static void a_picture_is_named_after_its_content(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct logo one, again;
    static const char base64[] = "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAIAAAAAAAAAAAAAAElFTkSuQmCC";
    assert_int_equal(logo_read(a, str_from(base64), &one), OK);
    assert_int_equal(logo_read(a, str_from(base64), &again), OK);
    assert_true(str_eq(one.name, again.name));
    assert_string_equal(logo_type_of_name(one.name), "image/png");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(refuses_names_that_are_none),
        cmocka_unit_test(measures_the_three_kinds),
        cmocka_unit_test(a_picture_is_named_after_its_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
