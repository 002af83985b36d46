/* rooms: oidc registration signer jose base */
/* DPoP proofs, and the URIs and confirmations in them: what passes is whole, was signed by the key
 * it names, and has a normal form that is one. */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "oidc/dpop_proof.h"
#include "oidc/target_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_uri(struct arena *a, struct str text)
{
    struct str once, twice;
    if (target_uri_normal(a, text, &once) == OK &&
        (target_uri_normal(a, once, &twice) != OK || !str_eq(once, twice))) {
        abort();
    }
}

static void try_confirmation(struct arena *a, struct str text)
{
    struct confirmation c, again;
    if (confirmation_read(text, &c) != OK) {
        return;
    }
    struct str written = confirmation_text(a, &c);
    if (confirmation_read(written, &again) != OK || strcmp(c.jkt, again.jkt) != 0 ||
        c.any_key != again.any_key || !confirmation_narrows(text, written)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str text = str_of(data, size);
    struct dpop_proof p;
    struct dpop_expect expect = {.method = STR("POST"),
                                 .uri = STR("https://server.example.com/token"),
                                 .now = 1562262616,
                                 .age_s = 60,
                                 .ahead_s = 10};
    if (dpop_proof_check(a, text, &expect, &p) == REFUSE_NOTHING &&
        (!jkt_is(str_from(p.jkt)) || !str_is(p.jti) || p.iat < expect.now - 60 ||
         p.iat > expect.now + 10)) {
        abort();
    }
    try_uri(a, text);
    try_confirmation(a, text);
    arena_free(a);
    return 0;
}
