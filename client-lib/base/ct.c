/* Comparison whose time depends on lengths only, and wiping the compiler can't remove. */
#include "base/ct.h"
#include <openssl/crypto.h>
#include <string.h>

bool ct_equal(const void *a, const void *b, size_t n)
{
    return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}

bool ct_str_equal(struct str a, struct str b)
{
    return a.n == b.n && ct_equal(a.p, b.p, a.n);
}

void ct_wipe(void *p, size_t n)
{
    if (n > 0) {
        explicit_bzero(p, n); /* whole registers at a time; libcrypto's takes eight bytes */
    }
}
