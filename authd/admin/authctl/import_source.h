/* A file of people in pieces: records of CSV (RFC 4180) or lines of JSON, one after the other, in
 * the memory of two of them, however long the file is. */
#ifndef AUTHCTL_IMPORT_SOURCE_H
#define AUTHCTL_IMPORT_SOURCE_H
#include "base/json.h"
#include "base/str.h"

#define IMPORT_RECORD_MAX ((size_t)32 * 1024) /* bytes of one */

enum import_format { IMPORT_CSV, IMPORT_JSONL };

/* How far the file has been searched for the end of a CSV record, so that no byte is searched twice
 * for the same: all offsets are in the file. */
struct import_search {
    uint64_t from, at;
    bool quoted, at_field; /* what holds at `at` */
    uint64_t end;          /* of the record; 0: not before `at` */
};
struct import_source {
    int fd;
    enum import_format format;
    char *buffer;
    size_t begin, end; /* of what has been read and not yet given */
    uint64_t offset;   /* in the file, of `begin` */
    uint64_t line;     /* number of the line at `begin`, from 1 */
    bool at_end;       /* of the file */
    struct import_search search;
    uint64_t searched; /* bytes looked at for the ends of records, in all */
};
struct import_record {
    struct str text; /* without its line end; valid until the next one is asked for */
    uint64_t line;   /* where it begins */
    const char *
        trouble; /* why it can't be one; text is then its first line, empty when that is too long */
};

/* Takes neither the descriptor nor the buffer, of IMPORT_BUFFER_SIZE bytes. */
#define IMPORT_BUFFER_SIZE (2 * IMPORT_RECORD_MAX)
void import_source_init(struct import_source *s, int fd, char *buffer);
/* Passes over a byte order mark and tells by the first byte whether these are lines of JSON. */
CHECKED enum err import_source_begin(struct import_source *s, enum import_format *guess);
/* Records that are empty lines are passed over.  ERR_NOT_FOUND at the end, ERR_INPUT when it can't
 * be read. */
CHECKED enum err import_source_next(struct import_source *s, struct import_record *out);
/* Goes on behind what was given when offset and line were these, seeking or reading. */
CHECKED enum err import_source_skip(struct import_source *s, uint64_t offset, uint64_t line);

#endif
