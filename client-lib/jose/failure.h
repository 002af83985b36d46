/* Why libcrypto just failed: its error queue knows whether the input was bad or memory ended, and a
 * caller must not take the second for a bad key or a forged signature. */
#ifndef JOSE_FAILURE_H
#define JOSE_FAILURE_H
#include "base/err.h"

/* `input` when the queue finds fault with a key or a signature, ERR_NO_MEMORY when it names memory,
 * else ERR_CRYPTO.  Empties the queue; empty it (ERR_clear_error) before the call this speaks of.
 */
CHECKED enum err jose_failure(enum err input);

#endif
