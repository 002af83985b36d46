/* Random bytes.  Must not fall back to anything weaker. */
#include "base/rand.h"
#include <limits.h>
#include <openssl/rand.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/err.h"

enum err rand_try(void *out, size_t n)
{
    if (n > INT_MAX || RAND_bytes(out, (int)n) != 1) {
        return fail(ERR_CRYPTO, "no random bytes");
    }
    return OK;
}

void rand_bytes(void *out, size_t n)
{
    if (rand_try(out, n) != OK) {
        bug("no random bytes");
    }
}

struct str rand_b64(struct arena *a, size_t n)
{
    unsigned char *p = arena_alloc(a, n);
    rand_bytes(p, n);
    struct str text = b64_str(a, str_of(p, n));
    ct_wipe(p, n);
    return text;
}

uint32_t rand_below(uint32_t bound)
{
    if (bound < 2) {
        return 0;
    }
    /* Values below 2^32 mod bound would make the low results likelier: thrown away. */
    uint32_t unfair = (0u - bound) % bound;
    uint32_t v;
    do {
        rand_bytes(&v, sizeof(v));
    } while (v < unfair);
    return v % bound;
}
