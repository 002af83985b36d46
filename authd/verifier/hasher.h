/* Argon2id (RFC 9106) in memory that is mapped once, kept out of core dumps, reused for every run
 * and left wiped by each.  One per process: libargon2's allocation callbacks carry no argument. */
#ifndef VERIFIER_HASHER_H
#define VERIFIER_HASHER_H
#include "base/hash.h"
#include "verifier/phc.h"

struct hasher;
/* Maps memory for runs of this cost.  ERR_NO_MEMORY. */
CHECKED enum err hasher_new(const struct phc_cost *cost, struct hasher **out);
void hasher_free(struct hasher **h);
/* Argon2id of `peppered`; no thread is made whatever the lanes.  More memory than mapped is mapped
 * and kept. ERR_NO_MEMORY, ERR_CRYPTO. */
CHECKED enum err hasher_run(struct hasher *h, const struct phc_cost *cost, struct str salt,
                            const struct sha256 *peppered, uint8_t out[PHC_HASH]);
/* Runs so far: tests count them. */
uint64_t hasher_runs(const struct hasher *h);
/* Is every byte of its memory zero?  For tests. */
bool hasher_is_wiped(const struct hasher *h);

#endif
