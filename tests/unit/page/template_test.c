/* The template engine: values are escaped for where they stand or refused; every template of ours
 * renders in both languages and names only texts that exist.  With PAGE_SAMPLES=<directory> the
 * pages are written there, to be looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "page/catalogue.h"
#include "page/embedded.h"
#include "page/template.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}
static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct str render(struct arena *a, const char *text, const char *data)
{
    json_t *json;
    struct str out;
    assert_int_equal(json_read_in(a, str_from(data), &json), OK);
    assert_int_equal(template_render(a, LANGUAGE_EN, str_from(text), json, &out), OK);
    return out;
}

static void refuses_values_where_none_may_stand(void **state)
{
    static const char *const bad[] = {
        "<{{v}}>",
        "<a {{v}}>",
        "<a {{v}}=\"x\">",
        "<a href={{v}}>",
        "<a href='{{v}}'>",
        "<p onclick=\"{{v}}\">",
        "<p style=\"{{v}}\">",
        "<a srcdoc=\"{{v}}\">",
        "<meta http-equiv=\"refresh\" content=\"{{v}}\">",
        "<a href=\"x{{v}}\">",
        "<a href=\"javascript:{{v}}\">",
        "<a href=\"{{v}}{{v}}\">",
        "<script>{{v}}</script>",
        "<style>{{v}}</style>",
        "<!-- {{v}} -->",
        "<SCRIPT>{{v}}",
    };
    json_t *data = json_own(*state, json_pack("{s:s}", "v", "x"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str out = STR_NONE;
        assert_int_equal(template_render(*state, LANGUAGE_EN, str_from(bad[i]), data, &out),
                         ERR_INTERNAL);
        assert_null(out.p);
    }
}

static void refuses_templates_that_are_not_well_made(void **state)
{
    static const char *const bad[] = {
        "{{#a}}x",           "x{{/a}}",  "{{#a}}<p class=\"{{/a}}\">",
        "{{>no_such_part}}", "<script>", "<p",
        "<!-- -->",          "{{}}",     "<p class=x>",
    };
    json_t *data = json_own(*state, json_pack("{s:b}", "a", 1));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str out;
        assert_int_equal(template_render(*state, LANGUAGE_EN, str_from(bad[i]), data, &out),
                         ERR_INTERNAL);
    }
}

static void no_value_can_end_its_place(void **state)
{
    const char *data = "{\"v\":\"<script>\\\"'&x</script>\"}";
    assert_true(str_eqz(render(*state, "<p>{{v}}</p>", data),
                        "<p>&lt;script&gt;&quot;&#39;&amp;x&lt;/script&gt;</p>"));
    assert_true(str_eqz(render(*state, "<p title=\"{{v}}\">", data),
                        "<p title=\"&lt;script&gt;&quot;&#39;&amp;x&lt;/script&gt;\">"));
    assert_true(str_eqz(render(*state, "<a href=\"/x?{{v}}\">", data),
                        "<a href=\"/x?%3Cscript%3E%22%27%26x%3C%2Fscript%3E\">"));
}

static void only_web_addresses_and_our_paths_become_links(void **state)
{
    static const char *const bad[] = {"javascript:alert(1)",
                                      "JAVASCRIPT:x",
                                      "data:text/html,x",
                                      "//evil.example",
                                      "/\\evil.example",
                                      " https://a",
                                      "https://a b",
                                      "vbscript:x",
                                      "mailto:a@b",
                                      "",
                                      "x",
                                      "https://a\x01",
                                      "https://\xc3\xa9"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(template_url_allowed(str_from(bad[i])));
    }
    assert_true(template_url_allowed(STR("https://a.vn/?b=c&d")));
    assert_true(template_url_allowed(STR("http://127.0.0.1:8080/")));
    assert_true(template_url_allowed(STR("/")));
    assert_true(str_eqz(render(*state, "<a href=\"{{v}}\">", "{\"v\":\"javascript:x\"}"),
                        "<a href=\"#\">"));
    assert_true(str_eqz(render(*state, "<a href=\"{{v}}\">", "{\"v\":\"https://a/?b&c\"}"),
                        "<a href=\"https://a/?b&amp;c\">"));
}

static void sections_follow_the_data(void **state)
{
    const char *t = "{{#a}}[{{x}}{{y}}]{{/a}}{{^a}}none{{/a}}";
    assert_true(str_eqz(render(*state, t, "{}"), "none"));
    assert_true(str_eqz(render(*state, t, "{\"a\":[]}"), "none"));
    assert_true(str_eqz(render(*state, t, "{\"a\":\"\"}"), "none"));
    assert_true(str_eqz(render(*state, t, "{\"a\":false}"), "none"));
    assert_true(str_eqz(render(*state, t, "{\"a\":true,\"x\":7}"), "[7]"));
    assert_true(str_eqz(render(*state, t, "{\"y\":\"o\",\"a\":[{\"x\":\"1\"},{\"x\":\"2\"}]}"),
                        "[1o][2o]"));
    assert_true(str_eqz(render(*state, "{{#a}}{{#a}}x{{/a}}{{/a}}.", "{\"a\":true}"), "x."));
}

static void texts_take_values_and_escape_them(void **state)
{
    assert_true(str_eqz(render(*state, "<p>{{t:select.since}}</p>", "{\"since\":\"<b>\"}"),
                        "<p>Logged in at &lt;b&gt;</p>"));
    assert_true(
        str_eqz(render(*state, "{{t:claim.[name]}}", "{\"name\":\"birthdate\"}"), "Date of birth"));
    assert_true(
        str_eqz(render(*state, "{{t:claim.[name]}}", "{\"name\":\"<x>\"}"), "claim.&lt;x&gt;"));
}

#define WHO                                                                                                         \
    "\"csrf\":\"c\",\"service\":\"Cổng dịch vụ công tỉnh Lâm Đồng\",\"agency\":\"Ủy ban nhân dân " \
    "tỉnh Lâm Đồng\",\"purpose\":\"Nộp hồ sơ đăng ký khai sinh trực tuyến và nhận kết quả\","
#define CONSENT                                                                                    \
    "\"action\":\"/consent/x\",\"number_end\":\"456\",\"shown\":\"name "                           \
    "email\",\"logo\":\"a.png\","                                                                  \
    "\"policy_uri\":\"https://dvc.example.vn/bao-ve-du-lieu\",\"ground\":\"69/2024/NĐ-CP\","      \
    "\"lines\":[{\"line\":\"name\",\"required\":true},{\"line\":\"birthdate\"},"                   \
    "{\"line\":\"personal_number\",\"why\":\"Tìm hồ sơ của "                                 \
    "bạn\",\"box\":\"share.personal_number\","                                                   \
    "\"ticked\":true},{\"line\":\"resource1\",\"resource\":\"Sổ đất đai\"}],"                \
    "\"optional\":true,\"optional_lines\":[{\"line\":\"email\",\"box\":\"share.email\"}],"         \
    "\"before_shown\":true,\"before\":[{\"line\":\"gender\"}],"
#define LOGIN "\"action\":\"/login/x\",\"cancel\":\"/login/x/cancel\""

static const struct {
    const char *file, *template, *data;
} SAMPLES[] = {
    {"login", "login", "{" WHO LOGIN "}"},
    {"login_wrong", "login", "{" WHO LOGIN ",\"number\":\"079090123456\",\"wrong\":true}"},
    {"login_later", "login",
     "{" WHO LOGIN ",\"number\":\"079090123456\",\"later\":true,\"wait_s\":30}"},
    {"login_busy", "login", "{" WHO LOGIN ",\"number\":\"079090123456\",\"busy\":true}"},
    {"login_barred", "login", "{" WHO LOGIN ",\"problem\":true,\"barred\":true}"},
    {"login_again", "login", "{" WHO LOGIN ",\"again\":true}"},
    {"select", "select",
     "{" WHO "\"action\":\"/select/x\",\"number_end\":\"456\",\"since\":\"14:05, 22/11/2026\"}"},
    {"consent", "consent",
     "{" WHO CONSENT "\"days\":30,\"hours\":12,\"choose\":\"/consent/x?choose=yes\"}"},
    {"consent_choose", "consent",
     "{" WHO CONSENT "\"days\":30,\"hours\":12,\"offline\":true,\"choosing\":true}"},
    {"logout", "logout",
     "{" WHO "\"action\":\"/logout\",\"fields\":[{\"name\":\"state\",\"value\":\"s\"}]}"},
    {"logged_out", "logged_out",
     "{\"service\":\"Cổng dịch vụ công tỉnh Lâm "
     "Đồng\",\"return_uri\":\"https://dvc.example.vn/\"}"},
    {"safety", "safety", "{\"address\":\"https://id.example\",\"host\":\"id.example\"}"},
    {"sandbox", "sandbox",
     "{\"sandbox\":true,\"csrf\":\"x\",\"password\":\"song-xanh\",\"now\":\"09:05, "
     "02/09/"
     "2026\",\"ahead\":\"2:00\",\"done\":\"clock\",\"client\":\"portal\",\"ordered_any\":true,"
     "\"people\":[{\"key\":\"level2\",\"number\":\"001090100011\",\"name\":\"Lê Minh Hòa\","
     "\"purpose\":\"công dân bình thường\",\"code\":\"ABCD-EFGH\"}],"
     "\"clients\":[{\"id\":\"portal\",\"called\":\"Cổng dịch vụ công\",\"chosen\":true}],"
     "\"faults\":[{\"name\":\"slow\",\"what\":\"chậm\",\"expect\":\"chờ\",\"orderable\":true},"
     "{\"name\":\"rotated_key\",\"what\":\"đổi khóa\",\"expect\":\"tải lại\"}],"
     "\"ordered\":[{\"name\":\"slow\",\"for\":\"portal\",\"times\":\"2\",\"left_s\":\"50\"}],"
     "\"requests\":[{\"line\":\"POST /token 400\",\"from\":\"portal\",\"at\":\"09:05, "
     "02/09/2026\",\"error\":\"invalid_grant\",\"advice\":\"The code has "
     "expired\",\"fault\":\"expired_code\"}]}"},
    {"account", "account",
     "{\"name\":\"Nguyễn Thị Thuỳ "
     "Dương\",\"number_end\":\"321\",\"level\":\"2\",\"done\":\"withdrawn\","
     "\"others\":true,\"sessions_csrf\":\"c\",\"sessions\":[{\"here\":true,\"device\":\"Firefox, "
     "Linux\",\"since\":\"14:05, 22/11/2026\",\"seen\":\"14:06, "
     "22/11/2026\"},{\"id\":\"i\",\"csrf\":"
     "\"c\",\"device\":\"Chrome, Android\",\"since\":\"08:15, 21/11/2026\",\"seen\":\"09:00, "
     "22/11/2026\"}],\"services\":[{\"service\":\"Cổng dịch vụ công tỉnh Lâm "
     "Đồng\",\"agency\":\"Ủy ban "
     "nhân dân tỉnh Lâm Đồng\",\"client\":\"dvc\",\"csrf\":\"c\",\"since\":\"14:05, "
     "22/11/2026\",\"claims\":[{\"line\":\"name\"},{\"line\":\"birthdate\"},"
     "{\"resource\":\"Kho hồ sơ\"}]}]}"},
    {"account_empty", "account",
     "{\"name\":\"Nguyễn Thị Thuỳ "
     "Dương\",\"number_end\":\"321\",\"level\":\"1\",\"sessions\":[{\"here\":"
     "true,\"device\":\"Firefox, Linux\",\"since\":\"14:05, 22/11/2026\"}]}"},
    {"password", "password", "{\"csrf\":\"c\",\"least\":15}"},
    {"password_wrong", "password", "{\"csrf\":\"c\",\"least\":15,\"wrong\":true}"},
    {"password_refused", "password",
     "{\"csrf\":\"c\",\"least\":15,\"fault\":\"own\",\"length_min\":15}"},
    {"lock", "lock", "{\"csrf\":\"c\"}"},
    {"lock_wrong", "lock", "{\"csrf\":\"c\",\"wrong\":true}"},
    {"locked", "lock", "{\"locked\":true}"},
    {"history", "history",
     "{\"uses\":[{\"event\":\"userinfo\",\"at\":\"14:05, 22/11/2026\",\"service\":\"Cổng dịch vụ "
     "công\",\"times\":3},{\"event\":\"identity_shown\",\"at\":\"14:05, 22/11/2026\"}]}"},
    {"first", "first", "{\"csrf\":\"c\",\"address\":\"https://id.example\"}"},
    {"first_wrong", "first", "{\"csrf\":\"c\",\"number\":\"079090123456\",\"wrong\":true}"},
    {"first_password", "first_password",
     "{\"csrf\":\"c\",\"enrolment\":\"e\",\"words\":\"w\",\"least\":15}"},
    {"first_password_refused", "first_password",
     "{\"csrf\":\"c\",\"enrolment\":\"e\",\"words\":\"w\",\"least\":15,\"fault\":\"common\","
     "\"length_min\":15}"},
    {"home", "home", "{\"session\":true}"},
    {"error", "error",
     "{\"title\":\"Lần đăng nhập này đã hết hạn\",\"text\":\"Vì an toàn, mỗi lần đăng nhập chỉ có "
     "hiệu lực trong ít phút "
     "và chỉ dùng được một lần.\",\"cure\":\"Hãy quay lại dịch vụ và bấm đăng nhập lần "
     "nữa.\",\"service\":\"Cổng dịch vụ "
     "công tỉnh Lâm Đồng\"}"},
};
#define N_SAMPLES (sizeof(SAMPLES) / sizeof(SAMPLES[0]))

static void write_sample(struct arena *a, const char *file, enum language l, struct str html)
{
    const char *dir = getenv("PAGE_SAMPLES");
    if (dir == NULL) {
        return;
    }
    const char *path =
        str_z(a, str_fmt(a, "%s/%s_%s.html", dir, file, l == LANGUAGE_VI ? "vi" : "en"));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(html.p, 1, html.n, f), html.n);
    fclose(f);
}

static void every_page_renders_in_both_languages(void **state)
{
    for (enum language l = LANGUAGE_VI; l <= LANGUAGE_EN; l++) {
        for (size_t i = 0; i < N_SAMPLES; i++) {
            json_t *data;
            struct str html;
            assert_int_equal(json_read_in(*state, str_from(SAMPLES[i].data), &data), OK);
            json_object_set_new(data, "lang", json_string(l == LANGUAGE_VI ? "vi" : "en"));
            json_object_set_new(data, "switch_url", json_string("/language/en?back=%2F"));
            json_object_set_new(data, "switch_lang", json_string(l == LANGUAGE_VI ? "en" : "vi"));
            json_object_set_new(data, "request_id",
                                json_string("0123456789abcdef0123456789abcdef"));
            struct str text =
                embedded_file(str_z(*state, str_fmt(*state, "%s.html", SAMPLES[i].template)));
            assert_non_null(text.p);
            assert_int_equal(template_render(*state, l, text, data, &html), OK);
            assert_true(str_utf8(html));
            assert_true(str_starts(html, STR("<!doctype html>")));
            write_sample(*state, SAMPLES[i].file, l, html);
        }
    }
}

static void note_missing(void *arg, struct str key)
{
    for (enum language l = LANGUAGE_VI; l <= LANGUAGE_EN; l++) {
        if (catalogue_text(l, key).p == NULL) {
            print_error("no text %.*s\n", STR_FMT(key));
            ++*(int *)arg;
        }
    }
}

static void every_template_is_well_made_and_its_texts_exist(void **state)
{
    int missing = 0;
    size_t pages = 0;
    for (const struct embedded *e = EMBEDDED; e->name != NULL; e++) {
        struct str name = str_from(e->name);
        if (str_ends(name, STR(".html")) && name.p[0] != '_') {
            pages++;
            assert_int_equal(template_check(*state, str_of(e->bytes, e->n), note_missing, &missing),
                             OK);
            bool sampled = false;
            for (size_t i = 0; i < N_SAMPLES; i++) {
                struct str sample = str_fmt(*state, "%s.html", SAMPLES[i].template);
                sampled = sampled || str_eq(sample, name);
            }
            assert_true(sampled);
        }
    }
    assert_true(pages >= 7);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_values_where_none_may_stand, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_templates_that_are_not_well_made, setup, teardown),
        cmocka_unit_test_setup_teardown(no_value_can_end_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(only_web_addresses_and_our_paths_become_links, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sections_follow_the_data, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_take_values_and_escape_them, setup, teardown),
        cmocka_unit_test_setup_teardown(every_page_renders_in_both_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(every_template_is_well_made_and_its_texts_exist, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
