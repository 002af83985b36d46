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
    assert_int_equal(frame_receive(pair[0], into, &got, NULL), ERR_UNAVAILABLE);
    for (size_t i = 0; i < FRAME_MAX; i++) {
        assert_int_equal(into[i], 0);
    }
    free(large);
    free(into);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipes_a_frame_that_is_refused_for_its_length),
        cmocka_unit_test(wipes_a_frame_when_it_was_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
