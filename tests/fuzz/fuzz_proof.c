/* rooms: signer proc keystore jose base */
/* Proofs: as they come (no MAC fits), and with a right MAC over any bytes, so that the fields are
 * reached too. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/buf.h"
#include "signer/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct proof_key key = {.kid = "k", .key = {1}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str body = str_of(data, size);
    struct proof p;
    if (proof_open(a, &key, 1, body, 0, &p) == OK) {
        abort();
    }
    struct sha256 mac = hmac_sha256(key.key, sizeof key.key, body);
    struct buf b = buf_in(a);
    buf_add(&b, body);
    buf_add(&b, sha256_str(&mac));
    if (proof_open(a, &key, 1, buf_str(&b), 0, &p) == OK) {
        if (!str_eq(proof_seal(a, &key, &p), buf_str(&b))) {
            abort();
        }
        struct proof wider = p;
        wider.account_level++;
        if (proof_narrows(&p, &wider)) {
            abort();
        }
    }
    arena_free(a);
    return 0;
}
