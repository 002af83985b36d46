/* The scheduler of unit tests and fuzzers keeps the promises of task.h without stacks of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/clock.h"
#include "task/task.h"

static struct loop *loop;
static struct task *parked;
static int flushed, ended;
static enum err ended_how;

static int set_up(void **state)
{
    (void)state;
    flushed = ended = 0;
    parked = NULL;
    return loop_new(3, &loop) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void on_end(struct task *t, void *arg, enum err how)
{
    (void)t;
    (void)arg;
    ended++;
    ended_how = how;
}

static void waits(struct task *t, void *arg)
{
    task_on_end(t, on_end, NULL);
    *(enum err *)arg = task_park(t, "nothing");
}

static void a_park_ends_at_the_deadline(void **state)
{
    (void)state;
    enum err e = OK;
    int64_t before = clock_mono_ms();
    assert_int_equal(task_start(loop, "waits", 0, 20, waits, &e), OK);
    assert_int_equal(e, ERR_TIMEOUT);
    assert_true(clock_mono_ms() - before >= 19);
    assert_int_equal(ended, 1);
}

static void eats(struct task *t, void *arg)
{
    (void)arg;
    task_on_end(t, on_end, NULL);
    for (size_t i = 0; i < 100000; i++) {
        (void)arena_alloc(t->arena, 1000);
    }
}

static void an_exhausted_arena_ends_that_task_only(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(task_start(loop, "eats", 20000, 1000, eats, NULL), OK);
        assert_int_equal(ended_how, ERR_LIMIT);
    }
    assert_int_equal(ended, 10);
    assert_int_equal(loop_tasks_running(loop), 0);
}

static void wake(void *arg)
{
    (void)arg;
    flushed++;
    task_wake(parked);
}

static void asks(struct task *t, void *arg)
{
    parked = t;
    loop_at_turn_end(loop, wake, NULL);
    *(enum err *)arg = task_park(t, "the end of the turn");
}

/* What a task has registered for the end of the turn happens before it waits. */
static void the_turn_ends_before_the_wait(void **state)
{
    (void)state;
    enum err e = ERR_INTERNAL;
    assert_int_equal(task_start(loop, "asks", 0, 1000, asks, &e), OK);
    assert_int_equal(e, OK);
    assert_int_equal(flushed, 1);
}

static void starts_another(struct task *t, void *arg)
{
    assert_int_equal(task_start(loop, "waits", 0, 20, waits, arg), OK);
    assert_int_equal(*(enum err *)arg, OK); /* not yet */
    assert_int_equal(task_sleep(t, 50), OK);
    assert_int_equal(*(enum err *)arg, ERR_TIMEOUT);
}

static void a_task_started_by_a_task_runs_while_that_waits(void **state)
{
    (void)state;
    enum err e = OK;
    assert_int_equal(task_start(loop, "starts", 0, 1000, starts_another, &e), OK);
    assert_int_equal(e, ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_park_ends_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exhausted_arena_ends_that_task_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_turn_ends_before_the_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_started_by_a_task_runs_while_that_waits, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("task_poll", tests, NULL, NULL);
}
