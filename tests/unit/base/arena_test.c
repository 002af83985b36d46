/* base/arena and base/buf: limits, wiping order, growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"

static jmp_buf ended;

static void end_work(void *arg)
{
    *(int *)arg += 1;
    longjmp(ended, 1);
}

/* Who passed a limit asked for too much; who met the end of memory did nothing wrong. */
static void tells_the_limit_from_the_end_of_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    static int count;
    arena_on_exhausted(a, end_work, &count);
    if (setjmp(ended) == 0) {
        arena_alloc(a, SIZE_MAX);
        fail_msg("not reached");
    }
    assert_false(arena_is_over(a));
    if (setjmp(ended) == 0) {
        arena_alloc(a, 2000);
        fail_msg("not reached");
    }
    assert_true(arena_is_over(a));
    arena_reset(a);
    assert_false(arena_is_over(a));
    arena_free(a);
}

static void ends_the_work_that_passes_the_limit(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    static int count;
    count = 0;
    arena_on_exhausted(a, end_work, &count);
    if (setjmp(ended) == 0) {
        arena_alloc(a, 900);
        arena_alloc(a, 200);
        fail_msg("not reached");
    }
    if (setjmp(ended) == 0) {
        arena_array(a, SIZE_MAX / 2, 3);
        fail_msg("not reached");
    }
    if (setjmp(ended) == 0) {
        arena_alloc(a, SIZE_MAX - 3);
        fail_msg("not reached");
    }
    assert_int_equal(count, 3);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    arena_alloc(a, 900);
    arena_free(a);
}

static void memory_is_zeroed_and_aligned_after_a_reset_too(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 3000; size += 7) {
            unsigned char *p = arena_alloc(a, size);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(p[i], 0);
            }
            memset(p, 0xA5, size);
        }
        unsigned char *large = arena_alloc(a, 3u << 20);
        assert_int_equal(large[(3u << 20) - 1], 0);
        arena_reset(a);
    }
    arena_free(a);
    arena_free(NULL);
}

static char order[8];

static void note(void *arg)
{
    strncat(order, arg, 1);
}

static void runs_what_was_deferred_latest_first(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    char one[] = "1";
    char two[] = "2";
    arena_defer(a, note, one);
    arena_defer(a, note, two);
    arena_reset(a);
    assert_string_equal(order, "21");
    arena_free(a);
    assert_string_equal(order, "21");
}

static void text_grows(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct buf b = buf_in(a);
    assert_int_equal(buf_str(&b).n, 0);
    assert_non_null(buf_str(&b).p);
    for (int i = 0; i < 1000; i++) {
        buf_fmt(&b, "%d,", i);
    }
    assert_int_equal(b.n, 3890);
    assert_true(str_starts(buf_str(&b), STR("0,1,2,")));
    assert_true(str_ends(buf_str(&b), STR("998,999,")));
    struct buf c = buf_in(a);
    char long_text[3000];
    memset(long_text, 'y', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    buf_fmt(&c, "%s", long_text);
    assert_string_equal(buf_z(&c), long_text);
    buf_b64(&c, STR("foob"));
    buf_percent(&c, STR("a b~"));
    assert_true(str_ends(buf_str(&c), STR("Zm9vYga%20b~")));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_limit_from_the_end_of_memory),
        cmocka_unit_test(ends_the_work_that_passes_the_limit),
        cmocka_unit_test(memory_is_zeroed_and_aligned_after_a_reset_too),
        cmocka_unit_test(runs_what_was_deferred_latest_first),
        cmocka_unit_test(text_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
