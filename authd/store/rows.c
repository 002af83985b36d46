/* Binary decoding of results.  A column of an unexpected size is a defect of ours: statement and
 * reader stand next to each other and are tested together. */
#include "store/rows.h"

#include <endian.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

#define EPOCH_2000_S INT64_C(946684800)

static void clear(void *result)
{
    PQclear(result);
}

struct rows rows_own(struct arena *a, PGresult *result)
{
    arena_defer(a, clear, result);
    return (struct rows){result, (size_t)PQntuples(result)};
}

struct row rows_at(const struct rows *rows, size_t i)
{
    return (struct row){rows->result, (int)i, 0};
}

bool row_is_null(const struct row *r)
{
    return PQgetisnull(r->result, r->row, r->column) == 1;
}

void row_skip(struct row *r, int columns)
{
    r->column += columns;
}

struct str row_str(struct row *r)
{
    struct str s = STR_NONE;
    if (r->column >= PQnfields(r->result)) {
        bug("rows: column %d of %d", r->column, PQnfields(r->result));
    }
    if (!row_is_null(r)) {
        s.p = PQgetvalue(r->result, r->row, r->column);
        s.n = (size_t)PQgetlength(r->result, r->row, r->column);
    }
    r->column++;
    return s;
}

/* Bytes of a column that has a fixed size; false for NULL. */
static bool fixed(struct row *r, void *out, size_t n)
{
    struct str s = row_str(r);
    if (s.p == NULL) {
        return false;
    }
    if (s.n != n) {
        bug("rows: column %d has %zu bytes, not %zu", r->column - 1, s.n, n);
    }
    memcpy(out, s.p, n);
    return true;
}

bool row_bool(struct row *r)
{
    char v = 0;
    return fixed(r, &v, 1) && v != 0;
}

int64_t row_int(struct row *r)
{
    struct str s = row_str(r);
    uint16_t v2;
    uint32_t v4;
    uint64_t v8;
    switch (s.n) {
    case 0:
        return 0;
    case 2:
        memcpy(&v2, s.p, 2);
        return (int16_t)be16toh(v2);
    case 4:
        memcpy(&v4, s.p, 4);
        return (int32_t)be32toh(v4);
    case 8:
        memcpy(&v8, s.p, 8);
        return (int64_t)be64toh(v8);
    default:
        bug("rows: column %d is no number", r->column - 1);
    }
}

uint8_t row_u8(struct row *r)
{
    return (uint8_t)row_int(r);
}

uint16_t row_u16(struct row *r)
{
    return (uint16_t)row_int(r);
}

uint32_t row_u32(struct row *r)
{
    return (uint32_t)row_int(r);
}

struct uuid row_uuid(struct row *r)
{
    struct uuid v = {{0}};
    (void)fixed(r, v.b, sizeof v.b);
    return v;
}

struct sha256 row_hash(struct row *r)
{
    struct sha256 v = {{0}};
    (void)fixed(r, v.b, sizeof v.b);
    return v;
}

int64_t row_time(struct row *r)
{
    if (row_is_null(r)) {
        r->column++;
        return 0;
    }
    int64_t us = row_int(r);
    int64_t s = us / 1000000;
    if (us % 1000000 < 0) {
        s--;
    }
    return s + EPOCH_2000_S;
}
