/* registration/sector: documents behind sector_identifier_uris. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "registration/sector.h"

static void refuses_what_is_no_list_of_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "{}",     "null",       "\"https://a.example/cb\"",  "[",         "[1]",
        "[[]]", "[null]", "[\"a\",{}]", "[\"https://a.example/cb\"", "[] []",     "[\"a\\u0000b\"]",
        "[1e]", "<html>", "[\"a\",]",   "{\"redirect_uris\":[]}",    "[\"\xff\"]"};
    struct arena *a = arena_new(0);
    json_t *list = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (sector_document_read(a, str_from(bad[i]), &list) == OK) {
            print_error("%s\n", bad[i]);
            assert_true(false);
        }
    }
    struct buf b = buf_in(a);
    for (int i = 0; i <= SECTOR_URIS_MAX; i++) {
        buf_addz(&b, i == 0 ? "[\"u\"" : ",\"u\"");
    }
    buf_byte(&b, ']');
    assert_int_equal(sector_document_read(a, buf_str(&b), &list), ERR_INPUT);
    assert_null(list);
    arena_free(a);
}

/* spec: OpenID Registration §5:listed */
static void refuses_an_address_that_is_not_listed_exactly(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    json_t *document = NULL, *uris = NULL;
    assert_int_equal(sector_document_read(
                         a, STR("[\"https://a.example/cb\",\"https://b.example/cb\"]"), &document),
                     OK);
    static const char *const bad[] = {
        "[\"https://c.example/cb\"]",   "[\"https://a.example/cb\",\"https://c.example/cb\"]",
        "[\"https://a.example/cb/\"]",  "[\"https://A.example/cb\"]",
        "[\"https://a.example/cb?x\"]", "[\"http://a.example/cb\"]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(json_read_in(a, str_from(bad[i]), &uris), OK);
        assert_int_equal(sector_document_check(document, uris), ERR_INPUT);
        assert_non_null(strstr(err_reason(), "add it there"));
    }
    static const char *const good[] = {"[]", "[\"https://b.example/cb\"]",
                                       "[\"https://b.example/cb\",\"https://a.example/cb\"]"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(json_read_in(a, str_from(good[i]), &uris), OK);
        assert_int_equal(sector_document_check(document, uris), OK);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_list_of_texts),
        cmocka_unit_test(refuses_an_address_that_is_not_listed_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
