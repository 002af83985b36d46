/* Keyed digests by which an identity is found: HMAC-SHA256(look-up key, SHA-256(kind) |
 * SHA-256(value)).
 *
 * Held as rows (kind, key version, digest), so that a key can be changed while look-ups try all
 * versions. Only verifiers and signers hold such keys: twelve structured digits fall to brute force
 * in minutes to whoever has one. */
#ifndef KEYSTORE_LOOKUP_H
#define KEYSTORE_LOOKUP_H
#include "base/hash.h"
#include "base/str.h"
#include "proc/secret.h"

/* kind: "personal_number", "phone", "email"; value normalised by the caller. */
struct sha256 lookup_digest(const struct secret *key, struct str kind, struct str value);

#endif
