/* What others can know about somebody and no password may rest on, on its way from a signer to a
 * verifier: a JSON object sealed under the verifiers' wrapping key, bound to the identity.  The web
 * and admin processes carry it and can neither read nor exchange it. */
#ifndef SIGNER_PASSWORD_WORDS_H
#define SIGNER_PASSWORD_WORDS_H
#include "keystore/seal.h"
#include "signer/proof.h"

/* Members: name, birthdate, personal_number, phone_number, email; each may be missing. */
CHECKED enum err password_words_seal(struct arena *a, const struct wrap_ring *verifiers,
                                     const struct uuid *identity, struct str json, struct str *out);
/* ERR_DENIED when it is not of this identity, ERR_NOT_FOUND under another master key. */
CHECKED enum err password_words_open(struct arena *a, const struct wrap_ring *verifiers,
                                     const struct uuid *identity, struct str sealed,
                                     struct str *out);

#endif
