/* The deadlines of several tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "task/task.h"

static struct loop *loop;
static int ended;

static void on_end(struct task *t, void *arg, enum err how)
{
    (void)t;
    (void)arg;
    assert_int_equal(how, OK);
    if (loop_tasks_running(loop) == 1) {
        loop_stop(loop);
    }
}

static void ends_in_order(struct task *t, void *arg)
{
    int *order = arg;
    task_on_end(t, on_end, NULL);
    assert_int_equal(task_park(t, "nothing"), ERR_TIMEOUT);
    *order = ++ended;
}

static void deadlines_come_in_order(void **state)
{
    (void)state;
    int order[4] = {0};
    assert_int_equal(loop_new(4, &loop), OK);
    static const int64_t after[4] = {40, 10, 30, 20};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(task_start(loop, "orders", 0, after[i], ends_in_order, &order[i]), OK);
    }
    loop_run(loop);
    assert_int_equal(order[1], 1);
    assert_int_equal(order[3], 2);
    assert_int_equal(order[2], 3);
    assert_int_equal(order[0], 4);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_come_in_order),
    };
    return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL);
}
