/* A password that somebody wants from now on: judged, and hashed when it may be set. */
#ifndef VERIFIER_NEW_PASSWORD_H
#define VERIFIER_NEW_PASSWORD_H
#include "verifier/verifier.h"

struct new_password {
    struct str text;     /* normalised */
    struct str verifier; /* PHC string */
    uint32_t pepper;
};
/* words: what a signer says others know about this identity (signer/password_words.h); absent:
 * nothing.  *fault is PASSWORD_FINE or the reason; only then out is filled by new_password_hash. */
CHECKED enum err new_password_judge(struct arena *a, struct verifier *v,
                                    const struct uuid *identity, struct str words, struct str typed,
                                    struct new_password *out, enum password_fault *fault);
CHECKED enum err new_password_hash(struct arena *a, struct verifier *v, struct new_password *p);

#endif
