/* JSON Web Signatures in compact form: RFC 7515, with the advice of RFC 8725.
 *
 * Strict on purpose: exactly three parts of canonical base64url, at most JWS_MAX bytes, no
 * duplicate names, no "crit", no "b64", an algorithm of our closed list that equals the one the key
 * is bound to. Keys never come from the token's header (jwk, jku, x5c, x5u are not looked at); a
 * caller that needs the header's jwk (DPoP) reads it from `header` himself. */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H
#include "jose/jwks.h"

#define JWS_MAX (16 * 1024)

struct jws {
    struct str signed_text; /* header.payload as it stands in the token; slice of the input */
    struct str payload;     /* decoded */
    struct str signature;   /* decoded */
    struct str kid;         /* STR_NONE when absent */
    struct str typ;         /* STR_NONE when absent */
    enum alg alg;
    const json_t *header; /* owned by the arena */
};

/* Takes the token apart.  Nothing in *out is to be believed before jws_verify.  ERR_INPUT,
 * ERR_LIMIT. */
CHECKED enum err jws_parse(struct arena *a, struct str token, struct jws *out);
/* ERR_AUTH when the signature, the algorithm or the type is not what it must be.  typ: without
 * "application/"; "JWT" also accepts a token that has none.  Safe from several threads with one
 * key. */
CHECKED enum err jws_verify(const struct jws *jws, const struct jwk *key, const char *typ);
/* Chooses the key by kid and algorithm, verifies.  ERR_NOT_FOUND when the set has no such key: the
 * caller may fetch a newer set. */
CHECKED enum err jws_verify_with(const struct jws *jws, const struct jwks *keys, const char *typ);
/* jws_parse and jws_verify_with. */
CHECKED enum err jws_open(struct arena *a, struct str token, const struct jwks *keys,
                          const char *typ, struct jws *out);

/* Signs `payload`.  key and sign_template (see alg_sign_template) belong together; the template is
 * copied. typ and kid are plain visible ASCII; kid may be STR_NONE.  ERR_CRYPTO. */
CHECKED enum err jws_sign(struct arena *a, enum alg alg, EVP_PKEY *key,
                          const EVP_MD_CTX *sign_template, struct str kid, const char *typ,
                          struct str payload, struct str *out);
/* As jws_sign, with the public key itself in the header instead of a kid: DPoP proofs.  jwk: the
 * text of its JSON object. */
CHECKED enum err jws_sign_with_jwk(struct arena *a, enum alg alg, EVP_PKEY *key,
                                   const EVP_MD_CTX *sign_template, struct str jwk, const char *typ,
                                   struct str payload, struct str *out);
/* The bare signature over any bytes, in the form JOSE wants it. */
CHECKED enum err jws_signature(struct arena *a, enum alg alg, EVP_PKEY *key,
                               const EVP_MD_CTX *sign_template, struct str bytes, struct str *out);
/* Is `signature`, in JOSE's form, over `bytes` by this key?  ERR_AUTH when not. */
CHECKED enum err jws_signature_verify(const struct jwk *key, struct str bytes,
                                      struct str signature);

#endif
