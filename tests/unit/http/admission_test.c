#include "http/admission.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define STACKS 512
#define AN 7u
#define DEADLINE 10000

static struct admission door;
static struct ticket tickets[STACKS];

static int set_up(void **state)
{
    (void)state;
    admission_init(&door, STACKS);
    return 0;
}

static enum admission_verdict take(size_t i, enum work work, uint64_t source, int64_t wait_ms)
{
    return admission_take(&door, &tickets[i], work, source, wait_ms, DEADLINE, 1000);
}

static size_t fill(enum work work, size_t from)
{
    size_t n = 0;
    while (take(from + n, work, 0, 0) == ADMITTED) {
        n++;
    }
    return n;
}

static void a_kind_that_is_full_is_refused_and_takes_nothing_from_the_others(void **state)
{
    (void)state;
    size_t n = 0;
    for (enum work work = WORK_VITAL; work < WORK_COUNT; work++) {
        size_t mine = fill(work, n);
        assert_true(mine >= STACKS / 16);
        assert_int_equal(take(STACKS - 1, work, 0, 0), REFUSED_FULL);
        n += mine;
    }
    assert_true(n < STACKS); /* some are left for the administrator and for refusals */
    for (size_t i = 0; i < n; i++) {
        admission_give(&door, &tickets[i]);
        admission_give(&door, &tickets[i]); /* once is enough */
    }
    assert_int_equal(take(0, WORK_LOGIN, 0, 0), ADMITTED);
}

static void what_is_in_progress_beside_a_kind_is_counted(void **state)
{
    (void)state;
    assert_int_equal(admission_others(&door, WORK_LOGIN), 0);
    size_t logins = fill(WORK_LOGIN, 0), tokens = fill(WORK_TOKEN, logins);
    assert_int_equal(admission_others(&door, WORK_LOGIN), tokens);
    assert_int_equal(admission_others(&door, WORK_TOKEN), logins);
    assert_int_equal(admission_others(&door, WORK_PAGE), logins + tokens);
    admission_give(&door, &tickets[0]);
    assert_int_equal(admission_others(&door, WORK_TOKEN), logins - 1);
}

static void who_could_not_be_answered_in_time_is_refused_at_once(void **state)
{
    (void)state;
    assert_int_equal(take(0, WORK_LOGIN, 0, DEADLINE / 8), ADMITTED);
    assert_int_equal(take(1, WORK_LOGIN, 0, DEADLINE / 8 + 1), REFUSED_LATE);
    assert_int_equal(take(1, WORK_TOKEN, 0, 0), ADMITTED);
}

static void one_address_does_not_hold_a_share_that_others_need(void **state)
{
    (void)state;
    size_t n = 0, more = 0;
    enum admission_verdict v;
    while ((v = take(n, WORK_LOGIN, AN, 0)) == ADMITTED) {
        n++;
    }
    assert_int_equal(v, REFUSED_GREEDY);
    assert_int_equal(n, 32); /* half of the share */
    for (uint64_t other = 100; take(n + more, WORK_LOGIN, other, 0) == ADMITTED; other++) {
        more++;
    }
    assert_int_equal(more, 32);
    admission_give(&door, &tickets[0]);
    assert_int_equal(take(0, WORK_LOGIN, AN, 0), REFUSED_GREEDY);
    assert_int_equal(take(0, WORK_LOGIN, 99, 0), ADMITTED);
}

static void who_is_refused_comes_back_spread_over_the_time_the_queue_needs(void **state)
{
    (void)state;
    unsigned least = 1000, most = 0;
    fill(WORK_LOGIN, 0);
    for (int i = 0; i < 64 * 9; i++) {
        (void)take(STACKS - 1, WORK_LOGIN, 0, 0);
        unsigned s = admission_retry_s(&door, WORK_LOGIN, 0);
        least = s < least ? s : least;
        most = s > most ? s : most;
    }
    assert_in_range(least, 1, 3);
    assert_in_range(most, 8, 61);
    assert_true(admission_retry_s(&door, WORK_LOGIN, 4000) >= 5);
    assert_in_range(admission_retry_s(&door, WORK_TOKEN, 0), 1, 4);
}

static void an_address_is_a_network_where_one_client_has_many(void **state)
{
    (void)state;
    assert_int_equal(admission_source("2001:db8::1"), admission_source("2001:db8::ffff:0:2"));
    assert_int_not_equal(admission_source("2001:db8::1"), admission_source("2001:db8:0:1::1"));
    assert_int_not_equal(admission_source("192.0.2.1"), admission_source("192.0.2.2"));
    assert_int_equal(admission_source("192.0.2.1"), admission_source("::ffff:192.0.2.1"));
    assert_int_equal(admission_source("unknown"), 0);
    assert_int_equal(admission_source(""), 0);
}

static void even_four_stacks_have_room_for_every_kind(void **state)
{
    (void)state;
    admission_init(&door, 4);
    for (enum work work = 0; work < WORK_COUNT; work++) {
        assert_int_equal(take(work, work, AN, 0), ADMITTED);
    }
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_kind_that_is_full_is_refused_and_takes_nothing_from_the_others),
        T(what_is_in_progress_beside_a_kind_is_counted),
        T(who_could_not_be_answered_in_time_is_refused_at_once),
        T(one_address_does_not_hold_a_share_that_others_need),
        T(who_is_refused_comes_back_spread_over_the_time_the_queue_needs),
        T(an_address_is_a_network_where_one_client_has_many),
        T(even_four_stacks_have_room_for_every_kind),
    };
    return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
