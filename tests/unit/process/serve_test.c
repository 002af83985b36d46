/* process/serve: what a message held is gone when it has been answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/inside.h"
#include "process/process.h"

#define PASSWORD "correct horse battery staple"

static struct process_inside inside;

static enum err serve_then_drain(struct arena *a, void *app, int from, uint16_t op,
                                 struct str request, struct str *answer)
{
    (void)app;
    assert_int_equal(from, 2);
    assert_int_equal(op, 7);
    assert_true(str_eqz(request, PASSWORD));
    *answer = str_dup(a, STR("an answer"));
    inside.draining = true;
    return OK;
}

static bool holds(const void *p, size_t n, const char *what)
{
    return memmem(p, n, what, strlen(what)) != NULL;
}

static void wipes_a_frame_when_it_was_answered(void **state)
{
    (void)state;
    int control[2], channel[2];
    uint8_t *answer = malloc(FRAME_MAX);
    struct arena *a = arena_new(0);
    struct str got;
    struct message m = {.op = 7, .call = 1, .payload = STR(PASSWORD)};
    assert_int_equal(frame_pair(control), OK);
    assert_int_equal(frame_pair(channel), OK);
    inside.frame = calloc(1, FRAME_MAX);
    assert_true(answer != NULL && a != NULL && inside.frame != NULL);
    inside.served[0] = (struct served){.fd = channel[0], .channel = 2};
    inside.n_served = 1;
    struct buf b = buf_in(a);
    assert_int_equal(frame_put(&b, &m), OK);
    assert_int_equal(frame_send(channel[1], buf_str(&b)), OK);
    struct process self = {.control_fd = control[0], .inside = &inside};
    process_serve_blocking(&self, serve_then_drain, NULL);
    assert_int_equal(frame_receive(channel[1], answer, &got, NULL), OK);
    assert_true(holds(got.p, got.n, "an answer"));
    assert_false(holds(inside.frame, FRAME_MAX, PASSWORD));
    arena_free(a);
    free(answer);
    free(inside.frame);
    for (int i = 0; i < 2; i++) {
        close(control[i]);
        close(channel[i]);
    }
}

static unsigned served;

/* Three of them are more than a frame holds. */
#define THIRD (FRAME_MAX / 3)

static enum err serve_three(struct arena *a, void *app, int from, uint16_t op, struct str request,
                            struct str *answer)
{
    (void)app, (void)from, (void)request;
    assert_int_equal(arena_used(a), 0);
    char *large = arena_alloc(a, THIRD);
    memset(large, 'a' + op, THIRD);
    *answer = str_of(large, THIRD);
    inside.draining = ++served == 3;
    return OK;
}

static void gives_back_the_memory_of_a_message_before_the_next_and_answers_all(void **state)
{
    (void)state;
    int control[2], channel[2];
    uint8_t *answer = malloc(FRAME_MAX);
    struct arena *a = arena_new(0);
    struct buf b = buf_in(a);
    assert_int_equal(frame_pair(control), OK);
    assert_int_equal(frame_pair(channel), OK);
    inside = (struct process_inside){.frame = calloc(1, FRAME_MAX), .n_served = 1};
    inside.served[0] = (struct served){.fd = channel[0], .channel = 2};
    for (uint16_t op = 0; op < 3; op++) {
        assert_int_equal(frame_put(&b, &(struct message){.op = op, .call = op}), OK);
    }
    assert_int_equal(frame_send(channel[1], buf_str(&b)), OK);
    struct process self = {.control_fd = control[0], .inside = &inside};
    process_serve_blocking(&self, serve_three, NULL);
    struct str got = STR("");
    for (uint16_t op = 0; op < 3; op++) {
        struct message m;
        bool broken;
        if (got.n == 0) {
            assert_int_equal(frame_receive(channel[1], answer, &got, NULL), OK);
        }
        assert_true(frame_next(&got, &m, &broken));
        assert_true(m.call == op && m.payload.n == THIRD);
        assert_true(m.payload.p[0] == 'a' + op && m.payload.p[THIRD - 1] == 'a' + op);
    }
    assert_int_equal(got.n, 0);
    arena_free(a);
    free(answer);
    free(inside.frame);
    for (int i = 0; i < 2; i++) {
        close(control[i]);
        close(channel[i]);
    }
}

static void wipes_a_frame_that_is_refused_for_its_length(void **state)
{
    (void)state;
    int pair[2];
    size_t n = FRAME_MAX + 1;
    char *large = malloc(n);
    uint8_t *into = calloc(1, FRAME_MAX);
    struct str got;
    assert_int_equal(frame_pair(pair), OK);
    assert_true(large != NULL && into != NULL);
    memset(large, 'x', n);
    memcpy(large, PASSWORD, sizeof PASSWORD);
    assert_int_equal(write(pair[1], large, n), n);
    assert_int_equal(frame_receive(pair[0], into, &got, NULL), ERR_INPUT);
    for (size_t i = 0; i < FRAME_MAX; i++) {
        assert_int_equal(into[i], 0);
    }
    free(large);
    free(into);
    close(pair[0]);
    close(pair[1]);
}

static void expect_cut_off(int control, uint32_t number)
{
    static uint8_t frame[FRAME_MAX];
    struct str rest;
    struct message m;
    struct control_cut_off told;
    bool broken;
    assert_int_equal(frame_receive(control, frame, &rest, NULL), OK);
    assert_true(frame_next(&rest, &m, &broken));
    assert_int_equal(m.op, CONTROL_CUT_OFF);
    assert_int_equal(get_control_cut_off(m.payload, &told), OK);
    assert_int_equal(told.role, ROLE_WEB);
    assert_int_equal(told.number, number);
    assert_int_equal(told.life, 40 + number);
}

static void tells_the_parent_who_sent_what_cannot_be_taken_apart_and_not_who_is_gone(void **state)
{
    (void)state;
    enum { BROKEN, LARGE, GONE, GOOD, N };
    int control[2], pairs[N][2];
    struct arena *a = arena_new(0);
    char *large = calloc(1, FRAME_MAX + 1);
    struct str rest;
    inside = (struct process_inside){.n_served = N};
    inside.frame = calloc(1, FRAME_MAX);
    assert_true(a != NULL && large != NULL && inside.frame != NULL);
    assert_int_equal(frame_pair(control), OK);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(frame_pair(pairs[i]), OK);
        inside.served[i] = (struct served){
            .fd = pairs[i][0], .other = ROLE_WEB, .number = i, .channel = 2, .life = 40 + i};
    }
    struct message m = {.op = 7, .call = 1, .payload = STR(PASSWORD)};
    struct buf b = buf_in(a);
    assert_int_equal(frame_put(&b, &m), OK);
    assert_int_equal(write(pairs[BROKEN][1], "\xff\xff\xff\xff", 4), 4);
    assert_int_equal(write(pairs[LARGE][1], large, FRAME_MAX + 1), FRAME_MAX + 1);
    close(pairs[GONE][1]);
    assert_int_equal(frame_send(pairs[GOOD][1], buf_str(&b)), OK);
    struct process self = {.control_fd = control[0], .inside = &inside};
    process_serve_blocking(&self, serve_then_drain, NULL);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(inside.served[i].fd, i == GOOD ? pairs[GOOD][0] : -1);
    }
    expect_cut_off(control[1], BROKEN);
    expect_cut_off(control[1], LARGE);
    assert_int_equal(frame_receive(control[1], inside.frame, &rest, NULL), OK);
    assert_int_equal(rest.n, 0);
    close(pairs[BROKEN][1]);
    close(pairs[LARGE][1]);
    close(pairs[GOOD][0]);
    close(pairs[GOOD][1]);
    close(control[0]);
    close(control[1]);
    free(inside.frame);
    free(large);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipes_a_frame_that_is_refused_for_its_length),
        cmocka_unit_test(wipes_a_frame_when_it_was_answered),
        cmocka_unit_test(tells_the_parent_who_sent_what_cannot_be_taken_apart_and_not_who_is_gone),
        cmocka_unit_test(gives_back_the_memory_of_a_message_before_the_next_and_answers_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
