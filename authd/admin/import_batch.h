/* A batch of an import: each row is added, known already with the same attributes, in conflict with
 * what is there, or refused.  Nothing that is there is changed. */
#ifndef ADMIN_IMPORT_BATCH_H
#define ADMIN_IMPORT_BATCH_H
#include "admin/newcomer.h"

enum import_outcome {
    IMPORT_PENDING,
    IMPORT_ADDED,
    IMPORT_PRESENT,
    IMPORT_CONFLICT,
    IMPORT_REFUSED
};

struct import_row {
    const json_t *given; /* as `identity add --json` takes it */
    struct newcomer who;
    enum import_outcome outcome;
    struct str reason; /* of a conflict or refusal; names no value */
};

struct import_batch {
    struct admin *admin;
    struct str operator_name, ground;
    bool dry_run; /* everything but the writing; IMPORT_ADDED: would be added */
    struct import_row *rows;
    size_t n; /* at most NEWCOMERS_MAX */
};

/* Decides every row; those added are committed when it returns.  Anything but OK: no row is decided
 * that was not committed, and the same batch may come again.  Waits. */
CHECKED enum err import_batch_run(struct task *t, struct import_batch *b);

#endif
