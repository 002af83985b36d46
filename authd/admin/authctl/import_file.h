/* What an import leaves beside the file: the rows that were not taken, and how far it came.  Both
 * are readable by nobody else: the one holds personal data. */
#ifndef AUTHCTL_IMPORT_FILE_H
#define AUTHCTL_IMPORT_FILE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

struct import_state {
    uint64_t offset, line;  /* all before is acknowledged */
    uint64_t rejects_bytes; /* of the rejects file, up to there */
    uint64_t rows, added, present, conflicts, refused;
    struct sha256 beginning; /* of the file's first bytes, by which it is known again */
};
/* ERR_NOT_FOUND, ERR_INPUT. */
CHECKED enum err import_state_read(struct arena *a, const char *path, struct import_state *out);
/* Whole or not at all. */
CHECKED enum err import_state_write(struct arena *a, const char *path,
                                    const struct import_state *s);

struct import_rejects {
    const char *path;
    int fd; /* -1: no row was set aside yet */
    uint64_t bytes;
};
/* A rejects file that is there must not be written over: ERR_CONFLICT.  With `resumed` bytes of one
 * that is gone on with, what lies behind them is cut off. */
CHECKED enum err import_rejects_begin(struct import_rejects *r, const char *path, bool resume,
                                      uint64_t resumed);
/* {"line":…,"reason":…,"row":…} */
CHECKED enum err import_rejects_add(struct arena *a, struct import_rejects *r, uint64_t line,
                                    struct str reason, struct str row);
/* On the disk. */
CHECKED enum err import_rejects_sync(struct import_rejects *r);
void import_rejects_end(struct import_rejects *r);

#endif
