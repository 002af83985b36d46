/* Password verifiers as PHC strings:  $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
 *
 * Strict: exactly this order and spelling, no leading zeros, unpadded standard base64, salts of 16
 * to 48 bytes and hashes of 32.  What is read writes back to the same text. */
#ifndef VERIFIER_PHC_H
#define VERIFIER_PHC_H
#include "base/err.h"
#include "base/str.h"

#define PHC_SALT_MIN 16
#define PHC_SALT_MAX 48
#define PHC_HASH 32
#define PHC_TEXT_MAX 256

struct phc_cost {
    uint32_t memory_kib; /* 8 * lanes … 1 GiB */
    uint32_t time;       /* 1 … 100 */
    uint32_t lanes;      /* 1 … 16 */
};
struct phc {
    struct phc_cost cost;
    uint8_t salt[PHC_SALT_MAX];
    size_t salt_n;
    uint8_t hash[PHC_HASH];
};

/* ERR_INPUT. */
CHECKED enum err phc_read(struct str text, struct phc *out);
struct str phc_text(struct arena *a, const struct phc *p);
bool phc_cost_allowed(const struct phc_cost *c);
/* Does `have` cost an attacker less than `wanted`?  Then the password is hashed anew when it is
 * known. */
bool phc_cost_weaker(const struct phc_cost *have, const struct phc_cost *wanted);

#endif
