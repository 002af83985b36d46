/* Wrapping of keys under the master key: AES-256-GCM with random nonces (NIST SP 800-38D).
 *
 *   wrapped = u8 version | wrapping kid[8] | nonce[12] | ciphertext | tag[16]
 *
 * Nothing is wrapped by the master key itself but by two keys that HKDF makes from it: one for what
 * signers alone may open, one for the uses pepper, proof and lookup, which verifiers open too.  A
 * verifier is given its derived key only.  The wrapping kid is taken from SHA-256 of the derived
 * key and tells which master a thing waits for.  The associated data binds a wrapped key to its use
 * and kid, a bucket key to its bucket: what is moved to another row does not open. */
#ifndef KEYSTORE_SEAL_H
#define KEYSTORE_SEAL_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "proc/secret.h"

#define MASTER_KEY_SIZE 32
#define WRAP_KID_SIZE 8
#define WRAP_OVERHEAD (1 + WRAP_KID_SIZE + 12 + 16)

enum wrap_for { WRAP_FOR_SIGNERS, WRAP_FOR_VERIFIERS };
/* Who may open keys of this use. */
enum wrap_for wrap_for_use(struct str use);

/* The 32 bytes that verifiers (or signers) get instead of the master key.  Wipe them after use. */
void wrap_key_derive(const void *master, enum wrap_for readers, uint8_t out[32]);

/* The present derived key and, while a new master key is being introduced, the previous one. */
struct wrap_ring;
/* Both 32 bytes, already derived; previous may be absent.  ERR_INPUT for other sizes. */
CHECKED enum err wrap_ring_new(struct str present, struct str previous, struct wrap_ring **out);
/* From master keys.  previous may be absent. */
CHECKED enum err wrap_ring_of_master(struct str master, struct str previous, enum wrap_for readers,
                                     struct wrap_ring **out);
void wrap_ring_free(struct wrap_ring **ring);

/* Associated data: the parts with their lengths, so that no two pairs look alike. */
struct str wrap_context(struct arena *a, struct str use, struct str id);
/* Under the present key. */
CHECKED enum err wrap_seal(struct arena *a, const struct wrap_ring *ring, struct str context,
                           struct str plain, struct str *out);
/* With the key that its kid names: ERR_NOT_FOUND when the ring has no such key ("another master
 * key"); ERR_DENIED when it was changed or belongs elsewhere. */
CHECKED enum err wrap_open(const struct wrap_ring *ring, struct str context, struct str wrapped,
                           struct secret **out);
/* Opens with either key and wraps under the present one. */
CHECKED enum err wrap_again(struct arena *a, const struct wrap_ring *ring, struct str context,
                            struct str wrapped, struct str *out);
/* Is it under the present key already? */
bool wrap_is_present(const struct wrap_ring *ring, struct str wrapped);

#endif
