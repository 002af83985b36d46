/* What of a status worries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "admin/status.h"
#include "base/arena.h"

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1800000000)

static const char CALM[] =
    "{\"database\":{\"ready\":true,\"clock_ok\":true,\"clock_offset_ms\":3},\"keys\":{\"loaded\":"
    "true,"
    "\"generation\":7,\"generation_of_database\":7,\"signing\":[{\"alg\":\"ES256\",\"kid\":\"a\","
    "\"next\":"
    "\"b\",\"overdue\":false}]},\"processes\":[{\"name\":\"web\",\"number\":0,\"ready\":true,"
    "\"restarts\":0,\"sandbox_missing\":\"\"}],\"deliveries\":{\"oldest_s\":0,\"failed_today\":0}}";

/* The calm status with one thing replaced; the texts of all warnings, joined. */
static char *worries(const char *what, const char *by, struct config *config)
{
    static char out[4096];
    char text[2048] = "";
    const char *at = strstr(CALM, what);
    struct config calm = {
        .issuer = "https://id.example.vn", .login_throttle = true, .master_key_previous_file = ""};
    struct arena *a = arena_new(0);
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - CALM), CALM, by, at + strlen(what));
    json_t *status = json_loads(text, 0, NULL);
    assert_non_null(status);
    json_t *list = status_warnings(a, status, config ? config : &calm);
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *cure = json_string_value(json_object_get(one, "cure"));
        assert_true(cure && cure[0]);
        size_t n = strlen(out);
        (void)snprintf(out + n, sizeof out - n, "%s: %s\n",
                       json_string_value(json_object_get(one, "severity")),
                       json_string_value(json_object_get(one, "text")));
    }
    json_decref(list);
    json_decref(status);
    arena_free(a);
    return out;
}

static void nothing_worries_when_all_is_well(void **state)
{
    (void)state;
    assert_string_equal(worries("", "", NULL), "");
}

static void each_thing_that_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *what, *by, *expected;
    } cases[] = {
        {"{\"ready\":true,\"clock_ok\":true", "{\"ready\":false,\"clock_ok\":true",
         "error: the database is away\n"},
        {"\"clock_ok\":true,\"clock_offset_ms\":3", "\"clock_ok\":false,\"clock_offset_ms\":-9000",
         "error: this machine's clock is 9000 ms off the database's\n"},
        {"\"clock_ok\":true", "\"commits_wait_for\":\"*\",\"standbys\":0,\"clock_ok\":true",
         "error: no standby follows, and commits wait for one: nobody logs in\n"},
        {"\"clock_ok\":true", "\"standby_lag_ms\":90000,\"clock_ok\":true",
         "warning: a standby is 90 s behind\n"},
        {"\"loaded\":true", "\"loaded\":false", "error: the signers have no keys\n"},
        {"\"generation_of_database\":7", "\"generation_of_database\":9",
         "warning: the signers hold key generation 7, the database 9\n"},
        {"\"kid\":\"a\"", "\"kid\":null", "error: no key signs ES256\n"},
        {"\"next\":\"b\"", "\"next\":null", "warning: no next key of ES256 is published\n"},
        {"\"overdue\":false", "\"overdue\":true", "warning: the rotation of ES256 is overdue\n"},
        {"\"ready\":true,\"restarts\":0", "\"ready\":false,\"restarts\":0",
         "error: web 0 is not ready\n"},
        {"\"restarts\":0", "\"restarts\":3", "warning: web 0 was started again 3 times\n"},
        {"\"sandbox_missing\":\"\"", "\"sandbox_missing\":\"landlock\"",
         "warning: this system gives no landlock to the sandbox\n"},
        {"\"oldest_s\":0", "\"oldest_s\":3600", "warning: a delivery has waited for 60 min\n"},
        {"\"deliveries\"",
         "\"version\":\"2\",\"nodes\":[{\"node\":\"a\",\"version\":\"2\",\"clock_offset_ms\":-7000,"
         "\"silent_s\":1}],\"deliveries\"",
         "error: the clock of node a is 7000 ms off the database's\n"},
        {"\"deliveries\"",
         "\"version\":\"2\",\"nodes\":[{\"node\":\"a\",\"version\":\"1\",\"clock_offset_ms\":0,"
         "\"silent_s\":1}],\"deliveries\"",
         "warning: node a runs authd 1\n"},
        {"\"deliveries\"",
         "\"version\":\"2\",\"nodes\":[{\"node\":\"a\",\"version\":\"2\",\"clock_offset_ms\":0,"
         "\"silent_s\":600}],\"deliveries\"",
         "warning: node a has been silent for 10 min\n"},
        {"\"failed_today\":0", "\"failed_today\":2",
         "warning: 2 deliveries were given up in the last day\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(worries(cases[i].what, cases[i].by, NULL), cases[i].expected);
    }
}

static void weak_options_worry_in_production_only(void **state)
{
    (void)state;
    struct config weak = {.issuer = "https://id.example.vn",
                          .allow_http_loopback_redirects = true,
                          .courier_allow_loopback = true,
                          .master_key_previous_file = ""};
    const char *told = worries("", "", &weak);
    assert_non_null(strstr(told, "error: development.login_throttle"));
    assert_non_null(strstr(told, "error: development.http_loopback_redirects"));
    assert_non_null(strstr(told, "error: development.courier_loopback"));
    weak.issuer = "http://localhost:8080";
    assert_string_equal(worries("", "", &weak), "");
    weak.master_key_previous_file = "/etc/authd/old";
    assert_non_null(strstr(worries("", "", &weak), "previous master key"));
}

static void errors_come_first(void **state)
{
    (void)state;
    const char *told = worries(
        "\"loaded\":true,\"generation\":7,\"generation_of_database\":7",
        "\"loaded\":true,\"generation\":7,\"generation_of_database\":9",
        &(struct config){.issuer = "https://id.example.vn", .master_key_previous_file = ""});
    assert_true(strstr(told, "error") == told && strstr(told, "warning") > told);
}

static void a_key_is_told_with_its_age_and_its_end(void **state)
{
    (void)state;
    struct rotate_key keys[] = {
        {.kid = STR("a"),
         .use = STR("sign"),
         .alg = STR("ES256"),
         .state = KEY_ACTIVE,
         .activated_at = NOW - 12 * DAY},
        {.kid = STR("b"), .use = STR("sign"), .alg = STR("ES256"), .state = KEY_NEXT},
    };
    struct rotate_policy policy = {.rotation_days = 90};
    json_t *row = status_signing(keys, 2, &policy, NOW, "ES256");
    assert_string_equal(json_string_value(json_object_get(row, "kid")), "a");
    assert_string_equal(json_string_value(json_object_get(row, "next")), "b");
    assert_int_equal(json_integer_value(json_object_get(row, "age_days")), 12);
    assert_string_equal(json_string_value(json_object_get(row, "rotation")),
                        "2027-04-03T08:00:00Z");
    assert_false(json_is_true(json_object_get(row, "overdue")));
    json_decref(row);
    keys[0].activated_at = NOW - 95 * DAY;
    row = status_signing(keys, 1, &policy, NOW, "ES256");
    assert_true(json_is_true(json_object_get(row, "overdue")));
    assert_true(json_is_null(json_object_get(row, "next")));
    json_decref(row);
    row = status_signing(keys, 2, &policy, NOW, "RS256");
    assert_true(json_is_null(json_object_get(row, "kid")));
    json_decref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_worries_when_all_is_well),
        cmocka_unit_test(each_thing_that_is_wrong_is_named),
        cmocka_unit_test(weak_options_worry_in_production_only),
        cmocka_unit_test(errors_come_first),
        cmocka_unit_test(a_key_is_told_with_its_age_and_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
