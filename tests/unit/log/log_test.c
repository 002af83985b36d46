/* The log: no input can forge, split or break a line, in either format. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/json.h"
#include "log/log.h"

static int saved = -1;
static int pipe_fd[2];
static char got[16384];

static void catch_begin(enum log_format format)
{
    log_configure(format, LOG_INFO, "web", 1);
    assert_int_equal(pipe(pipe_fd), 0);
    assert_int_equal(fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipe_fd[1], STDERR_FILENO);
}

static struct str catch_end(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_fd[1]);
    ssize_t n = read(pipe_fd[0], got, sizeof(got) - 1);
    close(pipe_fd[0]);
    n = n < 0 ? 0 : n;
    got[n] = '\0';
    return str_of(got, (size_t)n);
}

static size_t lines(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += s.p[i] == '\n';
    }
    return n;
}

static const struct str nasty[] = {
    STR("a\nlevel=error event=forged"),
    STR("a\r\nb"),
    STR("\"quoted\" and \\"),
    STR("a=b c"),
    STR("nul\0inside"),
    STR("\x1b[31mred"),
    STR("\xff\xfe bad utf8"),
    STR("\xc2\x85 next line"),
    STR("\xe2\x80\xa8 separator"),
    STR("\xe2\x80\xae override"),
    STR("Nguyễn Thị Ánh"),
    STR(""),
};

static void no_value_can_forge_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
        catch_begin(LOG_KEY_VALUE);
        log_event(LOG_INFO, TOKEN_ISSUED, LOG_STR("client", nasty[i]), LOG_INT("ms", -3));
        struct str line = catch_end();
        assert_int_equal(lines(line), 1);
        assert_null(strstr(got, " event=forged event"));
        assert_null(memchr(got, '\0', line.n));
        assert_null(strchr(got, '\x1b'));
        assert_non_null(strstr(got, " ms=-3\n"));
        assert_non_null(strstr(got, " process=web.1 event=token.issued "));
    }
}

static void json_lines_stay_json_and_keep_the_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
        catch_begin(LOG_JSON);
        log_event(LOG_WARN, TOKEN_ISSUED, LOG_STR("client", nasty[i]), LOG_INT("ms", 3));
        struct str line = catch_end();
        assert_int_equal(lines(line), 1);
        json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        assert_non_null(o);
        assert_string_equal(json_string_value(json_object_get(o, "event")), "token.issued");
        assert_int_equal(json_integer_value(json_object_get(o, "ms")), 3);
        assert_non_null(json_object_get(o, "client"));
        json_decref(o);
    }
}

static void a_long_line_is_cut_and_ends_well(void **state)
{
    (void)state;
    char large[3000];
    for (int kind = 0; kind < 2; kind++) {
        memset(large, kind == 0 ? 'a' : '\n', sizeof(large));
        struct str s = str_of(large, sizeof(large));
        catch_begin(LOG_JSON);
        log_event(LOG_INFO, TOKEN_ISSUED, LOG_STR("a", s), LOG_STR("b", s), LOG_STR("c", s),
                  LOG_STR("d", s), LOG_STR("e", s), LOG_STR("f", s), LOG_STR("g", s),
                  LOG_STR("h", s), LOG_STR("i", s), LOG_STR("j", s));
        struct str line = catch_end();
        assert_int_equal(lines(line), 1);
        assert_true(line.n <= 4096);
        json_t *o = json_loadb(line.p, line.n, 0, NULL);
        assert_non_null(o);
        json_decref(o);
    }
}

static void failures_carry_kind_reason_and_place(void **state)
{
    (void)state;
    catch_begin(LOG_KEY_VALUE);
    (void)fail(ERR_AUTH, "pkce: challenge mismatch");
    log_failure(LOG_WARN, TOKEN_REFUSED, ERR_AUTH, LOG_Z("client", "a"));
    (void)catch_end();
    assert_non_null(
        strstr(got, " client=a err=auth reason=\"pkce: challenge mismatch\" place=log_test.c:"));
}

/* Logs of several machines are compared: whatever TZ says, a line's time is UTC and says so. */
static void the_time_of_a_line_is_utc(void **state)
{
    (void)state;
    char wanted[32];
    time_t before = time(NULL);
    setenv("TZ", "Asia/Ho_Chi_Minh", 1);
    tzset();
    catch_begin(LOG_KEY_VALUE);
    log_event(LOG_INFO, TOKEN_ISSUED, LOG_Z("client", "a"));
    (void)catch_end();
    unsetenv("TZ");
    tzset();
    bool found = false;
    for (time_t t = before; t <= time(NULL); t++) {
        struct tm parts;
        gmtime_r(&t, &parts);
        assert_true(strftime(wanted, sizeof(wanted), "time=%Y-%m-%dT%H:%M:%S.", &parts) > 0);
        found = found || strncmp(got, wanted, strlen(wanted)) == 0;
    }
    assert_true(found);
    assert_memory_equal(got + strlen(wanted) + 3, "Z ", 2); /* after milliseconds */
}

static void the_request_id_is_on_every_line_of_its_task(void **state)
{
    (void)state;
    catch_begin(LOG_KEY_VALUE);
    log_request_set(STR("0123456789abcdef"));
    log_event(LOG_INFO, LOGOUT, LOG_INT("n", 1));
    log_request_set(STR_NONE);
    log_event(LOG_INFO, LOGOUT, LOG_INT("n", 2), LOG_STR("absent", STR_NONE));
    struct str both = catch_end();
    assert_int_equal(lines(both), 2);
    char *second = strchr(got, '\n') + 1;
    assert_non_null(strstr(got, " request=0123456789abcdef n=1\n"));
    assert_null(strstr(second, "request"));
    assert_null(strstr(second, "absent"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    catch_begin(LOG_KEY_VALUE);
    log_event(LOG_DEBUG, LOGOUT, LOG_INT("n", 1));
    assert_int_equal(catch_end().n, 0);
}

static void event_names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < LOG_EVENT_COUNT; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(log_event_text((enum log_event_name)i),
                                    log_event_text((enum log_event_name)k));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_can_forge_a_line),
        cmocka_unit_test(json_lines_stay_json_and_keep_the_value),
        cmocka_unit_test(a_long_line_is_cut_and_ends_well),
        cmocka_unit_test(failures_carry_kind_reason_and_place),
        cmocka_unit_test(the_time_of_a_line_is_utc),
        cmocka_unit_test(the_request_id_is_on_every_line_of_its_task),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(event_names_are_unique),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
