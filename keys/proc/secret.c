/* Secrets in libcrypto's secure heap: mlock2, MADV_DONTDUMP, guard pages at both ends, wiped on
 * free; its EC and RSA code takes the private numbers from the same heap. */
#include "proc/secret.h"

#include <string.h>
#include <openssl/crypto.h>

#include "base/rand.h"

#define HOME_SIZE ((size_t)512 * 1024)
#define HOME_GRAIN ((size_t)32)
#define SECRET_MAX ((size_t)16 * 1024)

struct secret {
    size_t n;
    uint8_t bytes[];
};

enum err secret_home_open(bool *locked)
{
    static bool locked_at_opening;
    if (!CRYPTO_secure_malloc_initialized()) {
        int result = CRYPTO_secure_malloc_init(HOME_SIZE, HOME_GRAIN);
        if (result == 0) {
            return fail(ERR_NO_MEMORY, "secret: no memory for keys");
        }
        locked_at_opening = result == 1;
    }
    *locked = locked_at_opening;
    return OK;
}

enum err secret_new(const void *bytes, size_t n, struct secret **out)
{
    bool locked;
    enum err e = secret_home_open(&locked);
    if (e != OK) {
        return e;
    }
    if (n == 0 || n > SECRET_MAX) {
        return fail(ERR_LIMIT, "secret: %zu bytes", n);
    }
    struct secret *s = OPENSSL_secure_zalloc(sizeof *s + n);
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "secret: the memory for keys is full");
    }
    s->n = n;
    if (bytes == NULL) {
        rand_bytes(s->bytes, n);
    } else {
        memcpy(s->bytes, bytes, n);
    }
    *out = s;
    return OK;
}

const uint8_t *secret_bytes(const struct secret *s)
{
    return s->bytes;
}

size_t secret_size(const struct secret *s)
{
    return s->n;
}

void secret_free(struct secret **s)
{
    if (*s != NULL) {
        OPENSSL_secure_clear_free(*s, sizeof **s + (*s)->n);
        *s = NULL;
    }
}
