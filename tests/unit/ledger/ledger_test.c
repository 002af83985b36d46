/* ledger: a line that was altered, moved, taken out or put in is refused; then what was written is
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "ledger/ledger.h"

#define LINES 4
#define ID "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90"

static const uint8_t key[LEDGER_KEY_SIZE] = {1, 2, 3};
static char lines[LINES][LEDGER_LINE_MAX];
static struct str written[LINES];

static int set_up(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l, key);
    for (size_t i = 0; i < LINES; i++) {
        written[i] = ledger_write(&l, 1700000000 + (int64_t)i, ID, lines[i]);
        written[i].n--; /* the LF */
    }
    return 0;
}

static enum err read_two(struct str first, struct str second)
{
    struct ledger l;
    struct ledger_line line;
    ledger_begin(&l, key);
    enum err e = ledger_read(&l, first, &line);
    return e == OK ? ledger_read(&l, second, &line) : e;
}

static void refuses_a_line_altered_in_any_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < written[0].n; i++) {
        char copy[LEDGER_LINE_MAX];
        struct ledger l;
        struct ledger_line line;
        memcpy(copy, written[0].p, written[0].n);
        copy[i] = (char)(copy[i] ^ 1);
        ledger_begin(&l, key);
        assert_int_equal(ledger_read(&l, str_of(copy, written[0].n), &line), ERR_INPUT);
        assert_int_equal(l.lines, 0);
    }
}

static void refuses_a_line_that_does_not_follow(void **state)
{
    (void)state;
    assert_int_equal(read_two(written[0], written[2]), ERR_INPUT);
    assert_int_equal(read_two(written[0], written[0]), ERR_INPUT);
    assert_int_equal(read_two(written[1], written[2]), ERR_INPUT);
}

static void refuses_another_key(void **state)
{
    (void)state;
    static const uint8_t other[LEDGER_KEY_SIZE] = {9};
    struct ledger l;
    struct ledger_line line;
    ledger_begin(&l, other);
    assert_int_equal(ledger_read(&l, written[0], &line), ERR_INPUT);
}

static void refuses_what_is_no_line(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", "0", "0 1 " ID, "0 1 " ID " 00", "0 1 " ID "  "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ledger l;
        struct ledger_line line;
        ledger_begin(&l, key);
        assert_int_equal(ledger_read(&l, str_from(bad[i]), &line), ERR_INPUT);
    }
}

static void refuses_a_key_that_is_no_hex(void **state)
{
    (void)state;
    uint8_t out[LEDGER_KEY_SIZE];
    assert_int_equal(ledger_key_read(STR("00"), out), ERR_INPUT);
    assert_int_equal(
        ledger_key_read(STR("zz00000000000000000000000000000000000000000000000000000000000000"),
                        out),
        ERR_INPUT);
}

static void reads_what_was_written_and_knows_its_end(void **state)
{
    (void)state;
    struct ledger l, writer;
    struct ledger_line line;
    char head[LEDGER_MAC_HEX], again[LEDGER_MAC_HEX], text[LEDGER_LINE_MAX];
    ledger_begin(&l, key);
    ledger_begin(&writer, key);
    for (size_t i = 0; i < LINES; i++) {
        assert_int_equal(ledger_read(&l, written[i], &line), OK);
        assert_int_equal(line.number, i);
        assert_int_equal(line.at, 1700000000 + (int64_t)i);
        assert_string_equal(line.id, ID);
        (void)ledger_write(&writer, 1700000000 + (int64_t)i, ID, text);
    }
    ledger_head(&l, head);
    ledger_head(&writer, again);
    assert_string_equal(head, again);
    assert_memory_equal(head, written[LINES - 1].p + written[LINES - 1].n - 64, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_line_altered_in_any_byte),
        cmocka_unit_test(refuses_a_line_that_does_not_follow),
        cmocka_unit_test(refuses_another_key),
        cmocka_unit_test(refuses_what_is_no_line),
        cmocka_unit_test(refuses_a_key_that_is_no_hex),
        cmocka_unit_test(reads_what_was_written_and_knows_its_end),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
