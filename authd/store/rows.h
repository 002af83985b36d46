/* Results in binary format.  A cursor reads the columns of one row in their order; slices point
 * into the result, which lives as long as the arena it was given to. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H
#include <libpq-fe.h>

#include "base/hash.h"
#include "base/str.h"
#include "signer/proof.h"

struct rows {
    PGresult *result;
    size_t n;
};
/* Takes the result over: it is cleared with the arena. */
struct rows rows_own(struct arena *a, PGresult *result);

struct row {
    const PGresult *result;
    int row, column;
};
struct row rows_at(const struct rows *rows, size_t i);

/* The next column.  NULL reads as false, 0, absent, all zero. */
bool row_bool(struct row *r);
int64_t row_int(struct row *r); /* smallint, integer, bigint */
uint8_t row_u8(struct row *r);
uint16_t row_u16(struct row *r);
uint32_t row_u32(struct row *r);
struct str row_str(struct row *r); /* text, bytea, json as text */
struct uuid row_uuid(struct row *r);
struct sha256 row_hash(struct row *r);
int64_t row_time(struct row *r); /* seconds since 1970, rounded down */
bool row_is_null(const struct row *r);
void row_skip(struct row *r, int columns);

#endif
