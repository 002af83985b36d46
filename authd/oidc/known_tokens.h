/* Access tokens whose signature this process has verified already, so that a resource server that
 * asks about the same token again costs a hash and not a signature's verification.
 *
 * What is kept is the SHA-256 of the whole text, header and signature included, and only for the
 * key set it was verified with: any change of the set forgets all, so that a revoked key's tokens
 * die as without it.  It stands for the signature and for nothing else: claims, times, client,
 * grant and person are judged each time.  Every process fills its own by its own verifications. */
#ifndef OIDC_KNOWN_TOKENS_H
#define OIDC_KNOWN_TOKENS_H
#include "base/hash.h"

#define KNOWN_TOKENS_MAX 4096 /* 32 bytes each */

struct known_tokens;
/* NULL when out of memory.  Both functions below take NULL: nothing is known then. */
struct known_tokens *known_tokens_new(void);
void known_tokens_free(struct known_tokens *k);

/* key_set: a number that no other key set of this process has (sso.h). */
bool known_tokens_have(struct known_tokens *k, uint64_t key_set, const struct sha256 *token);
void known_tokens_add(struct known_tokens *k, uint64_t key_set, const struct sha256 *token);

#endif
