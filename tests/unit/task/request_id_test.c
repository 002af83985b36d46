/* Ids of requests: RFC 9562 version 7, each another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/clock.h"
#include "task/task.h"

static void parks(struct task *t, void *arg)
{
    (void)arg;
    assert_int_equal(task_park(t, "the test"), ERR_TIMEOUT);
}

/* RFC 9562 §5.7: the time in milliseconds, the version, the variant. */
static void look_at_id(const struct task *t, void *arg)
{
    int64_t *at_ms = arg;
    *at_ms = 0;
    for (size_t i = 0; i < 6; i++) {
        *at_ms = *at_ms << 8 | t->request_uuid[i];
    }
    assert_int_equal(t->request_uuid[6] >> 4, 7);
    assert_int_equal(t->request_uuid[8] >> 6, 2);
}

static void a_request_id_begins_with_the_time(void **state)
{
    (void)state;
    struct loop *loop;
    int64_t before_ms = clock_now_ms(), at_ms = 0;
    assert_int_equal(loop_new(1, &loop), OK);
    assert_int_equal(task_start(loop, "parks", 0, 10, parks, NULL), OK);
    loop_tasks_each(loop, look_at_id, &at_ms);
    assert_in_range(at_ms, before_ms, clock_now_ms());
    loop_free(loop);
}

static void notes_ids(struct task *t, void *arg)
{
    uint8_t(*ids)[REQUEST_ID_SIZE] = arg;
    memcpy(ids[0], t->request_uuid, REQUEST_ID_SIZE);
    task_id_make(t, ids[1]);
    for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
        static const char digits[] = "0123456789abcdef";
        assert_int_equal(t->request_id.p[2 * i], digits[ids[0][i] >> 4]);
        assert_int_equal(t->request_id.p[2 * i + 1], digits[ids[0][i] & 15]);
    }
}

static void no_id_comes_twice(void **state)
{
    (void)state;
    enum { TASKS = 200 }; /* more than are drawn at a time */
    static uint8_t ids[TASKS][2][REQUEST_ID_SIZE];
    struct loop *loop;
    assert_int_equal(loop_new(1, &loop), OK);
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(task_start(loop, "notes", 0, 1000, notes_ids, ids[i]), OK);
    }
    const uint8_t(*all)[REQUEST_ID_SIZE] = ids[0];
    for (size_t i = 0; i < (size_t)2 * TASKS; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(all[i] + 9, all[j] + 9, REQUEST_ID_SIZE - 9);
        }
    }
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_id_comes_twice),
        cmocka_unit_test(a_request_id_begins_with_the_time),
    };
    return cmocka_run_group_tests_name("request_id", tests, NULL, NULL);
}
