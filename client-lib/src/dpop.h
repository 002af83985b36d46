/* Proving possession (RFC 9449): proofs for our own requests, and which key proves for whom. */
#ifndef LIBEID_DPOP_H
#define LIBEID_DPOP_H
#include "libeid/own_key.h"
#include "libeid/provider.h"

/* A proof for one request.  token, nonce: STR_NONE without. */
enum eid_code dpop_make(struct work *w, const struct own_key *key, const char *method,
                        struct str url, struct str token, struct str nonce, struct str *out);

/* The handle's key of the generation the login began under (0: now, 1: before). */
const struct own_key *dpop_key(const struct eid_client *c, size_t generation);
/* That of our keys which has this thumbprint; NULL: none. */
const struct own_key *dpop_key_of(const struct eid_client *c, struct str thumbprint);
/* Does this handle use DPoP with this provider?  *out: its key, NULL when not.  EID_NOT_OFFERED
 * when it was insisted on. */
enum eid_code dpop_choose(struct work *w, const struct eid_client *c, const struct provider *p,
                          size_t generation, const struct own_key **out);

#endif
