/* Metadata and keys on disk (EID_CACHE_FILE), so that a restart during an outage can still verify.
 */
#ifndef LIBEID_CACHE_FILE_H
#define LIBEID_CACHE_FILE_H
#include "libeid/keys.h"
#include "libeid/provider.h"

/* Offers what the file holds to empty slots, once.  A missing or unusable file is no error: we
 * fetch. */
void cache_file_load(struct eid_client *c);
/* Replaces the file at once (write aside, rename).  Failing to write is no error of the call under
 * way. */
void cache_file_save(const struct eid_client *c, const struct provider *p, const struct key_set *k);

#endif
