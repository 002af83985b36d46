/* How a struct becomes a message: a list of its fields in wire order, from which both its writer
 * and its reader are made, so that they can't differ.
 *
 *   #define FIELDS_signer_rewrapped(F) F(str, wrapped)
 *   MESSAGE(signer_rewrapped)
 *
 * A kind of field is a pair field_put_KIND / field_get_KIND. */
#ifndef SIGNER_FIELDS_H
#define SIGNER_FIELDS_H
#include "base/hash.h"
#include "proc/wire.h"
#include "signer/proof.h"

#define FIELD_KIND(kind, type, write, read)                                                        \
    __attribute__((unused)) static inline void field_put_##kind(struct buf *b, const type *v)      \
    {                                                                                              \
        write;                                                                                     \
    }                                                                                              \
    __attribute__((unused)) static inline void field_get_##kind(struct wire *w, type *v)           \
    {                                                                                              \
        read;                                                                                      \
    }
FIELD_KIND(u8, uint8_t, wire_put_u8(b, *v), *v = wire_u8(w))
FIELD_KIND(u16, uint16_t, wire_put_u32(b, *v), uint32_t n = wire_u32(w); *v = (uint16_t)n;
           w->broken |= n > UINT16_MAX)
FIELD_KIND(u32, uint32_t, wire_put_u32(b, *v), *v = wire_u32(w))
FIELD_KIND(u64, uint64_t, wire_put_u64(b, *v), *v = wire_u64(w))
FIELD_KIND(i64, int64_t, wire_put_i64(b, *v), *v = wire_i64(w))
FIELD_KIND(str, struct str, wire_put_str(b, *v), *v = wire_str(w))
FIELD_KIND(uuid, struct uuid, wire_put_fixed(b, v->b, UUID_SIZE), wire_fixed(w, v->b, UUID_SIZE))
FIELD_KIND(sha256, struct sha256, wire_put_fixed(b, v->b, SHA256_SIZE),
           wire_fixed(w, v->b, SHA256_SIZE))
typedef uint8_t field_id16[16];
FIELD_KIND(id16, field_id16, wire_put_fixed(b, *v, 16), wire_fixed(w, *v, 16))

#define FIELD_PUT(kind, name) field_put_##kind(b, &m->name);
#define FIELD_GET(kind, name) field_get_##kind(&w, &m.name);
#define FIELD_SIZE(kind, name) +sizeof m.name
#define MESSAGE(type)                                                                              \
    void put_##type(struct buf *b, const struct type *m)                                           \
    {                                                                                              \
        FIELDS_##type(FIELD_PUT)                                                                   \
    }                                                                                              \
    enum err get_##type(struct arena *a, struct str bytes, struct type *out)                       \
    {                                                                                              \
        (void)a;                                                                                   \
        struct wire w = wire_read(bytes);                                                          \
        struct type m = {0};                                                                       \
        _Static_assert(sizeof m - (0 FIELDS_##type(FIELD_SIZE)) < sizeof(struct str),              \
                       "a field of this message is not in its list");                              \
        FIELDS_##type(FIELD_GET) TRY(wire_done(&w));                                               \
        *out = m;                                                                                  \
        return OK;                                                                                 \
    }

#endif
