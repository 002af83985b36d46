/* Keyed digests of what identities are found by; see lookup.h. */
#include "keystore/lookup.h"

#include "base/ct.h"

/* Kind and value enter hashed, so that neither's length or content can be taken for the other's. */
struct sha256 lookup_digest(const struct secret *key, struct str kind, struct str value)
{
    struct sha256 parts[2] = {sha256(kind), sha256(value)};
    struct sha256 out =
        hmac_sha256(secret_bytes(key), secret_size(key), str_of(parts, sizeof parts));
    ct_wipe(parts, sizeof parts);
    return out;
}
