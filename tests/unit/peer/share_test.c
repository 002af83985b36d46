/* peer/peer: which member gets which call, how many it holds, and how long one would wait. */
#include <sys/socket.h>

#include "world.h"

static void lose_one_of_two(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 2);
    assert_int_equal(await_frame(t, 1, m), 2);
    close(w.other[0]);
    w.other[0] = -1;
    respond(t, 1, m, 2, OK, "first");
    assert_int_equal(await_frame(t, 1, m), 2);
    respond(t, 1, m, 2, OK, "moved");
}

static void calls_go_to_the_least_busy_and_move_to_the_living(void **state)
{
    (void)state;
    members(2);
    channel(0);
    channel(1);
    for (int i = 0; i < 4; i++) {
        start(one_call, i);
    }
    play(lose_one_of_two);
    loop_run(w.loop);
    int moved = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(w.result[i], OK);
        moved += strcmp(w.answer[i], "moved") == 0;
    }
    assert_int_equal(moved, 2);
}

static void answer_one_by_one(struct task *t)
{
    struct message m[CALLS], next[CALLS];
    assert_int_equal(await_frame(t, 0, m), 2);
    respond(t, 0, m, 1, OK, "first");
    assert_int_equal(await_frame(t, 0, next), 1);
    while (w.result[3] != ERR_TIMEOUT) { /* it gives up before its turn has come */
        wait_a_little(t);
    }
    respond(t, 0, m + 1, 1, OK, "second");
    respond(t, 0, next, 1, OK, "third");
    wait_a_little(t);
    wait_a_little(t);
    char byte;
    assert_int_equal(recv(w.other[0], &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
}

static void a_member_holds_what_its_window_allows_and_never_hears_of_who_gave_up(void **state)
{
    (void)state;
    members(1);
    peer_window(w.peer, 2);
    channel(0);
    assert_int_equal(peer_wait_ms(w.peer), 0);
    for (int i = 0; i < 3; i++) {
        start(one_call, i);
    }
    play(answer_one_by_one);
    w.deadline_ms = 20;
    start(one_call, 3);
    loop_run(w.loop);
    assert_string_equal(w.answer[0], "first");
    assert_string_equal(w.answer[1], "second");
    assert_string_equal(w.answer[2], "third");
    assert_int_equal(w.result[3], ERR_TIMEOUT);
    assert_int_equal(peer_in_flight(w.peer), 0);
    assert_int_equal(peer_wait_ms(w.peer), 0);
}

/* One call after the other: each finds all members idle. */
static void call_four_times(struct task *t, void *arg)
{
    task_on_end(t, ended, arg);
    for (int i = 0; i < 4; i++) {
        struct str answer;
        assert_int_equal(peer_call(t, w.peer, 7, STR("x"), w.queue_max, &answer), OK);
        w.answer[0][i] = answer.p[0];
    }
}

static void answer_in_turns(struct task *t)
{
    struct message m[CALLS];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(await_frame(t, i % 2, m), 1);
        respond(t, i % 2, m, 1, OK, i % 2 == 0 ? "a" : "b");
    }
}

static void the_equally_busy_take_turns(void **state)
{
    (void)state;
    members(2);
    channel(0);
    channel(1);
    start(call_four_times, 0);
    play(answer_in_turns);
    loop_run(w.loop);
    assert_string_equal(w.answer[0], "abab");
}

static void answer_in_bunches(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 1, m), 4);
    respond(t, 1, m, 4, OK, "b");
    assert_int_equal(await_frame(t, 0, m), 3);
    respond(t, 0, m, 3, OK, "a");
}

static void short_calls_are_gathered_until_the_others_idle_too_long(void **state)
{
    (void)state;
    members(2);
    channel(0);
    channel(1);
    peer_gather(w.peer, 4, 1);
    for (int i = 0; i < 7; i++) {
        start(one_call, i);
    }
    play(answer_in_bunches);
    loop_run(w.loop);
    for (int i = 0; i < 7; i++) {
        assert_string_equal(w.answer[i], i < 4 ? "b" : "a");
    }
}

static void is_silent(int member)
{
    char byte;
    assert_int_equal(recv(w.other[member], &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
}

static void answer_the_first_late(struct task *t)
{
    struct message m[CALLS], next[CALLS];
    assert_int_equal(await_frame(t, 0, m), 2);
    for (int i = 2; i < 5; i++) { /* in a turn of its own */
        start(one_call, i);
        wait_a_little(t);
    }
    is_silent(0);
    respond(t, 0, m, 1, OK, "first");
    wait_a_little(t);
    is_silent(0);
    respond(t, 0, m + 1, 1, OK, "first");
    assert_int_equal(await_frame(t, 0, next), 3);
    respond(t, 0, next, 3, OK, "next");
}

static void who_comes_while_a_frame_is_answered_leaves_together_afterwards(void **state)
{
    (void)state;
    members(1);
    channel(0);
    peer_gather(w.peer, 4, 0);
    start(one_call, 0);
    start(one_call, 1);
    play(answer_the_first_late);
    loop_run(w.loop);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(w.answer[i], i < 2 ? "first" : "next");
    }
}

static void answer_the_patient(struct task *t)
{
    struct message m[CALLS], next[CALLS];
    assert_int_equal(await_frame(t, 0, m), 1); /* never answered */
    w.deadline_ms = 60000;
    start(one_call, 1);
    assert_int_equal(await_frame(t, 0, next), 1);
    assert_int_equal(w.result[0], ERR_TIMEOUT);
    respond(t, 0, next, 1, OK, "next");
}

static void who_was_waiting_leaves_when_those_before_give_up(void **state)
{
    (void)state;
    members(1);
    channel(0);
    peer_gather(w.peer, 4, 0);
    w.deadline_ms = 60000;
    play(answer_the_patient);
    w.deadline_ms = 50;
    start(one_call, 0);
    loop_run(w.loop);
    assert_string_equal(w.answer[1], "next");
}

static const char enough[] = "enough";

/* Two calls are in flight all the time: the first answers take their time, the others come at once,
 * until that is believed. */
static void answer_slowly_at_first(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 2);
    struct message waits = m[1];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(task_sleep(t, 60), OK);
        respond(t, 0, m, 1, OK, "slow");
        assert_int_equal(await_frame(t, 0, m), 1);
    }
    assert_true(peer_wait_ms(w.peer) >= 100);
    m[1] = waits;
    while (peer_wait_ms(w.peer) >= 50) {
        respond(t, 0, m, 2, OK, "fast");
        assert_int_equal(await_frame(t, 0, m), 2);
    }
    respond(t, 0, m, 2, OK, enough);
}

static void call_until_enough(struct task *t, void *arg)
{
    struct str answer;
    task_on_end(t, ended, arg);
    do {
        assert_int_equal(peer_call(t, w.peer, 10, STR("x"), 0, &answer), OK);
    } while (!str_eqz(answer, enough));
}

static void a_bad_moment_is_forgotten_when_answers_come_fast_again(void **state)
{
    (void)state;
    members(1);
    channel(0);
    w.deadline_ms = 10000;
    start(call_until_enough, 0);
    start(call_until_enough, 1);
    play(answer_slowly_at_first);
    loop_run(w.loop);
    assert_int_equal(w.running, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_equally_busy_take_turns),
        T(short_calls_are_gathered_until_the_others_idle_too_long),
        T(who_comes_while_a_frame_is_answered_leaves_together_afterwards),
        T(who_was_waiting_leaves_when_those_before_give_up),
        T(a_bad_moment_is_forgotten_when_answers_come_fast_again),
        T(calls_go_to_the_least_busy_and_move_to_the_living),
        T(a_member_holds_what_its_window_allows_and_never_hears_of_who_gave_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
