/* Binary encoding of parameters: big endian numbers, times as microseconds since 2000, arrays with
 * one dimension (PostgreSQL's array_recv). */
#include "store/args.h"

#include <endian.h>
#include <string.h>

#include "base/err.h"

#define EPOCH_2000_S INT64_C(946684800)
#define ARRAY_HEADER 20 /* dimensions, has nulls, element type, length, lower bound */

struct args args_in(struct arena *a)
{
    return (struct args){.arena = a};
}

static void add(struct args *s, enum pg_type type, const void *p, size_t n, bool null)
{
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 32 : s->cap * 2;
        struct value *v = arena_array(s->arena, cap, sizeof *v);
        if (s->n > 0) {
            memcpy(v, s->v, s->n * sizeof *v);
        }
        s->v = v;
        s->cap = cap;
    }
    if (n > INT32_MAX / 4) {
        bug("args: %zu bytes in one value", n);
    }
    s->v[s->n++] = (struct value){type, null ? -1 : (int32_t)n, p};
}

static void add_copy(struct args *s, enum pg_type type, const void *p, size_t n)
{
    char *copy = arena_alloc(s->arena, n);
    memcpy(copy, p, n);
    add(s, type, copy, n, false);
}

void args_bool(struct args *s, bool v)
{
    add(s, PG_BOOL, v ? "\1" : "\0", 1, false);
}

void args_i16(struct args *s, int16_t v)
{
    uint16_t wire = htobe16((uint16_t)v);
    add_copy(s, PG_INT2, &wire, sizeof wire);
}

void args_i32(struct args *s, int32_t v)
{
    uint32_t wire = htobe32((uint32_t)v);
    add_copy(s, PG_INT4, &wire, sizeof wire);
}

static void add_i64(struct args *s, enum pg_type type, int64_t v)
{
    uint64_t wire = htobe64((uint64_t)v);
    add_copy(s, type, &wire, sizeof wire);
}

void args_i64(struct args *s, int64_t v)
{
    add_i64(s, PG_INT8, v);
}

void args_text(struct args *s, struct str v)
{
    add(s, PG_TEXT, v.p, v.n, v.p == NULL);
}

void args_z(struct args *s, const char *v)
{
    args_text(s, str_from(v));
}

void args_bytes(struct args *s, struct str v)
{
    add(s, PG_BYTEA, v.p, v.n, v.p == NULL);
}

void args_hash(struct args *s, const struct sha256 *v)
{
    if (v == NULL) {
        args_null(s, PG_BYTEA);
        return;
    }
    add_copy(s, PG_BYTEA, v->b, sizeof v->b);
}

void args_uuid(struct args *s, const struct uuid *v)
{
    static const struct uuid none;
    if (v == NULL || memcmp(v, &none, sizeof none) == 0) {
        args_null(s, PG_UUID);
        return;
    }
    add_copy(s, PG_UUID, v->b, sizeof v->b);
}

void args_time(struct args *s, int64_t seconds)
{
    if (seconds == 0) {
        args_null(s, PG_TIMESTAMPTZ);
        return;
    }
    int64_t since;
    if (__builtin_sub_overflow(seconds, EPOCH_2000_S, &since) ||
        __builtin_mul_overflow(since, INT64_C(1000000), &since)) {
        since = seconds < 0 ? INT64_MIN : INT64_MAX; /* PostgreSQL's infinities */
    }
    add_i64(s, PG_TIMESTAMPTZ, since);
}

void args_timestamp(struct args *s, int64_t us)
{
    add_i64(s, PG_TIMESTAMPTZ, us);
}

void args_bucket(struct args *s, uint16_t bucket)
{
    args_i16(s, (int16_t)bucket);
}

void args_null(struct args *s, enum pg_type type)
{
    add(s, type, NULL, 0, true);
}

void args_array(struct args *s, enum pg_type type, const struct args *elements)
{
    size_t n = array_size(elements->v, elements->n, 1);
    char *p = arena_alloc(s->arena, n);
    array_write(p, type, elements->v, elements->n, 1);
    add(s, type, p, n, false);
}

size_t array_size(const struct value *v, size_t n, size_t stride)
{
    size_t size = n == 0 ? 12 : ARRAY_HEADER; /* an empty array has no dimension */
    for (size_t i = 0; i < n; i++) {
        int32_t length = v[i * stride].n;
        size += 4 + (length < 0 ? 0 : (size_t)length);
    }
    return size;
}

static char *put_i32(char *to, int32_t v)
{
    uint32_t wire = htobe32((uint32_t)v);
    memcpy(to, &wire, sizeof wire);
    return to + sizeof wire;
}

void array_write(char *to, enum pg_type type, const struct value *v, size_t n, size_t stride)
{
    bool nulls = false;
    for (size_t i = 0; i < n; i++) {
        nulls = nulls || v[i * stride].n < 0;
    }
    to = put_i32(to, n == 0 ? 0 : 1);
    to = put_i32(to, nulls);
    to = put_i32(to, (int32_t)type);
    if (n == 0) {
        return;
    }
    to = put_i32(to, (int32_t)n);
    to = put_i32(to, 1);
    for (size_t i = 0; i < n; i++) {
        const struct value *e = &v[i * stride];
        to = put_i32(to, e->n);
        if (e->n > 0) {
            memcpy(to, e->p, (size_t)e->n);
            to += e->n;
        }
    }
}
