/* Slowing down guesses.  Keys are made from what was typed, not from what was found, so that
 * waiting tells nothing about the account; the rows know keyed digests only. */
#ifndef VERIFIER_THROTTLE_H
#define VERIFIER_THROTTLE_H
#include "verifier/verifier.h"

enum { THROTTLE_ACCOUNT, THROTTLE_ADDRESS, THROTTLES };

/* kind keeps what is guessed at apart: "throttle account" for what a personal number names. */
void throttle_keys(struct arena *a, const struct verifier *v, struct str kind, struct str value,
                   struct str address, struct vault_throttle out[THROTTLES]);
/* Must this attempt wait?  Then nothing may be hashed or compared. */
bool throttle_blocks(const struct verifier *v, const struct vault_throttle t[THROTTLES],
                     uint32_t *wait_s);
/* Fills in what vault_finish counts by. */
void throttle_limits(const struct verifier *v, const struct vault_throttle t[THROTTLES],
                     struct vault_result *out);

#endif
