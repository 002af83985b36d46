/* Everything a person can be asked to agree to has words in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "oidc/asks.h"
#include "page/page.h"

static void check(struct arena *a, const struct asks *asks)
{
    for (size_t i = 0; i < asks->n; i++) {
        struct str key = str_fmt(a, "claim.%.*s", STR_FMT(asks->v[i].line));
        for (int l = LANGUAGE_VI; l <= LANGUAGE_EN; l++) {
            if (str_eq(page_text((enum language)l, key.p), key)) {
                print_error("no text %.*s\n", STR_FMT(key));
                assert_true(false);
            }
        }
    }
}

static void every_line_of_the_consent_page_has_words(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct client client = {.id = STR("portal")};
    struct buf scope = buf_in(a);
    struct asks asks;
    buf_addz(&scope, "openid offline_access");
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (!str_words_have(buf_str(&scope), str_from(c->scope))) {
            buf_fmt(&scope, " %s", c->scope);
        }
        /* each alone, too */
        struct authorize_request one = {.scope = STR("openid"),
                                        .claims = str_fmt(a, "{\"userinfo\":[\"%s\"]}", c->name)};
        asks_of(a, &client, &one, true, NULL, 0, NULL, &asks);
        assert_int_equal(asks.n, 1);
        check(a, &asks);
    }
    struct authorize_request all = {.scope = buf_str(&scope)};
    asks_of(a, &client, &all, true, NULL, 0, NULL, &asks);
    assert_true(asks.n >= 10);
    check(a, &asks);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_consent_page_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
