/* rooms: authctl base */
/* Files for identity import: any bytes as CSV and as lines of JSON.  The end is reached, every byte
 * is accounted for, no record is longer than it may be, and what reads as fields is UTF-8. */
#include <stdlib.h>
#include <unistd.h>
#include "authctl/import_row.h"
#include "authctl/import_source.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void read_record(struct arena *a, const struct import_source *s,
                        struct import_columns *columns, bool *has_columns, struct str text)
{
    struct str fields[IMPORT_COLUMNS_MAX];
    size_t n;
    json_t *row;
    if (s->format == IMPORT_JSONL) {
        check(import_row_json(a, text, &row) != OK || json_is_object(row));
        return;
    }
    if (import_csv_fields(a, text, fields, IMPORT_COLUMNS_MAX, &n) == OK) {
        check(n >= 1 && n <= IMPORT_COLUMNS_MAX);
        for (size_t i = 0; i < n; i++) {
            check(str_utf8(fields[i]));
        }
    }
    if (!*has_columns) {
        *has_columns = import_columns_read(a, text, columns) == OK;
    } else if (import_row_csv(a, columns, text, &row) == OK) {
        check(json_is_object(row));
    }
}

static void read_all(int fd, enum import_format format)
{
    static char buffer[IMPORT_BUFFER_SIZE];
    struct import_source s;
    struct import_record record;
    struct import_columns columns;
    enum import_format guess;
    bool has_columns = false;
    uint64_t before = 0;
    struct arena *a = arena_new(0);
    check(a != NULL && lseek(fd, 0, SEEK_SET) == 0);
    import_source_init(&s, fd, buffer);
    check(import_source_begin(&s, &guess) == OK);
    s.format = format;
    enum err e;
    while ((e = import_source_next(&s, &record)) == OK) {
        check(s.offset > before && record.text.n <= IMPORT_RECORD_MAX && s.line >= record.line);
        before = s.offset;
        if (!record.trouble) {
            read_record(a, &s, &columns, &has_columns, record.text);
        }
        arena_reset(a);
    }
    check(e == ERR_NOT_FOUND && s.offset == (uint64_t)lseek(fd, 0, SEEK_END));
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = tmpfile();
    check(file != NULL);
    /* Short ones that say so are repeated, to meet the end of the buffer. */
    size_t repeat = size > 0 && size < 64 && data[0] == 'R' ? 3 * IMPORT_BUFFER_SIZE / size : 1;
    for (size_t i = 0; i < repeat; i++) {
        check(fwrite(data, 1, size, file) == size);
    }
    check(fflush(file) == 0);
    read_all(fileno(file), IMPORT_CSV);
    read_all(fileno(file), IMPORT_JSONL);
    fclose(file);
    return 0;
}
