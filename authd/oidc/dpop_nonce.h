/* Nonces for DPoP proofs: RFC 9449 sections 8 and 9.  Stateless: a MAC over the time, under a key
 * that all web processes of all nodes hold, so that any of them knows what another gave.  Pure. */
#ifndef OIDC_DPOP_NONCE_H
#define OIDC_DPOP_NONCE_H
#include "base/str.h"
#include <stdint.h>

#define DPOP_NONCE_KEY_SIZE 32
#define DPOP_NONCE_WINDOW_S 120

/* key: the handle key; nonces use a key of their own derived from it. */
struct str dpop_nonce_text(struct arena *a, const uint8_t key[DPOP_NONCE_KEY_SIZE], int64_t now);
/* Of this window, the one before, or the next (of a node whose clock is ahead).  Constant time. */
bool dpop_nonce_good(struct arena *a, const uint8_t key[DPOP_NONCE_KEY_SIZE], struct str nonce,
                     int64_t now);

#endif
