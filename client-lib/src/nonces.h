/* The DPoP nonces the provider's servers gave us last, one per origin (RFC 9449 section 8.2). */
#ifndef LIBEID_NONCES_H
#define LIBEID_NONCES_H
#include "base/arena.h"
#include "libeid/response.h"

#define NONCES 4
#define ORIGIN_MAX 256

struct eid_client;

struct nonces {
    struct {
        char origin[ORIGIN_MAX];
        char nonce[NONCE_MAX + 1];
    } of[NONCES];
    unsigned next; /* to be overwritten */
};

/* STR_NONE when none is known. */
struct str nonces_get(struct arena *a, struct eid_client *c, struct str url);
void nonces_put(struct eid_client *c, struct str url, const char *nonce);

#endif
