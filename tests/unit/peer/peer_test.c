/* peer/peer, call: refusals, losses, late answers, and one frame a turn. */
#include "world.h"

static void refuse_all(struct task *t)
{
    struct message m[CALLS];
    size_t n = await_frame(t, 0, m);
    respond(t, 0, m, n, ERR_DENIED, "warrant: no");
}

static void a_refusal_comes_back_with_its_kind_and_reason(void **state)
{
    (void)state;
    members(1);
    channel(0);
    start(one_call, 0);
    play(refuse_all);
    loop_run(w.loop);
    assert_int_equal(w.result[0], ERR_DENIED);
    assert_string_equal(w.reason[0], "tester: warrant: no");
    assert_int_equal(peer_in_flight(w.peer), 0);
}

static void echo_all(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 5);
    respond(t, 0, m, 5, OK, NULL);
}

static void calls_of_one_turn_leave_in_one_frame(void **state)
{
    (void)state;
    members(1);
    channel(0);
    for (int i = 0; i < 5; i++) {
        start(one_call, i);
    }
    play(echo_all);
    loop_run(w.loop);
    for (int i = 0; i < 5; i++) {
        char expected[16];
        (void)snprintf(expected, sizeof expected, "call %d", i);
        assert_int_equal(w.result[i], OK);
        assert_string_equal(w.answer[i], expected);
    }
}

static void refuses_calls_beyond_the_queue(void **state)
{
    (void)state;
    members(1);
    channel(0);
    w.queue_max = 5;
    for (int i = 0; i < 6; i++) {
        start(one_call, i);
    }
    play(echo_all);
    loop_run(w.loop);
    assert_int_equal(w.result[5], ERR_LIMIT);
    assert_int_equal(w.result[4], OK);
}

/* Four calls of one task, the third of which is refused. */
static void call_four_at_once(struct task *t, void *arg)
{
    const struct str requests[4] = {STR("a"), STR("b"), STR("c"), STR("d")};
    struct str answers[4] = {{0}};
    task_on_end(t, ended, arg);
    enum err first = peer_call_each(t, w.peer, 7, requests, 4, w.result, answers);
    assert_int_equal(first, ERR_DENIED);
    (void)snprintf(w.reason[0], sizeof w.reason[0], "%s", err_reason());
    for (int i = 0; i < 4; i++) {
        (void)snprintf(w.answer[i], sizeof w.answer[i], "%.*s", STR_FMT(answers[i]));
    }
}

static void refuse_the_third(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 4);
    respond(t, 0, m + 3, 1, OK, NULL); /* in another order than asked */
    respond(t, 0, m, 2, OK, NULL);
    respond(t, 0, m + 2, 1, ERR_DENIED, "warrant: no");
}

static void of_calls_made_together_each_has_its_own_answer_and_a_refusal_is_told(void **state)
{
    (void)state;
    members(1);
    channel(0);
    start(call_four_at_once, CALLS - 2);
    play(refuse_the_third);
    loop_run(w.loop);
    const enum err expected[4] = {OK, OK, ERR_DENIED, OK};
    const char *const answers[4] = {"a", "b", "", "d"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(w.result[i], expected[i]);
        assert_string_equal(w.answer[i], answers[i]);
    }
    assert_string_equal(w.reason[0], "tester: warrant: no");
    assert_int_equal(peer_in_flight(w.peer), 0);
}

/* The room that is left in the task's arena when it makes its call. */
static size_t room;

static void call_with_little_room(struct task *t, void *arg)
{
    struct str answer;
    task_on_end(t, ended, arg);
    (void)arena_alloc(t->arena, ARENA_MAX - room);
    w.result[0] = peer_call(t, w.peer, 10, STR("call"), 0, &answer);
}

/* Wherever in making a call the memory ends, it is not counted for ever. */
static void a_call_whose_task_has_no_memory_left_is_not_in_flight(void **state)
{
    (void)state;
    size_t ended_early = 0;
    members(1);
    w.deadline_ms = 1; /* where memory suffices nobody answers */
    for (room = 0; room < 2048; room += 16) {
        w.result[0] = OK;
        start(call_with_little_room, 0);
        if (w.running > 0) {
            loop_run(w.loop); /* it waits: there was room */
        }
        ended_early += w.result[0] == ERR_LIMIT || w.result[0] == ERR_NO_MEMORY;
        assert_int_equal(peer_in_flight(w.peer), 0);
    }
    assert_true(ended_early > 0);
}

static void give_up_on_four(struct task *t, void *arg)
{
    const struct str requests[4] = {STR("a"), STR("b"), STR("c"), STR("d")};
    struct str answers[4];
    task_on_end(t, ended, arg);
    assert_int_not_equal(peer_call_each(t, w.peer, 7, requests, 4, w.result, answers), OK);
}

static void calls_made_together_end_together_when_no_answer_comes_in_time(void **state)
{
    (void)state;
    members(1);
    channel(0);
    w.deadline_ms = 20;
    start(give_up_on_four, CALLS - 2);
    loop_run(w.loop);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(w.result[i], ERR_TIMEOUT);
    }
    assert_int_equal(peer_in_flight(w.peer), 0);
}

static void lose_once(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 1);
    close(w.other[0]);
    w.other[0] = -1;
    assert_int_equal(task_sleep(t, 20), OK);
    assert_int_equal(w.running, 2); /* it waits for the new channel */
    channel(0);
    assert_int_equal(await_frame(t, 0, m), 1);
    assert_true(str_eqz(m[0].payload, "call 0"));
    respond(t, 0, m, 1, OK, "second time");
}

static void a_call_is_repeated_on_the_new_channel(void **state)
{
    (void)state;
    members(1);
    channel(0);
    start(one_call, 0);
    play(lose_once);
    loop_run(w.loop);
    assert_int_equal(w.result[0], OK);
    assert_string_equal(w.answer[0], "second time");
}

static void lose_twice(struct task *t)
{
    struct message m[CALLS];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(await_frame(t, 0, m), 1);
        close(w.other[0]);
        w.other[0] = -1;
        channel(0);
    }
}

static void a_second_loss_is_unavailable(void **state)
{
    (void)state;
    members(1);
    channel(0);
    start(one_call, 0);
    play(lose_twice);
    loop_run(w.loop);
    assert_int_equal(w.result[0], ERR_UNAVAILABLE);
    assert_int_equal(peer_in_flight(w.peer), 0);
}

static void answer_late(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 1);
    t->deadline_ms += 1000;
    assert_int_equal(task_sleep(t, 80), OK);
    assert_int_equal(w.result[0], ERR_TIMEOUT);
    assert_int_equal(peer_in_flight(w.peer), 0);
    m[0].payload = STR("late");
    respond(t, 0, m, 1, OK, "late");
    assert_int_equal(task_sleep(t, 10), OK);
}

static void a_late_answer_is_for_nobody(void **state)
{
    (void)state;
    members(1);
    channel(0);
    w.deadline_ms = 40;
    start(one_call, 0);
    play(answer_late);
    loop_run(w.loop);
    assert_string_equal(w.answer[0], "");
}

static void send_rubbish(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 1);
    assert_int_equal(frame_send(w.other[0], STR("\xff\xff\xff\xff rubbish")), OK);
    assert_int_equal(task_sleep(t, 10), OK);
    channel(0);
    assert_int_equal(await_frame(t, 0, m), 1);
    respond(t, 0, m, 1, OK, "sane again");
}

static void a_broken_frame_is_a_loss(void **state)
{
    (void)state;
    members(1);
    channel(0);
    start(one_call, 0);
    play(send_rubbish);
    loop_run(w.loop);
    assert_string_equal(w.answer[0], "sane again");
}

static void call_all(struct task *t, void *arg)
{
    int i = *(int *)arg;
    task_on_end(t, ended, arg);
    w.result[i] = peer_call_all(t, w.peer, 3, STR("keys"));
}

static void one_of_two_refuses(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 1);
    assert_true(str_eqz(m[0].payload, "keys"));
    respond(t, 0, m, 1, OK, "");
    assert_int_equal(task_sleep(t, 10), OK);
    assert_int_equal(w.running, 2); /* the other has no channel yet */
    channel(1);
    assert_int_equal(await_frame(t, 1, m), 1);
    respond(t, 1, m, 1, ERR_CONFLICT, "newer");
}

static void a_call_to_all_waits_for_all(void **state)
{
    (void)state;
    members(2);
    channel(0);
    start(call_all, 0);
    play(one_of_two_refuses);
    loop_run(w.loop);
    assert_int_equal(w.result[0], ERR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_refusal_comes_back_with_its_kind_and_reason),
        T(refuses_calls_beyond_the_queue),
        T(a_second_loss_is_unavailable),
        T(a_broken_frame_is_a_loss),
        T(a_late_answer_is_for_nobody),
        T(a_call_whose_task_has_no_memory_left_is_not_in_flight),
        T(calls_of_one_turn_leave_in_one_frame),
        T(of_calls_made_together_each_has_its_own_answer_and_a_refusal_is_told),
        T(calls_made_together_end_together_when_no_answer_comes_in_time),
        T(a_call_is_repeated_on_the_new_channel),
        T(a_call_to_all_waits_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
