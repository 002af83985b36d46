/* Form tokens: of this browser, for this act, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "sso/sso.h"

/* A request as the browser would send it that was given these cookies. */
static struct req request(struct arena *a, struct header *cookie, bool secure)
{
    return (struct req){
        .arena = a, .headers = cookie, .n_headers = cookie == NULL ? 0 : 1, .secure = secure};
}

static struct header cookie_of(struct arena *a, const struct req *r)
{
    assert_int_equal(r->reply.n_headers, 1);
    struct str v = r->reply.headers[0].value;
    return (struct header){STR("cookie"), str_dup(a, str_of(v.p, str_find(v, ';')))};
}

static void refuses_without_the_browsers_cookie(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const bad[] = {"browser=", "browser=short", "session=x",
                                      "browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+"};
    struct sha256 hash;
    struct str token;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct header h = {STR("cookie"), str_from(bad[i])};
        struct req r = request(a, &h, false);
        assert_int_equal(sso_browser(&r, false, &hash), ERR_DENIED);
        assert_int_equal(sso_csrf(&r, STR("x"), &token), ERR_DENIED);
        assert_int_equal(sso_csrf_check(&r, STR("x"), STR("")), ERR_DENIED);
    }
    arena_free(a);
}

static void refuses_another_browsers_or_another_acts_token(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct req first = request(a, NULL, false), second = request(a, NULL, false);
    struct sha256 h1, h2;
    struct str token, other;
    assert_int_equal(sso_browser(&first, true, &h1), OK);
    assert_int_equal(sso_browser(&second, true, &h2), OK);
    assert_memory_not_equal(h1.b, h2.b, sizeof(h1.b));
    assert_int_equal(sso_csrf(&first, STR("login a"), &token), OK);
    assert_int_equal(sso_csrf(&second, STR("login a"), &other), OK);
    assert_int_equal(sso_csrf_check(&second, STR("login a"), token), ERR_DENIED);
    assert_int_equal(sso_csrf_check(&first, STR("login b"), token), ERR_DENIED);
    assert_int_equal(sso_csrf_check(&first, STR("login a"), STR_NONE), ERR_DENIED);
    assert_int_equal(sso_csrf_check(&first, STR("login a"), str_of(token.p, token.n - 1)),
                     ERR_DENIED);
    assert_int_equal(sso_csrf_check(&first, STR("login a"), token), OK);
    arena_free(a);
}

static void the_browser_stays_the_same_on_its_next_request(void **state)
{
    (void)state;
    for (int secure = 0; secure < 2; secure++) {
        struct arena *a = arena_new(0);
        struct req first = request(a, NULL, secure);
        struct sha256 made, again, known;
        struct str token;
        assert_int_equal(sso_browser(&first, true, &made), OK);
        assert_int_equal(sso_browser(&first, true, &again), OK); /* one cookie, not two */
        assert_memory_equal(made.b, again.b, sizeof(made.b));
        assert_int_equal(sso_csrf(&first, STR("x"), &token), OK);
        struct header cookie = cookie_of(a, &first);
        assert_int_equal(str_starts(cookie.value, STR("__Host-")), secure);
        struct req second = request(a, &cookie, secure);
        assert_int_equal(sso_browser(&second, false, &known), OK);
        assert_memory_equal(made.b, known.b, sizeof(made.b));
        assert_int_equal(sso_csrf_check(&second, STR("x"), token), OK);
        /* Over TLS a cookie that any host of the domain could have set does not count. */
        if (secure) {
            struct header plain = {STR("cookie"), str_of(cookie.value.p + 7, cookie.value.n - 7)};
            struct req third = request(a, &plain, true);
            assert_int_equal(sso_browser(&third, false, &known), ERR_DENIED);
        }
        arena_free(a);
    }
}

static void only_three_digits_are_kept_of_a_number(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct req r = request(a, NULL, false);
    sso_account_remember(&r, STR("079090123456"));
    sso_account_remember(&r, STR("a<b"));
    assert_int_equal(r.reply.n_headers, 0);
    sso_account_remember(&r, STR("456"));
    struct header cookie = cookie_of(a, &r);
    struct req next = request(a, &cookie, false);
    assert_true(str_eqz(sso_account(&next), "456"));
    struct header forged = {STR("cookie"), STR("account=<b>")};
    next = request(a, &forged, false);
    assert_null(sso_account(&next).p);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_without_the_browsers_cookie),
        cmocka_unit_test(refuses_another_browsers_or_another_acts_token),
        cmocka_unit_test(the_browser_stays_the_same_on_its_next_request),
        cmocka_unit_test(only_three_digits_are_kept_of_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
