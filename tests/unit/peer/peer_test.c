/* peer/peer, serve, signer_client: losses, limits, late answers, and one frame a turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/signer_client.h"
#include "peer/verifier_client.h"

#define CALLS 8

/* The world of one test: a loop, a peer, the raw other ends, and what became of the calls. */
static struct {
    struct loop *loop;
    struct peer *peer;
    int other[2]; /* the other end of each member's channel */
    int running;
    enum err result[CALLS];
    char answer[CALLS][64];
    char reason[CALLS][96];
    int64_t deadline_ms;
    size_t queue_max;
    uint8_t *into;
    void (*script)(struct task *t);
} w;

static int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.deadline_ms = 2000;
    w.into = malloc(FRAME_MAX);
    w.other[0] = w.other[1] = -1;
    return loop_new(32, &w.loop) == OK ? 0 : 1;
}

static void members(size_t n)
{
    assert_int_equal(peer_new(w.loop, "tester", n, &w.peer), OK);
}

static void channel(size_t i)
{
    int pair[2];
    assert_int_equal(frame_pair(pair), OK);
    if (w.other[i] >= 0) {
        close(w.other[i]);
    }
    w.other[i] = pair[1];
    peer_channel(w.peer, i, pair[0]);
}

static void ended(struct task *t, void *arg, enum err how)
{
    (void)t;
    int i = *(int *)arg;
    if (how != OK) {
        w.result[i] = how;
    }
    free(arg);
    if (--w.running == 0) {
        loop_stop(w.loop);
    }
}

static void one_call(struct task *t, void *arg)
{
    int i = *(int *)arg;
    struct str answer;
    task_on_end(t, ended, arg);
    struct str request = str_fmt(t->arena, "call %d", i);
    w.result[i] = peer_call(t, w.peer, (uint16_t)(10 + i), request, w.queue_max, &answer);
    if (w.result[i] == OK) {
        (void)snprintf(w.answer[i], sizeof w.answer[i], "%.*s", STR_FMT(answer));
    } else {
        (void)snprintf(w.reason[i], sizeof w.reason[i], "%s", err_reason());
    }
}

static void start(task_fn *fn, int i)
{
    int *n = malloc(sizeof *n);
    assert_non_null(n);
    *n = i;
    w.running++;
    assert_int_equal(task_start(w.loop, "test", 1 << 20, w.deadline_ms, fn, n), OK);
}

static void script(struct task *t, void *arg)
{
    task_on_end(t, ended, arg);
    w.script(t);
}

static void play(void (*fn)(struct task *t))
{
    w.script = fn;
    start(script, CALLS - 1);
}

static void wait_a_little(struct task *t)
{
    (void)!task_sleep(t, 5);
}

static int tear_down(void **state)
{
    (void)state;
    peer_free(w.peer);
    w.running = 0;
    play(wait_a_little); /* a server sees that its asker is gone */
    loop_run(w.loop);
    free(w.into);
    for (int i = 0; i < 2; i++) {
        if (w.other[i] >= 0) {
            close(w.other[i]);
        }
    }
    loop_free(w.loop);
    return 0;
}

/* Waits for a frame at a raw end; number of messages, kept in m. */
static size_t await_frame(struct task *t, int member, struct message m[CALLS])
{
    struct str frame;
    size_t n = 0;
    bool broken;
    do {
        assert_int_equal(task_sleep(t, 1), OK);
        assert_int_equal(frame_receive(w.other[member], w.into, &frame, NULL), OK);
    } while (frame.n == 0);
    while (frame_next(&frame, &m[n], &broken)) {
        n++;
    }
    assert_false(broken);
    return n;
}

static void respond(struct task *t, int member, const struct message *m, size_t n, enum err status,
                    const char *payload)
{
    struct buf b = buf_in(t->arena);
    for (size_t i = 0; i < n; i++) {
        struct message out = {.op = m[i].op,
                              .status = (uint16_t)status,
                              .call = m[i].call,
                              .payload = payload != NULL ? str_from(payload) : m[i].payload};
        assert_int_equal(frame_put(&b, &out), OK);
    }
    assert_int_equal(frame_send(w.other[member], buf_str(&b)), OK);
}

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

/* the serving side */
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

static void ask_for_a_code(struct task *t, void *arg)
{
    int i = *(int *)arg;
    struct signer_issued_code out;
    task_on_end(t, ended, arg);
    struct signer_issue_code in = {.session_secret = STR("s"), .code.kind = PROOF_CODE};
    w.result[i] = ask_issue_code(t, w.peer, &in, &out);
    if (w.result[i] == OK) {
        (void)snprintf(w.answer[i], sizeof w.answer[i], "%.*s", STR_FMT(out.sid));
    }
}

static void ask_about_a_password(struct task *t, void *arg)
{
    int i = *(int *)arg;
    struct verifier_answer out;
    task_on_end(t, ended, arg);
    struct verifier_password in = {
        .login_name = STR("001190012345"), .password = STR("p"), .address_sealed = STR("box")};
    w.result[i] = ask_password(t, w.peer, &in, 0, &out);
    if (w.result[i] == OK) {
        (void)snprintf(w.answer[i], sizeof w.answer[i], "%u %u", (unsigned)out.outcome,
                       (unsigned)out.retry_after_s);
    }
}

/* Answers with real bytes when `good`, with none when not. */
static bool good;

static void play_signer_and_verifier(struct task *t)
{
    struct message m[CALLS];
    assert_int_equal(await_frame(t, 0, m), 2);
    struct buf frame = buf_in(t->arena);
    for (size_t i = 0; i < 2; i++) {
        struct buf b = buf_in(t->arena);
        if (m[i].op == SIGNER_ISSUE_CODE) {
            struct signer_issue_code in;
            assert_int_equal(get_signer_issue_code(t->arena, m[i].payload, &in), OK);
            assert_true(str_eqz(in.session_secret, "s"));
            put_signer_issued_code(&b, &(struct signer_issued_code){.sid = STR("sid")});
        } else {
            struct verifier_password in;
            assert_int_equal(get_verifier_password(t->arena, m[i].payload, &in), OK);
            assert_true(str_eqz(in.login_name, "001190012345"));
            assert_true(str_eqz(in.address_sealed, "box"));
            assert_null(in.address.p);
            put_verifier_answer(
                &b, &(struct verifier_answer){.outcome = LOGIN_LATER, .retry_after_s = 30});
        }
        struct message out = {
            .op = m[i].op, .call = m[i].call, .payload = good ? buf_str(&b) : STR("x")};
        assert_int_equal(frame_put(&frame, &out), OK);
    }
    assert_int_equal(frame_send(w.other[0], buf_str(&frame)), OK);
}

static void ask_both(bool well)
{
    good = well;
    members(1);
    channel(0);
    start(ask_for_a_code, 0);
    start(ask_about_a_password, 1);
    play(play_signer_and_verifier);
    loop_run(w.loop);
}

static void an_answer_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    ask_both(false);
    assert_int_equal(w.result[0], ERR_INPUT);
    assert_int_equal(w.result[1], ERR_INPUT);
}

static void signer_and_verifier_are_asked_and_understood(void **state)
{
    (void)state;
    ask_both(true);
    assert_string_equal(w.answer[0], "sid");
    assert_string_equal(w.answer[1], "2 30");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_refusal_comes_back_with_its_kind_and_reason),
        T(refuses_calls_beyond_the_queue),
        T(an_answer_that_cannot_be_read_is_refused),
        T(a_second_loss_is_unavailable),
        T(a_broken_frame_is_a_loss),
        T(a_late_answer_is_for_nobody),
        T(calls_of_one_turn_leave_in_one_frame),
        T(a_call_is_repeated_on_the_new_channel),
        T(the_equally_busy_take_turns),
        T(short_calls_are_gathered_until_the_others_idle_too_long),
        T(a_bad_moment_is_forgotten_when_answers_come_fast_again),
        T(calls_go_to_the_least_busy_and_move_to_the_living),
        T(a_member_holds_what_its_window_allows_and_never_hears_of_who_gave_up),
        T(a_call_to_all_waits_for_all),
        T(serves_each_message_in_a_task),
        T(signer_and_verifier_are_asked_and_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
