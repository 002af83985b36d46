/* peer/signer_client, verifier_client: what is asked arrives, what cannot be read is refused. */
#include "peer/signer_client.h"
#include "peer/verifier_client.h"
#include "world.h"

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
    const struct CMUnitTest tests[] = {
        T(an_answer_that_cannot_be_read_is_refused),
        T(signer_and_verifier_are_asked_and_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
