/* authctl/import_source: records of a file, in bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "authctl/import_source.h"

struct reading {
    FILE *file;
    struct import_source source;
    char buffer[IMPORT_BUFFER_SIZE];
};

static struct reading *reading_of(const char *bytes, size_t n, enum import_format format)
{
    struct reading *r = calloc(1, sizeof *r);
    enum import_format guess;
    assert_non_null(r);
    r->file = tmpfile();
    assert_non_null(r->file);
    assert_int_equal(fwrite(bytes, 1, n, r->file), n);
    assert_int_equal(fflush(r->file), 0);
    assert_int_equal(lseek(fileno(r->file), 0, SEEK_SET), 0);
    import_source_init(&r->source, fileno(r->file), r->buffer);
    assert_int_equal(import_source_begin(&r->source, &guess), OK);
    r->source.format = format;
    return r;
}

static void reading_end(struct reading *r)
{
    struct import_record record;
    assert_int_equal(import_source_next(&r->source, &record), ERR_NOT_FOUND);
    fclose(r->file);
    free(r);
}

static void next_is(struct reading *r, const char *text, uint64_t line)
{
    struct import_record record;
    assert_int_equal(import_source_next(&r->source, &record), OK);
    assert_null(record.trouble);
    assert_int_equal(record.text.n, strlen(text));
    assert_memory_equal(record.text.p, text, record.text.n);
    assert_int_equal(record.line, line);
}

static void next_is_trouble(struct reading *r, const char *why, uint64_t line)
{
    struct import_record record;
    assert_int_equal(import_source_next(&r->source, &record), OK);
    assert_non_null(record.trouble);
    assert_non_null(strstr(record.trouble, why));
    assert_int_equal(record.line, line);
}

#define READING(text, format) reading_of(text, sizeof(text) - 1, format)

static void gives_up_a_line_that_is_too_long_and_goes_on_behind_it(void **state)
{
    (void)state;
    for (size_t n = IMPORT_RECORD_MAX; n < 4 * IMPORT_BUFFER_SIZE; n = n * 3 / 2) {
        for (int format = IMPORT_CSV; format <= IMPORT_JSONL; format++) {
            char *text = malloc(n + 16);
            assert_non_null(text);
            memcpy(text, "one\n", 4);
            memset(text + 4, 'x', n);
            memcpy(text + 4 + n, "\ntwo\n", 5);
            struct reading *r = reading_of(text, n + 9, (enum import_format)format);
            next_is(r, "one", 1);
            next_is_trouble(r, "longer", 2);
            next_is(r, "two", 3);
            reading_end(r);
            free(text);
        }
    }
}

static void gives_up_only_the_line_of_a_quote_that_is_never_closed(void **state)
{
    (void)state;
    struct reading *r = READING("a,\"b\nc,d\ne,f\n", IMPORT_CSV);
    next_is_trouble(r, "quote", 1);
    next_is(r, "c,d", 2);
    next_is(r, "e,f", 3);
    reading_end(r);
    size_t n = 3 * IMPORT_BUFFER_SIZE;
    char *text = malloc(n);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        text[i] = i % 8 == 7 ? '\n' : 'x';
    }
    text[0] = '"';
    r = reading_of(text, n, IMPORT_CSV);
    next_is_trouble(r, "quote", 1);
    for (uint64_t line = 2; line <= n / 8; line++) {
        next_is(r, "xxxxxxx", line);
    }
    reading_end(r);
    free(text);
}

/* Each line opens a quote, and closes the one of the line before only to open another. */
static void looks_at_no_byte_over_and_over_for_quotes_that_never_close(void **state)
{
    (void)state;
    static const char LINE[] = "\"x\",\"y\n", LONG[] = "\"x\",\"y z\n";
    size_t n = 4 * IMPORT_BUFFER_SIZE;
    char *text = malloc(n);
    assert_non_null(text);
    for (size_t at = 0; at < n;) {
        const char *line = at % 5 == 0 ? LONG : LINE;
        size_t length = strlen(line) < n - at ? strlen(line) : n - at;
        memcpy(text + at, line, length);
        at += length;
    }
    struct reading *r = reading_of(text, n, IMPORT_CSV);
    struct import_record record;
    uint64_t lines = 0;
    while (import_source_next(&r->source, &record) == OK) {
        assert_int_equal(record.line, ++lines);
        assert_non_null(record.trouble);
        if (r->source.at_end && r->source.end - r->source.begin < 2 * IMPORT_RECORD_MAX / 3) {
            break; /* what may be one record to the end of the file is another matter */
        }
    }
    assert_true(lines > n / sizeof LONG / 2);
    assert_true(r->source.searched <= 2 * n);
    fclose(r->file);
    free(r);
    free(text);
}

/* However long what one search found, the next one says the same as a search from scratch. */
static void ends_of_records_are_the_same_after_lines_that_were_given_up(void **state)
{
    (void)state;
    static const char *const PIECES[] = {"\"", "\"\"",        ",",           "\n",
                                         "x",  "\"x\",\"y\n", "yyyyyyyyyyyy"};
    size_t n = 3 * IMPORT_BUFFER_SIZE;
    char *text = malloc(n + 1);
    assert_non_null(text);
    for (unsigned seed = 1; seed <= 12; seed++) {
        unsigned random = seed;
        size_t at = 0;
        while (at < n) {
            random = random * 1103515245 + 12345;
            unsigned draw = random >> 16;
            const char *piece = PIECES[draw % (seed % 2 == 0 ? 7 : 6)];
            size_t length = strlen(piece) < n - at ? strlen(piece) : n - at;
            memcpy(text + at, piece, length);
            at += length;
        }
        struct reading *one = reading_of(text, n, IMPORT_CSV);
        struct reading *other = reading_of(text, n, IMPORT_CSV);
        struct import_record a, b;
        enum err e = OK;
        while (e == OK) {
            memset(&other->source.search, 0, sizeof other->source.search); /* from scratch */
            e = import_source_next(&one->source, &a);
            assert_int_equal(import_source_next(&other->source, &b), e);
            if (e == OK) {
                assert_int_equal(a.line, b.line);
                assert_int_equal(a.trouble != NULL, b.trouble != NULL);
                assert_int_equal(a.text.n, b.text.n);
                assert_memory_equal(a.text.p, b.text.p, a.text.n);
            }
        }
        fclose(one->file);
        fclose(other->file);
        free(one);
        free(other);
    }
    free(text);
}

static void refuses_to_go_on_behind_the_end(void **state)
{
    (void)state;
    struct reading *r = READING("a\nb\n", IMPORT_CSV);
    assert_int_equal(import_source_skip(&r->source, 5, 3), ERR_INPUT);
    fclose(r->file);
    free(r);
    r = READING("a\nb\n", IMPORT_CSV);
    next_is(r, "a", 1);
    assert_int_equal(import_source_skip(&r->source, 1, 1), ERR_INPUT);
    fclose(r->file);
    free(r);
}

/* spec: RFC 4180 §2 MUST: a quoted field may hold line ends, commas and doubled quotes */
static void quoted_line_ends_are_of_the_record(void **state)
{
    (void)state;
    struct reading *r = READING("\xef\xbb\xbf"
                                "a,\"b\r\n\"\"c\n\"\r\n\r\n\nd,e\"f\n\"g\"h\ni",
                                IMPORT_CSV);
    next_is(r, "a,\"b\r\n\"\"c\n\"", 1);
    next_is(r, "d,e\"f", 6);
    next_is(r, "\"g\"h", 7);
    next_is(r, "i", 8);
    reading_end(r);
}

static void records_are_the_same_wherever_the_buffer_ends(void **state)
{
    (void)state;
    char line[100], *text = malloc(20000 * sizeof line);
    size_t n = 0;
    assert_non_null(text);
    for (int i = 0; i < 20000; i++) {
        n += (size_t)snprintf(text + n, sizeof line, "\"%d\n\",%0*d\n", i, 1 + i % 60, i);
    }
    struct reading *r = reading_of(text, n, IMPORT_CSV);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(line, sizeof line, "\"%d\n\",%0*d", i, 1 + i % 60, i);
        next_is(r, line, (uint64_t)(2 * i + 1));
    }
    assert_int_equal(r->source.offset, n);
    reading_end(r);
    free(text);
}

static void goes_on_where_it_was(void **state)
{
    (void)state;
    for (size_t many = 3; many < 30000; many = many * 5) {
        char *text = calloc(many + 1, 8), line[12];
        assert_non_null(text);
        for (size_t i = 0; i < many; i++) {
            (void)snprintf(text + 8 * i, 9, "%07zu\n", i);
        }
        struct reading *r = reading_of(text, 8 * many, IMPORT_JSONL);
        assert_int_equal(import_source_skip(&r->source, 8 * (many - 2), many - 1), OK);
        (void)snprintf(line, sizeof line, "%07zu", many - 2);
        next_is(r, line, many - 1);
        (void)snprintf(line, sizeof line, "%07zu", many - 1);
        next_is(r, line, many);
        reading_end(r);
        free(text);
    }
}

static void tells_the_format_by_the_first_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum import_format format;
    } files[] = {{"{}", IMPORT_JSONL},
                 {" \n\t{", IMPORT_JSONL},
                 {"\xef\xbb\xbf{", IMPORT_JSONL},
                 {"name", IMPORT_CSV},
                 {"", IMPORT_CSV}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct reading *r = reading_of(files[i].text, strlen(files[i].text), IMPORT_CSV);
        enum import_format guess = IMPORT_CSV;
        lseek(fileno(r->file), 0, SEEK_SET);
        import_source_init(&r->source, fileno(r->file), r->buffer);
        assert_int_equal(import_source_begin(&r->source, &guess), OK);
        assert_int_equal(guess, files[i].format);
        fclose(r->file);
        free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_up_a_line_that_is_too_long_and_goes_on_behind_it),
        cmocka_unit_test(gives_up_only_the_line_of_a_quote_that_is_never_closed),
        cmocka_unit_test(looks_at_no_byte_over_and_over_for_quotes_that_never_close),
        cmocka_unit_test(ends_of_records_are_the_same_after_lines_that_were_given_up),
        cmocka_unit_test(refuses_to_go_on_behind_the_end),
        cmocka_unit_test(quoted_line_ends_are_of_the_record),
        cmocka_unit_test(records_are_the_same_wherever_the_buffer_ends),
        cmocka_unit_test(goes_on_where_it_was),
        cmocka_unit_test(tells_the_format_by_the_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
