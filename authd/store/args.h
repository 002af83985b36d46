/* Parameters of statements in PostgreSQL's binary format, and arrays made of them.
 *
 * Values are appended in the order of the statement's $1, $2, …; their bytes lie in the arena.
 * Absent text, an all-zero uuid and time 0 are NULL.  For a batched statement (store/write.h) the
 * same calls give one element of each array parameter. */
#ifndef STORE_ARGS_H
#define STORE_ARGS_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/str.h"
#include "signer/proof.h"

/* Types by the numbers of PostgreSQL's catalog (pg_type.dat), which never change. */
enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_TIMESTAMPTZ = 1184,
    PG_UUID = 2950
};
struct value {
    enum pg_type type;
    int32_t n; /* bytes; -1: NULL */
    const char *p;
};
struct args {
    struct arena *arena;
    struct value *v;
    size_t n, cap;
};

struct args args_in(struct arena *a);
void args_bool(struct args *s, bool v);
void args_i16(struct args *s, int16_t v);
void args_i32(struct args *s, int32_t v);
void args_i64(struct args *s, int64_t v);
void args_text(struct args *s, struct str v);
void args_z(struct args *s, const char *v);
void args_bytes(struct args *s, struct str v);
void args_hash(struct args *s, const struct sha256 *v); /* NULL: NULL */
void args_uuid(struct args *s, const struct uuid *v);   /* NULL or all zero: NULL */
void args_time(struct args *s, int64_t seconds);        /* since 1970; 0: NULL */
void args_timestamp(struct args *s, int64_t us); /* microseconds since 2000, as results give them */
void args_bucket(struct args *s, uint16_t bucket);
void args_null(struct args *s, enum pg_type type);
/* One array parameter from all the values of `elements`, which are of one type; none: an empty
 * array. */
void args_array(struct args *s, enum pg_type type, const struct args *elements);

/* Length of the array made from `n` values; and its bytes, appended by array_write.  The values are
 * v[0], v[stride], v[2 * stride], … */
size_t array_size(const struct value *v, size_t n, size_t stride);
void array_write(char *to, enum pg_type type, const struct value *v, size_t n, size_t stride);

#endif
