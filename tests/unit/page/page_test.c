/* Pages as replies: language, the way back of the switch, errors, style with its versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "page/page.h"

static struct task task;
static struct req get(struct arena *a, const char *path, struct str query)
{
    task.arena = a;
    task.request_id = STR("00112233445566778899aabbccddeeff");
    return (struct req){
        .task = &task, .arena = a, .method = HTTP_GET, .path = str_from(path), .query = query};
}

static struct str header(const struct req *r, const char *name)
{
    for (size_t i = 0; i < r->reply.n_headers; i++) {
        if (str_ieq(r->reply.headers[i].name, str_from(name))) {
            return r->reply.headers[i].value;
        }
    }
    return STR_NONE;
}

static bool body_has(const struct req *r, const char *text)
{
    return memmem(r->reply.body.p, r->reply.body.n, text, strlen(text)) != NULL;
}

static void the_switch_leads_to_no_other_site(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const bad[] = {"back=https%3A%2F%2Fevil.example",
                                      "back=%2F%2Fevil.example",
                                      "back=%2F%5Cevil.example",
                                      "back=x",
                                      "",
                                      "back=%2Fa%0D%0Ab"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct req r = get(a, "/language/en", str_from(bad[i]));
        r.tail = STR("en");
        assert_int_equal(page_language_switch(&r), OK);
        assert_int_equal(r.reply.status, 303);
        assert_true(str_eqz(header(&r, "location"), "/"));
    }
    struct req r = get(a, "/language/en", STR("back=%2Flogin%2Fx%3Fy"));
    r.tail = STR("en");
    assert_int_equal(page_language_switch(&r), OK);
    assert_true(str_eqz(header(&r, "location"), "/login/x?y"));
    assert_true(str_starts(header(&r, "set-cookie"), STR("language=en;")));
    r = get(a, "/language/fr", STR_NONE);
    r.tail = STR("fr");
    assert_int_equal(page_language_switch(&r), OK);
    assert_int_equal(r.reply.status, 404);
    arena_free(a);
}

static void a_persons_choice_stands_above_the_portals(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct header all[] = {{STR("cookie"), STR("language=vi")},
                           {STR("accept-language"), STR("en")}};
    struct req r = get(a, "/", STR_NONE);
    assert_int_equal(page_language(&r, STR_NONE), LANGUAGE_VI);
    r.headers = all + 1;
    r.n_headers = 1;
    assert_int_equal(page_language(&r, STR_NONE), LANGUAGE_EN);
    assert_int_equal(page_language(&r, STR("fr vi-VN")), LANGUAGE_VI);
    r.headers = all;
    r.n_headers = 2;
    assert_int_equal(page_language(&r, STR("en")), LANGUAGE_VI);
    arena_free(a);
}

static void an_error_says_what_happened_and_what_to_do(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct req r = get(a, "/nowhere", STR_NONE);
    assert_int_equal(page_error(&r, 404, LANGUAGE_EN, "not_found", STR("<Portal>")), OK);
    assert_int_equal(r.reply.status, 404);
    assert_true(body_has(&r, "<html lang=\"en\">"));
    assert_true(body_has(&r, "No such page"));
    assert_true(body_has(&r, "00112233445566778899aabbccddeeff"));
    assert_true(body_has(&r, "&lt;Portal&gt;"));
    assert_true(body_has(&r, "/language/vi?back=%2Fnowhere"));
    r = get(a, "/nowhere", STR_NONE);
    assert_int_equal(page_error(&r, 400, LANGUAGE_VI, "no_such_key", STR_NONE), OK);
    assert_true(body_has(&r, "Không thể tiếp tục"));
    arena_free(a);
}

/* spec: RFC 9110 §13.1.2 If-None-Match that matches MUST be answered 304 */
static void style_is_kept_under_its_version(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct req r = get(a, "/style.css", STR_NONE);
    assert_int_equal(page_asset(&r), OK);
    assert_int_equal(r.reply.status, 200);
    assert_true(str_eqz(header(&r, "cache-control"), "public, max-age=300"));
    struct str etag = header(&r, "etag");
    struct header matching = {STR("if-none-match"), etag};
    struct req again = get(a, "/style.css", str_of(etag.p + 1, etag.n - 2));
    again.headers = &matching;
    again.n_headers = 1;
    assert_int_equal(page_asset(&again), OK);
    assert_int_equal(again.reply.status, 304);
    assert_true(str_eqz(header(&again, "cache-control"), "public, max-age=31536000, immutable"));
    r = get(a, "/texts_vi.txt", STR_NONE);
    assert_int_equal(page_asset(&r), OK);
    assert_int_equal(r.reply.status, 404);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_switch_leads_to_no_other_site),
        cmocka_unit_test(a_persons_choice_stands_above_the_portals),
        cmocka_unit_test(an_error_says_what_happened_and_what_to_do),
        cmocka_unit_test(style_is_kept_under_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
