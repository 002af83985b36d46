/* The board's numbers as Prometheus text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "log/log.h"
#include "metrics/text.h"

static const char *const routes[] = {"/token", "/jwks"};
static struct arena *arena;

static struct board_slot *board(size_t i, const char *role)
{
    struct board_slot *slots;
    int fd;
    assert_int_equal(board_new(&fd), OK);
    assert_int_equal(board_open(fd, i, role, 0, &slots), OK);
    close(fd);
    return slots;
}

static const char *text(const struct board_slot *slots)
{
    struct buf out = buf_in(arena);
    metrics_text(&out, slots, routes, 2);
    return buf_z(&out);
}

static void refuses_a_slot_that_is_not_there(void **state)
{
    (void)state;
    struct board_slot *slots;
    int fd;
    assert_int_equal(board_new(&fd), OK);
    assert_int_equal(board_open(fd, BOARD_SLOTS_MAX, "web", 0, &slots), ERR_INTERNAL);
    assert_int_equal(board_open(-1, 0, "web", 0, &slots), ERR_UNAVAILABLE);
    /* No child can cut the memory away under the others. */
    assert_int_not_equal(ftruncate(fd, 1), 0);
    close(fd);
}

static void a_hijacked_process_names_itself_with_a_word_at_most(void **state)
{
    (void)state;
    struct board_slot *slots = board(3, "web");
    board_gauge_set(&slots[3], GAUGE_TASKS, 1);
    memset(slots[3].role, 'a', sizeof slots[3].role); /* no NUL */
    assert_non_null(strstr(text(slots), "{process=\"aaaaaaaaaaaaaaaa\",number=\"0\"} 1\n"));
    memcpy(slots[3].role, "a\"} 1\nauthd_x 2", sizeof slots[3].role);
    assert_non_null(strstr(text(slots), "{process=\"a\",number=\"0\"} 1\n"));
    assert_null(strstr(text(slots), "authd_x"));
}

static void what_is_out_of_range_is_not_counted(void **state)
{
    (void)state;
    struct board_slot *slots = board(3, "web");
    board_request(&slots[3], BOARD_ROUTES_MAX, 200, 10);
    board_request(NULL, 0, 200, 10);
    board_gauge_set(NULL, GAUGE_TASKS, 1);
    board_request(&slots[3], 0, 999, 10);
    board_request(&slots[3], 0, -1, -10);
    assert_null(strstr(text(slots), "status="));
    assert_non_null(strstr(text(slots), "authd_http_request_seconds_count{route=\"/token\"} 2\n"));
}

static void requests_fall_into_their_buckets_of_all_processes(void **state)
{
    (void)state;
    struct board_slot *slots = board(0, "web");
    slots[1].used = 1;
    board_request(&slots[0], 0, 200, 500);      /* on the bound: below it */
    board_request(&slots[0], 0, 201, 501);      /* just above */
    board_request(&slots[1], 0, 503, 99999999); /* beyond the last */
    const char *all = text(slots);
    assert_non_null(strstr(all, "authd_http_requests_total{route=\"/token\",status=\"2xx\"} 2\n"));
    assert_non_null(strstr(all, "authd_http_requests_total{route=\"/token\",status=\"5xx\"} 1\n"));
    assert_non_null(strstr(all, "_bucket{route=\"/token\",le=\"0.0005\"} 1\n"));
    assert_non_null(strstr(all, "_bucket{route=\"/token\",le=\"0.001\"} 2\n"));
    assert_non_null(strstr(all, "_bucket{route=\"/token\",le=\"10\"} 2\n"));
    assert_non_null(strstr(all, "_bucket{route=\"/token\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(all, "_sum{route=\"/token\"} 100.001000\n"));
    assert_null(strstr(all, "/jwks"));
}

static void events_are_counted_below_the_level_of_the_log_too(void **state)
{
    (void)state;
    struct board_slot *slots = board(0, "web");
    log_configure(LOG_KEY_VALUE, LOG_ERROR, "test", -1);
    log_count(slots[0].events);
    log_event(LOG_DEBUG, TOKEN_ISSUED, LOG_INT("n", 1));
    log_event(LOG_DEBUG, TOKEN_ISSUED, LOG_INT("n", 2));
    (void)fail(ERR_DENIED, "for the test");
    log_failure(LOG_DEBUG, WARRANT_REFUSED, ERR_DENIED, LOG_INT("n", 3));
    log_count(NULL);
    const char *all = text(slots);
    assert_non_null(strstr(all, "authd_events_total{event=\"token.issued\"} 2\n"));
    assert_non_null(strstr(all, "authd_events_total{event=\"warrant.refused\"} 1\n"));
    assert_non_null(strstr(all, "authd_events_total{event=\"token.reused\"} 0\n"));
}

static void a_gauge_is_told_once_it_was_set_and_names_its_process(void **state)
{
    (void)state;
    struct board_slot *slots = board(7, "clerk");
    assert_null(strstr(text(slots), "authd_keys_next{"));
    board_gauge_set(&slots[7], GAUGE_KEYS_NEXT, 4);
    board_gauge_set(&slots[7], GAUGE_KEY_EDDSA, -5);
    board_gauge_set(&slots[7], GAUGE_CLOCK_OFFSET, -1250);
    const char *all = text(slots);
    assert_non_null(strstr(all, "authd_keys_next{process=\"clerk\",number=\"0\"} 4\n"));
    assert_non_null(strstr(all,
                           "authd_key_activated_timestamp_seconds{process=\"clerk\",number=\"0\","
                           "alg=\"EdDSA\"} -5\n"));
    assert_non_null(
        strstr(all, "authd_clock_offset_seconds{process=\"clerk\",number=\"0\"} -1.250\n"));
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_slot_that_is_not_there),
        cmocka_unit_test(a_hijacked_process_names_itself_with_a_word_at_most),
        cmocka_unit_test(what_is_out_of_range_is_not_counted),
        cmocka_unit_test(requests_fall_into_their_buckets_of_all_processes),
        cmocka_unit_test(events_are_counted_below_the_level_of_the_log_too),
        cmocka_unit_test(a_gauge_is_told_once_it_was_set_and_names_its_process),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
