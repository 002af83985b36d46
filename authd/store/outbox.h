/* Deliveries (courier).  Rows of one recipient are delivered in sequence. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H
#include "store/audit.h"

struct outbox_row {
    uint16_t bucket;
    struct uuid id, subject, session;
    struct str recipient, kind, payload;
    uint32_t attempts;
    int64_t created_at;
    struct str metadata; /* of the recipient */
    struct str sector;
};
/* Claims due rows, the oldest of each recipient, for lease_s seconds (FOR UPDATE SKIP LOCKED). */
CHECKED enum err store_outbox_claim(struct task *t, struct pg *db, size_t limit, int64_t lease_s,
                                    struct outbox_row **out, size_t *n);
CHECKED enum err store_outbox_delivered(struct task *t, struct pg *db, const struct outbox_row *row,
                                        const struct audit *audit);
/* Tries again after delay_s; delay_s < 0: gives up. */
CHECKED enum err store_outbox_failed(struct task *t, struct pg *db, const struct outbox_row *row,
                                     struct str error, int64_t delay_s, const struct audit *audit);
/* Seconds until the next row is due, at most `max`. */
CHECKED enum err store_outbox_next(struct task *t, struct pg *db, int64_t max, int64_t *seconds);
#endif
