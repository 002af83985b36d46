/* Ids of requests, RFC 9562 version 7, and random bytes for other ids.  They are drawn many at a
 * time, because libcrypto takes as long for one as for many.  Must not be used for a secret: what
 * was drawn with others lay in memory. */
#include <string.h>
#include "base/clock.h"
#include "base/rand.h"
#include "task/core.h"

static void id_take(struct loop *l, uint8_t out[REQUEST_ID_SIZE])
{
    if (l->n_ids == 0) {
        rand_bytes(l->ids, sizeof(l->ids));
        l->n_ids = IDS_AT_A_TIME;
    }
    memcpy(out, l->ids[--l->n_ids], REQUEST_ID_SIZE);
}

void task_id_make(struct task *t, uint8_t out[REQUEST_ID_SIZE])
{
    id_take(core_of(t)->loop, out);
}

/* RFC 9562 §5.7 (version 7): the milliseconds, then what was drawn.  The audit has an index by
 * request, and what is written one after the other is then side by side there. */
static void id_date(uint8_t id[REQUEST_ID_SIZE], int64_t now_ms)
{
    for (size_t i = 0; i < 6; i++) {
        id[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    }
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

void core_id_make(struct task_core *c)
{
    static const char hex[] = "0123456789abcdef";
    id_take(c->loop, c->task.request_uuid);
    id_date(c->task.request_uuid, clock_now_ms());
    for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
        c->id_text[2 * i] = hex[c->task.request_uuid[i] >> 4];
        c->id_text[2 * i + 1] = hex[c->task.request_uuid[i] & 15];
    }
    c->task.request_id = str_of(c->id_text, sizeof(c->id_text));
}
