/* Sealing and opening of password words; see password_words.h. */
#include "signer/password_words.h"

#include "base/arena.h"
#include "signer/handle.h"

static struct str context(struct arena *a, const struct uuid *identity)
{
    return wrap_context(a, STR("password words"), uuid_text(a, identity));
}

enum err password_words_seal(struct arena *a, const struct wrap_ring *verifiers,
                             const struct uuid *identity, struct str json, struct str *out)
{
    return wrap_seal(a, verifiers, context(a, identity), json, out);
}

enum err password_words_open(struct arena *a, const struct wrap_ring *verifiers,
                             const struct uuid *identity, struct str sealed, struct str *out)
{
    struct secret *plain = NULL;
    TRY(wrap_open(verifiers, context(a, identity), sealed, &plain));
    *out = str_dup(a, str_of(secret_bytes(plain), secret_size(plain)));
    secret_free(&plain);
    return OK;
}
