/* The fields of a proof on the wire, in the order of struct proof; used by the sealed form
 * (proof.c) and by messages that carry a proof to be sealed (protocol.c). */
#ifndef SIGNER_PROOF_FIELDS_H
#define SIGNER_PROOF_FIELDS_H
#include "proc/wire.h"
#include "signer/proof.h"

void proof_put(struct buf *b, const struct proof *p);
/* Slices of the input; w->broken when it is no proof. */
void proof_get(struct wire *w, struct proof *out);

#endif
