/* proc/wire and proc/frame: what is cut off, too long or left over is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/frame.h"
#include "proc/wire.h"

static struct str message(struct arena *a)
{
    struct buf b = buf_in(a);
    wire_put_u8(&b, 200);
    wire_put_u32(&b, 4000000000u);
    wire_put_u64(&b, UINT64_MAX - 1);
    wire_put_i64(&b, -5);
    wire_put_str(&b, STR("text"));
    wire_put_str(&b, STR(""));
    wire_put_str(&b, STR_NONE);
    wire_put_fixed(&b, "abc", 3);
    return buf_str(&b);
}

static enum err read_message(struct str bytes)
{
    struct wire w = wire_read(bytes);
    char fixed[3];
    bool good = wire_u8(&w) == 200 && wire_u32(&w) == 4000000000u &&
                wire_u64(&w) == UINT64_MAX - 1 && wire_i64(&w) == -5 &&
                str_eqz(wire_str(&w), "text");
    struct str empty = wire_str(&w), absent = wire_str(&w);
    wire_fixed(&w, fixed, 3);
    TRY(wire_done(&w));
    return good && empty.p != NULL && empty.n == 0 && absent.p == NULL &&
                   memcmp(fixed, "abc", 3) == 0
               ? OK
               : ERR_INTERNAL;
}

static void refuses_what_is_cut_off_or_left_over(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str m = message(a);
    for (size_t n = 0; n < m.n; n++) {
        char *exact = test_malloc(n + 1); /* so that a read beyond it is seen */
        memcpy(exact, m.p, n);
        assert_int_equal(read_message(str_of(exact, n)), ERR_INPUT);
        test_free(exact);
    }
    struct buf b = buf_in(a);
    buf_add(&b, m);
    buf_byte(&b, 'x');
    assert_int_equal(read_message(buf_str(&b)), ERR_INPUT);
    assert_int_equal(read_message(m), OK);
    arena_free(a);
}

static void stays_broken_after_the_first_failure(void **state)
{
    (void)state;
    struct wire w = wire_read(STR("\xff\xff\xff\xfe!"));
    assert_null(wire_str(&w).p);
    assert_int_equal(wire_u8(&w), 0);
    assert_int_equal(wire_done(&w), ERR_INPUT);
}

static void refuses_frames_whose_lengths_lie(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct buf b = buf_in(a);
    struct message m = {.op = 7, .status = 3, .call = 99, .payload = STR("hello")}, out;
    bool broken;
    assert_int_equal(frame_put(&b, &m), OK);
    for (size_t n = 1; n < b.n; n++) {
        struct str rest = str_of(b.p, n);
        assert_false(frame_next(&rest, &out, &broken));
        assert_true(broken);
    }
    char *big = arena_alloc(a, FRAME_MESSAGE_MAX + 1);
    m.payload = str_of(big, FRAME_MESSAGE_MAX + 1);
    assert_int_equal(frame_put(&b, &m), ERR_LIMIT);
    struct str rest = buf_str(&b);
    assert_true(frame_next(&rest, &out, &broken));
    assert_int_equal(out.op, 7);
    assert_int_equal(out.status, 3);
    assert_int_equal(out.call, 99);
    assert_true(str_eqz(out.payload, "hello"));
    assert_false(frame_next(&rest, &out, &broken));
    assert_false(broken);
    arena_free(a);
}

static void carries_whole_frames_and_descriptors(void **state)
{
    (void)state;
    int pair[2], pipe_fd[2], passed = -1;
    char *big = test_calloc(1, FRAME_MAX), *into = test_malloc(FRAME_MAX);
    struct str got;
    bool sent = false;
    assert_int_equal(frame_pair(pair), OK);
    assert_int_equal(frame_receive(pair[1], into, &got, &passed), OK);
    assert_int_equal(got.n, 0);
    memset(big, 'z', FRAME_MAX);
    assert_int_equal(frame_send(pair[0], str_of(big, FRAME_MAX)), OK);
    assert_int_equal(frame_receive(pair[1], into, &got, &passed), OK);
    assert_int_equal(got.n, FRAME_MAX);
    assert_int_equal(passed, -1);

    assert_int_equal(pipe(pipe_fd), 0);
    assert_int_equal(frame_send_fd(pair[0], STR("take this"), pipe_fd[1]), OK);
    assert_int_equal(frame_receive(pair[1], into, &got, &passed), OK);
    assert_true(passed >= 0);
    assert_int_equal(fcntl(passed, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(write(passed, "x", 1), 1);
    assert_int_equal(read(pipe_fd[0], into, 1), 1);
    close(passed);
    /* nobody asked for a descriptor: it is closed, the frame arrives */
    assert_int_equal(frame_send_fd(pair[0], STR("take this"), pipe_fd[1]), OK);
    close(pipe_fd[1]);
    assert_int_equal(frame_receive(pair[1], into, &got, NULL), OK);
    assert_int_equal(read(pipe_fd[0], into, 1), 0);
    close(pipe_fd[0]);

    do { /* a full socket does not block who doesn't want to */
        assert_int_equal(frame_try_send(pair[0], str_of(big, FRAME_MAX), &sent), OK);
    } while (sent);
    assert_int_equal(frame_try_send(pair[0], str_of(big, FRAME_MAX + 1), &sent), ERR_LIMIT);
    close(pair[1]);
    assert_int_equal(frame_send(pair[0], STR("anybody?")), ERR_UNAVAILABLE);
    assert_int_equal(frame_receive(pair[0], into, &got, NULL), ERR_UNAVAILABLE);
    close(pair[0]);
    test_free(big);
    test_free(into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_cut_off_or_left_over),
        cmocka_unit_test(stays_broken_after_the_first_failure),
        cmocka_unit_test(refuses_frames_whose_lengths_lie),
        cmocka_unit_test(carries_whole_frames_and_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
