/* Control messages: cut or lengthened ones are refused, whole ones come back as they went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "process/control.h"

static struct control_start sample(void)
{
    struct control_start m = {.role = ROLE_WEB,
                              .number = 3,
                              .change_user = 1,
                              .uid = 999,
                              .gid = 998,
                              .config_path = STR("/etc/authd/authd.conf"),
                              .config_text = STR("issuer = \"x\"\n"),
                              .db_password = STR(""),
                              .start_secret = STR_NONE,
                              .tls_certificate = STR("c"),
                              .tls_key = STR("k")};
    m.members[ROLE_SIGNER] = 2;
    return m;
}

static void refuses_a_start_message_of_any_other_length(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct control_start m = sample();
    struct control_start out;
    struct buf b = buf_in(a);
    put_control_start(&b, &m);
    struct str whole = buf_str(&b);
    for (size_t n = 0; n < whole.n; n++) {
        assert_int_equal(get_control_start(str_of(whole.p, n), &out), ERR_INPUT);
    }
    buf_byte(&b, 0);
    assert_int_equal(get_control_start(buf_str(&b), &out), ERR_INPUT);
    arena_free(a);
}

static void refuses_a_start_as_the_parent(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct control_start m = sample();
    struct control_start out;
    static const uint8_t bad[] = {ROLE_PARENT, ROLE_COUNT, 255};
    for (size_t i = 0; i < sizeof(bad); i++) {
        struct buf b = buf_in(a);
        m.role = bad[i];
        put_control_start(&b, &m);
        assert_int_equal(get_control_start(buf_str(&b), &out), ERR_INPUT);
    }
    arena_free(a);
}

static void refuses_a_cut_off_of_any_other_length_or_of_the_parent(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct control_cut_off m = {.role = ROLE_WEB, .number = 3, .life = 2}, out;
    static const uint8_t bad[] = {ROLE_PARENT, ROLE_COUNT, 255};
    struct buf b = buf_in(a);
    put_control_cut_off(&b, &m);
    struct str whole = buf_str(&b);
    for (size_t n = 0; n < whole.n; n++) {
        assert_int_equal(get_control_cut_off(str_of(whole.p, n), &out), ERR_INPUT);
    }
    assert_int_equal(get_control_cut_off(whole, &out), OK);
    assert_true(out.role == ROLE_WEB && out.number == 3 && out.life == 2);
    buf_byte(&b, 0);
    assert_int_equal(get_control_cut_off(buf_str(&b), &out), ERR_INPUT);
    for (size_t i = 0; i < sizeof(bad); i++) {
        b = buf_in(a);
        m.role = bad[i];
        put_control_cut_off(&b, &m);
        assert_int_equal(get_control_cut_off(buf_str(&b), &out), ERR_INPUT);
    }
    arena_free(a);
}

static void a_message_crosses_a_pair_with_its_descriptor(void **state)
{
    (void)state;
    static uint8_t frame[FRAME_MAX];
    struct arena *a = arena_new(0);
    struct control_channel m = {
        .serve = 1, .other = ROLE_WEB, .number = 7, .channel = 2, .life = 5};
    struct control_channel out;
    struct buf b = buf_in(a);
    struct message got;
    struct str rest;
    int pair[2], pipes[2], passed = -1;
    bool broken;
    char c = 'x';
    put_control_channel(&b, &m);
    assert_int_equal(frame_pair(pair), OK);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(control_send(pair[0], CONTROL_CHANNEL, buf_str(&b), pipes[1]), OK);
    close(pipes[1]);
    assert_int_equal(frame_receive(pair[1], frame, &rest, &passed), OK);
    assert_true(frame_next(&rest, &got, &broken));
    assert_int_equal(got.op, CONTROL_CHANNEL);
    assert_int_equal(get_control_channel(got.payload, &out), OK);
    assert_int_equal(out.number, 7);
    assert_int_equal(out.life, 5);
    assert_int_equal(out.other, ROLE_WEB);
    assert_int_equal(write(passed, &c, 1), 1);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    close(passed);
    close(pipes[0]);
    close(pair[0]);
    assert_int_equal(frame_receive(pair[1], frame, &rest, NULL), ERR_UNAVAILABLE);
    close(pair[1]);
    arena_free(a);
}

static void a_start_message_comes_back_as_it_went(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct control_start m = sample();
    struct control_start out;
    struct buf b = buf_in(a);
    put_control_start(&b, &m);
    assert_int_equal(get_control_start(buf_str(&b), &out), OK);
    assert_int_equal(out.role, ROLE_WEB);
    assert_int_equal(out.uid, 999);
    assert_true(str_eq(out.config_text, m.config_text));
    assert_true(out.db_password.p != NULL && out.db_password.n == 0);
    assert_null(out.start_secret.p);
    assert_int_equal(out.members[ROLE_SIGNER], 2);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_start_message_of_any_other_length),
        cmocka_unit_test(refuses_a_start_as_the_parent),
        cmocka_unit_test(refuses_a_cut_off_of_any_other_length_or_of_the_parent),
        cmocka_unit_test(a_message_crosses_a_pair_with_its_descriptor),
        cmocka_unit_test(a_start_message_comes_back_as_it_went),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
