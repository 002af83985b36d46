/* A table of fixed size; a newer token takes the place of an older one with the same slot.  Must
 * not hold anything a token could be made from. */
#include "oidc/known_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"

struct known_tokens {
    uint64_t key_set;
    bool used[KNOWN_TOKENS_MAX];
    struct sha256 hash[KNOWN_TOKENS_MAX];
};

struct known_tokens *known_tokens_new(void)
{
    return calloc(1, sizeof(struct known_tokens));
}

void known_tokens_free(struct known_tokens *k)
{
    free(k);
}

static size_t slot_of(const struct sha256 *token)
{
    return ((size_t)token->b[0] << 8 | token->b[1]) % KNOWN_TOKENS_MAX;
}

static void follow(struct known_tokens *k, uint64_t key_set)
{
    if (k->key_set != key_set) {
        memset(k->used, 0, sizeof(k->used));
        k->key_set = key_set;
    }
}

bool known_tokens_have(struct known_tokens *k, uint64_t key_set, const struct sha256 *token)
{
    if (k == NULL) {
        return false;
    }
    follow(k, key_set);
    size_t at = slot_of(token);
    return k->used[at] && ct_equal(k->hash[at].b, token->b, sizeof(token->b));
}

void known_tokens_add(struct known_tokens *k, uint64_t key_set, const struct sha256 *token)
{
    if (k == NULL) {
        return;
    }
    follow(k, key_set);
    size_t at = slot_of(token);
    k->used[at] = true;
    k->hash[at] = *token;
}
