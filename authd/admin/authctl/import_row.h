/* One record as the object of attributes that the daemon takes: docs/claims.md with account_level
 * and state beside them. */
#ifndef AUTHCTL_IMPORT_ROW_H
#define AUTHCTL_IMPORT_ROW_H
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"

#define IMPORT_COLUMNS_MAX 40

struct import_column;
struct import_columns {
    const struct import_column *v[IMPORT_COLUMNS_MAX];
    size_t n;
};

/* The fields of one record, unquoted, in the arena.  ERR_INPUT for bytes that are no UTF-8, for
 * quotes that stand wrong, for more than `max`. */
CHECKED enum err import_csv_fields(struct arena *a, struct str record, struct str *out, size_t max,
                                   size_t *n);
/* The first record of a CSV file names the columns.  ERR_INPUT for one that is not known or is
 * there twice. */
CHECKED enum err import_columns_read(struct arena *a, struct str record,
                                     struct import_columns *out);
/* Empty cells are absent members.  The object belongs to the arena. */
CHECKED enum err import_row_csv(struct arena *a, const struct import_columns *columns,
                                struct str record, json_t **out);
CHECKED enum err import_row_json(struct arena *a, struct str record, json_t **out);
/* A header and a record that read as `attributes` again, for identity generate. */
void import_csv_header_write(FILE *to);
void import_csv_write(FILE *to, const json_t *attributes);

#endif
