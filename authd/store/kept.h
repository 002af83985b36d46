/* Codes and refresh tokens that this process wrote, kept so that whoever exchanges one is spared
 * the read: one trip to the database and not two.
 *
 * Kept is what never changes in their rows and their grant's.  Whether they still stand (used,
 * superseded, revoked, expired, withdrawn, locked, erased) is not known here and is judged by the
 * statement that consumes them, as it would be after a read.  Each is given out once: whoever comes
 * again with the same is read from the database.  Their proofs are worth nothing without the bearer
 * secret, which is not kept.
 *
 * The newer takes the place of an older one with the same slot; KEPT_MAX of them are some 5 MB, and
 * never more than 20: what is longer than usual is not kept, but read. */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H
#include "store/grant.h"

#define KEPT_MAX 4096
#define KEPT_BYTES_MAX ((size_t)4096) /* of the texts of one */

struct kept;
/* Copies what it is given.  Too long, or out of memory: nothing is kept. */
void kept_code(struct pg *db, const struct code_row *code, const struct grant_row *grant);
void kept_refresh(struct pg *db, const struct refresh_new *refresh,
                  const struct sha256 *predecessor, const struct grant_row *grant);
/* Takes it out; what `out` points to lives as long as the arena.  False: not there. */
bool kept_code_take(struct arena *a, struct pg *db, const struct handle *h, struct code_row *out);
bool kept_refresh_take(struct arena *a, struct pg *db, const struct handle *h,
                       struct refresh_row *out);
void kept_free(struct pg *db);

#endif
