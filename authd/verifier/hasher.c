/* Argon2id through libargon2 with an arena of ours: at 46 MiB a fresh mapping per run costs a third
 * more.  Argon2 reads all over its memory, so the arena lies in huge pages where the system grants
 * them: each is one entry of the processor's address cache instead of 512.  The library wipes its
 * memory before it gives it back (a test watches that it does). */
#include "verifier/hasher.h"

#include <argon2.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/ct.h"

#define HUGE_PAGE ((size_t)2 << 20)

struct hasher {
    uint8_t *mapped;
    size_t mapped_size;
    uint8_t *memory; /* within it, at a huge page's boundary */
    size_t size;
    uint64_t runs;
};

/* The hasher that runs now; NULL between runs. */
static struct hasher *running;

static int lend(uint8_t **memory, size_t bytes)
{
    if (running == NULL || bytes > running->size) {
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    }
    *memory = running->memory;
    return ARGON2_OK;
}

static void take_back(uint8_t *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

static size_t in_huge_pages(size_t n)
{
    return (n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static enum err map(struct hasher *h, const struct phc_cost *cost)
{
    size_t size = in_huge_pages((size_t)cost->memory_kib * 1024);
    if (size <= h->size) {
        return OK;
    }
    size_t mapped_size = size + HUGE_PAGE;
    void *p = mmap(NULL, mapped_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return fail(ERR_NO_MEMORY, "argon2: no memory for %zu bytes", size);
    }
    if (madvise(p, mapped_size, MADV_DONTDUMP) != 0) {
        munmap(p, mapped_size);
        return fail(ERR_INTERNAL, "argon2: its memory can't be kept out of core dumps");
    }
    (void)madvise(p, mapped_size, MADV_HUGEPAGE); /* without them it is only slower */
    if (h->mapped != NULL) {
        munmap(h->mapped, h->mapped_size);
    }
    h->mapped = p;
    h->mapped_size = mapped_size;
    h->memory = h->mapped + (in_huge_pages((uintptr_t)p) - (uintptr_t)p);
    h->size = size;
    return OK;
}

enum err hasher_new(const struct phc_cost *cost, struct hasher **out)
{
    struct hasher *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        return fail(ERR_NO_MEMORY, "argon2: no memory");
    }
    enum err e = map(h, cost);
    if (e != OK) {
        free(h);
        return e;
    }
    *out = h;
    return OK;
}

void hasher_free(struct hasher **h)
{
    if (*h != NULL) {
        munmap((*h)->mapped, (*h)->mapped_size);
        free(*h);
        *h = NULL;
    }
}

/* spec: NIST SP 800-63B §3.1.1.2:storage SHALL be salted and hashed */
enum err hasher_run(struct hasher *h, const struct phc_cost *cost, struct str salt,
                    const struct sha256 *peppered, uint8_t out[PHC_HASH])
{
    enum err e = map(h, cost);
    if (e != OK) {
        return e;
    }
    struct sha256 secret = *peppered; /* the library's interface wants it writable */
    argon2_context context = {
        .out = out,
        .outlen = PHC_HASH,
        .pwd = secret.b,
        .pwdlen = SHA256_SIZE,
        .salt = (uint8_t *)(uintptr_t)salt.p,
        .saltlen = (uint32_t)salt.n,
        .t_cost = cost->time,
        .m_cost = cost->memory_kib,
        .lanes = cost->lanes,
        .threads = 1, /* processes here make no threads */
        .version = ARGON2_VERSION_13,
        .allocate_cbk = lend,
        .free_cbk = take_back,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    running = h;
    int rc = argon2_ctx(&context, Argon2_id);
    running = NULL;
    h->runs++;
    ct_wipe(&secret, sizeof(secret));
    return rc == ARGON2_OK ? OK : fail(ERR_CRYPTO, "argon2: %s", argon2_error_message(rc));
}

uint64_t hasher_runs(const struct hasher *h)
{
    return h->runs;
}

bool hasher_is_wiped(const struct hasher *h)
{
    uint8_t any = 0;
    for (size_t i = 0; i < h->size; i++) {
        any |= h->memory[i];
    }
    return any == 0;
}
