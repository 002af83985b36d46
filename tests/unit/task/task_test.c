/* Tasks: waiting, ends from anywhere, exhaustion of stacks and arenas, order within a turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/clock.h"
#include "task/task.h"

static struct {
    struct loop *loop;
    struct task *parked;
    enum err result;
    int steps;
    int ended;
    enum err how;
    int deferred;
} seen;

static int set_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    return loop_new(4, &seen.loop) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(seen.loop);
    return 0;
}

static void on_end(struct task *t, void *arg, enum err how)
{
    (void)t;
    (void)arg;
    seen.ended++;
    seen.how = how;
    if (loop_tasks_running(seen.loop) == 1) {
        loop_stop(seen.loop);
    }
}

static void parks(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    seen.parked = t;
    seen.result = task_park(t, "the test");
    seen.steps++;
}

static void a_park_ends_at_the_deadline(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms();
    assert_int_equal(task_start(seen.loop, "parks", 0, 30, parks, NULL), OK);
    loop_run(seen.loop);
    assert_int_equal(seen.result, ERR_TIMEOUT);
    assert_true(clock_mono_ms() - before >= 29);
    assert_int_equal(seen.steps, 1);
    assert_non_null(strstr(err_reason(), "the test"));
}

static void sleeps_too_long(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    seen.result = task_sleep(t, 5000);
}

static void a_sleep_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(task_start(seen.loop, "sleeps", 0, 20, sleeps_too_long, NULL), OK);
    loop_run(seen.loop);
    assert_int_equal(seen.result, ERR_TIMEOUT);
}

static void note_deferred(void *arg)
{
    (void)arg;
    seen.deferred++;
}

static void eats_memory(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    arena_defer(t->arena, note_deferred, NULL);
    for (;;) {
        memset(arena_alloc(t->arena, 1000), 1, 1000);
        seen.steps++;
    }
}

static void an_exhausted_arena_ends_that_task_only(void **state)
{
    (void)state;
    assert_int_equal(task_start(seen.loop, "parks", 0, 100, parks, NULL), OK);
    assert_int_equal(task_start(seen.loop, "eats", 20000, 1000, eats_memory, NULL), OK);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.how, ERR_LIMIT);
    assert_int_equal(seen.deferred, 1);
    assert_in_range(seen.steps, 10, 20);
    assert_int_equal(loop_tasks_running(seen.loop), 1);
    loop_run(seen.loop);
    assert_int_equal(seen.result, ERR_TIMEOUT);
    assert_int_equal(seen.how, OK);
}

static void fills_memory(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    memset(arena_alloc(t->arena, 5000), 'x', 5000);
}

static void takes_what_another_had(struct task *t, void *arg)
{
    (void)arg;
    static const char zeros[4000];
    task_on_end(t, on_end, NULL);
    assert_int_equal(arena_used(t->arena), 0);
    assert_memory_equal(arena_alloc(t->arena, 4000), zeros, 4000);
    seen.steps++;
    (void)arena_alloc(t->arena, 1000);
    seen.steps++;
}

static void the_next_task_has_empty_memory_and_its_own_limit(void **state)
{
    (void)state;
    assert_int_equal(task_start(seen.loop, "fills", 0, 1000, fills_memory, NULL), OK);
    assert_int_equal(task_start(seen.loop, "takes", 4096, 1000, takes_what_another_had, NULL), OK);
    assert_int_equal(seen.ended, 2);
    assert_int_equal(seen.how, ERR_LIMIT);
    assert_int_equal(seen.steps, 1);
}

static void a_stack_is_used_again_after_an_early_end(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(task_start(seen.loop, "eats", 20000, 1000, eats_memory, NULL), OK);
    }
    assert_int_equal(seen.ended, 50);
    assert_int_equal(loop_tasks_running(seen.loop), 0);
}

static void refuses_a_task_when_no_stack_is_free(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(task_start(seen.loop, "parks", 0, 20, parks, NULL), OK);
    }
    assert_int_equal(task_start(seen.loop, "parks", 0, 20, parks, NULL), ERR_LIMIT);
    loop_run(seen.loop);
    assert_int_equal(seen.ended, 4);
    assert_int_equal(loop_tasks_running(seen.loop), 0);
    assert_int_equal(task_start(seen.loop, "parks", 0, 20, parks, NULL), OK);
    loop_run(seen.loop);
}

static void wake_it(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    assert_int_equal(seen.steps, 0);
    task_wake(seen.parked);
    assert_int_equal(seen.steps, 0); /* later in this turn, not now */
}

static void a_woken_task_goes_on_before_its_deadline(void **state)
{
    (void)state;
    struct timeval soon = {0, 5000};
    assert_int_equal(task_start(seen.loop, "parks", 0, 10000, parks, NULL), OK);
    assert_string_equal(seen.parked->doing, "the test");
    event_base_once(loop_base(seen.loop), -1, EV_TIMEOUT, wake_it, NULL, &soon);
    int64_t before = clock_mono_ms();
    loop_run(seen.loop);
    assert_int_equal(seen.result, OK);
    assert_true(clock_mono_ms() - before < 5000);
}

static void flush(void *arg)
{
    int *flushed = arg;
    (*flushed)++;
}

static int flushed;

static void asks_for_two_flushes(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    loop_at_turn_end(seen.loop, flush, &flushed);
    loop_at_turn_end(seen.loop, flush, &flushed);
    seen.result = task_sleep(t, 5);
}

static void a_turn_end_is_told_once_a_turn(void **state)
{
    (void)state;
    flushed = 0;
    assert_int_equal(task_start(seen.loop, "flushes", 0, 1000, asks_for_two_flushes, NULL), OK);
    loop_run(seen.loop);
    assert_int_equal(flushed, 1);
    assert_int_equal(seen.result, OK);
}

static void starts_another(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    assert_int_equal(task_start(seen.loop, "parks", 0, 10, parks, NULL), OK);
    assert_null(seen.parked);
}

static void a_task_started_by_a_task_runs_later_in_the_turn(void **state)
{
    (void)state;
    assert_int_equal(task_start(seen.loop, "starts", 0, 1000, starts_another, NULL), OK);
    loop_run(seen.loop);
    assert_int_equal(seen.ended, 2);
    assert_int_equal(seen.result, ERR_TIMEOUT);
}

static void count_task(const struct task *t, void *arg)
{
    size_t *n = arg;
    assert_string_equal(t->label, "parks");
    assert_string_equal(t->doing, "the test");
    assert_int_equal(t->request_id.n, 32);
    (*n)++;
}

static void tasks_can_be_listed_with_what_they_wait_for(void **state)
{
    (void)state;
    size_t n = 0;
    assert_int_equal(task_start(seen.loop, "parks", 0, 10, parks, NULL), OK);
    assert_int_equal(task_start(seen.loop, "parks", 0, 15, parks, NULL), OK);
    loop_tasks_each(seen.loop, count_task, &n);
    assert_int_equal(n, 2);
    loop_run(seen.loop);
}

static int deep(int n, volatile char *from)
{
    volatile char here[1024];
    here[0] = (char)n;
    return n == 0 ? here[0] + from[0] : deep(n - 1, here) + here[0];
}

static void goes_deep(struct task *t, void *arg)
{
    (void)arg;
    volatile char here[1] = {0};
    task_on_end(t, on_end, NULL);
    seen.steps = deep(64, here);
}

static void the_deepest_stack_is_known(void **state)
{
    (void)state;
    assert_int_equal(task_start(seen.loop, "deep", 0, 1000, goes_deep, NULL), OK);
    size_t deepest = loop_stack_high_water(seen.loop);
    assert_true(deepest >= 64 * 1024);
    assert_true(deepest <= TASK_STACK_SIZE_ASAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_park_ends_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sleep_ends_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exhausted_arena_ends_that_task_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_task_has_empty_memory_and_its_own_limit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_stack_is_used_again_after_an_early_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_task_when_no_stack_is_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_woken_task_goes_on_before_its_deadline, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_turn_end_is_told_once_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_started_by_a_task_runs_later_in_the_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tasks_can_be_listed_with_what_they_wait_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_deepest_stack_is_known, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
