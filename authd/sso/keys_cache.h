/* The key set in this process, inside the room.  Snapshots are immutable and counted: a request
 * keeps the one it took until it ends. */
#ifndef SSO_KEYS_CACHE_H
#define SSO_KEYS_CACHE_H
#include "signer/sealed_box.h"
#include "sso/sso.h"

struct key_snapshot;
struct app_key_cache {
    struct key_snapshot *now; /* NULL until a signer has answered once */
    int64_t asked_ms;         /* monotonic, last answer or failure */
    int64_t asking_until_ms;  /* somebody asks; others take what is there meanwhile */
    int64_t newest_ms;        /* monotonic, last answer that was not older than what we have */
    uint64_t snapshots;       /* made so far */
    int64_t without_ms;       /* since when no set could be read for want of memory; 0: it can */
    uint64_t in_vain;         /* the latest generation that was waited for and did not come */
    int64_t waits_until_ms;   /* somebody waits for it once more; others don't meanwhile */
};
/* Seals an address under the audit's public key; STR_NONE when no key set is known yet. */
struct str keys_cache_seal(struct arena *a, struct app *app, struct str plain);

#endif
