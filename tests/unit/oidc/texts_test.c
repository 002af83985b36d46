/* Everything a person can be asked to agree to has words in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "oidc/claims.h"
#include "page/page.h"

static void check(struct arena *a, const struct words *shown)
{
    for (size_t i = 0; i < shown->n; i++) {
        struct str key = str_fmt(a, "claim.%.*s", STR_FMT(shown->v[i]));
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
    struct buf scope = buf_in(a);
    struct buf kept = buf_in(a);
    struct words shown;
    buf_addz(&kept, "{\"userinfo\":[");
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (!str_words_have(buf_str(&scope), str_from(c->scope))) {
            buf_fmt(&scope, "%s ", c->scope);
        }
        buf_fmt(&kept, "%s\"%s\"", kept.p[kept.n - 1] == '[' ? "" : ",", c->name);
    }
    buf_addz(&kept, "]}");
    claims_shown(a, buf_str(&scope), STR_NONE, &shown);
    assert_true(shown.n >= 5);
    check(a, &shown);
    claims_shown(a, STR("openid"), buf_str(&kept), &shown);
    assert_true(shown.n >= 15);
    check(a, &shown);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_consent_page_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
