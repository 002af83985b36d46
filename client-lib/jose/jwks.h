/* Sets of public keys, RFC 7517 section 5.  Immutable once read: threads may share one. */
#ifndef JOSE_JWKS_H
#define JOSE_JWKS_H
#include "jose/jwk.h"

#define JWKS_KEYS_MAX 256

struct jwks;

/* Keys that are malformed, private, weak or of a kind we don't use are passed over, never fatal
 * (RFC 7517 section 5).  rsa_alg as for jwk_read.  ERR_INPUT when it is no set, ERR_LIMIT for too
 * many keys. */
CHECKED enum err jwks_read(struct str text, enum alg rsa_alg, struct jwks **out);
CHECKED enum err jwks_read_json(const json_t *set, enum alg rsa_alg, struct jwks **out);
void jwks_free(struct jwks *set);

size_t jwks_count(const struct jwks *set);
const struct jwk *jwks_at(const struct jwks *set, size_t i);
/* The key with this kid and this algorithm.  Without a kid: the one key of that algorithm, when
 * there is exactly one.  NULL when there is none.  Lent: lives as long as the set. */
const struct jwk *jwks_find(const struct jwks *set, struct str kid, enum alg alg);
bool jwks_has_kid(const struct jwks *set, struct str kid);

#endif
