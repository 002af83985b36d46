/* peer/serve: each message in a task of its own. */
#include "world.h"

static enum err serve(struct task *t, void *app, uint16_t op, struct str request,
                      struct str *answer)
{
    assert_ptr_equal(app, &w);
    if (op == 10) {
        return fail(ERR_NOT_FOUND, "no such thing");
    }
    if (op == 11) {
        (void)arena_alloc(t->arena, 64 << 20); /* ends the task */
    }
    TRY(task_sleep(t, 2));
    *answer = str_fmt(t->arena, "served %.*s", STR_FMT(request));
    return OK;
}

static void serves_each_message_in_a_task(void **state)
{
    (void)state;
    int pair[2];
    members(1);
    assert_int_equal(frame_pair(pair), OK);
    peer_channel(w.peer, 0, pair[0]);
    peer_serve(w.loop, pair[1], serve, &w);
    for (int i = 0; i < 4; i++) {
        start(one_call, i);
    }
    loop_run(w.loop);
    assert_int_equal(w.result[0], ERR_NOT_FOUND);
    assert_string_equal(w.reason[0], "tester: no such thing");
    assert_int_equal(w.result[1], ERR_LIMIT);
    assert_string_equal(w.answer[2], "served call 2");
    assert_string_equal(w.answer[3], "served call 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(serves_each_message_in_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
