/* The handle's own private keys: for client authentication (RFC 7523) and for DPoP (RFC 9449).
 * Never written anywhere but where the caller asks for it. */
#ifndef LIBEID_OWN_KEY_H
#define LIBEID_OWN_KEY_H
#include "jose/jwk.h"
#include "jose/jws.h"

#define KEY_TEXT_MAX (16 * 1024)
#define THUMBPRINT_SIZE 43

struct own_key {
    EVP_PKEY *key;
    EVP_MD_CTX *sign; /* see alg_sign_template */
    enum alg alg;
    char kid[JWK_KID_MAX + 1];
    char thumbprint[THUMBPRINT_SIZE + 1];
    char *jwk; /* public, the required members only, as text */
};

/* PEM (PKCS#8 or the older forms, not encrypted) or a private JWK.  EC on P-256, Ed25519, RSA of
 * 2048 to 4096 bits, which is bound to PS256 unless its JWK says RS256.  kid: the JWK's, else its
 * thumbprint.  ERR_INPUT with a reason that names no part of the key. */
CHECKED enum err own_key_read(struct str text, struct own_key **out);
/* The P-256 key that follows from 32 secret bytes and a name: the same on all machines of a farm.
 */
CHECKED enum err own_key_derive(const unsigned char secret[32], struct str name,
                                struct own_key **out);
CHECKED enum err own_key_new(EVP_PKEY *key, enum alg alg, struct str kid, struct own_key **out);
void own_key_free(struct own_key *k);

#endif
