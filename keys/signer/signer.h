/* The signer: holds the keys after SIGNER_LOAD_KEYS and answers the operations of protocol.h, each
 * only for the warrant that warrant.c demands.  It waits for nothing, opens nothing, and talks to
 * nobody by itself.
 *
 * The body (authd/signer_body.c) calls secret_home_open, signer_new, then SIGNER_HELLO with the
 * start message as if it came from the parent, closes the sandbox, and serves frames.  Of one
 * received frame it serves the messages for which signer_is_slow() is true (RSA) after all others.
 */
#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H
#include "base/arena.h"
#include "base/err.h"
#include "signer/protocol.h"

struct signer;

CHECKED enum err signer_new(struct signer **out);
void signer_free(struct signer **s);
/* One operation.  The answer lives in the arena, which is the message's.  Anything but OK carries
 * its reason in err_reason(): ERR_DENIED means that the warrant was refused (the caller of the
 * operation logs WARRANT_REFUSED), ERR_EXPIRED that it was genuine once, ERR_UNAVAILABLE that no
 * keys are loaded yet. */
CHECKED enum err signer_serve(struct arena *a, struct signer *s, enum channel from, uint16_t op,
                              struct str request, struct str *answer);
/* Has a key set been loaded? */
bool signer_has_keys(const struct signer *s);
/* Would serving it take an RSA signature?  Looks at the request only. */
bool signer_is_slow(uint16_t op, struct str request);

#endif
