/* rooms: libeid jose base */
/* A DPoP proof somebody shows an API: one that is taken is for this method, URL and token, fresh,
 * named, and made with the key the token names.  First line of the input: that key's thumbprint. */
#include <stdlib.h>
#include "base/b64.h"
#include "base/hash.h"
#include "jose/jwt.h"
#include "libeid/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1790000000

static void judge(struct work *w, struct str text)
{
    struct str jti;
    int64_t until_s = 0;
    struct jws jws;
    json_t *claims = NULL;
    size_t line = str_find(text, '\n');
    if (line == text.n) {
        return;
    }
    struct proof_expect expect = {.method = STR("GET"),
                                  .url = STR("https://api.example.vn/x"),
                                  .token = STR("token"),
                                  .thumbprint = str_of(text.p, line),
                                  .now = NOW,
                                  .max_age_s = 60,
                                  .skew_s = 30};
    struct str proof = str_of(text.p + line + 1, text.n - line - 1);
    while (proof.n > 0 && proof.p[proof.n - 1] == '\n') {
        proof.n--;
    }
    if (proof_check(w, proof, &expect, &jti, &until_s) != EID_OK) {
        return;
    }
    struct sha256 hash = sha256(expect.token);
    if (jws_parse(w->arena, proof, &jws) != OK || jwt_claims(w->arena, &jws, &claims) != OK ||
        !str_is(jti) || until_s < NOW || until_s > NOW + 200 ||
        !str_eqz(json_member(claims, "htm"), "GET") ||
        !str_eq(json_member(claims, "ath"), b64_str(w->arena, sha256_str(&hash))) ||
        json_object_get(json_object_get(jws.header, "jwk"), "d") != NULL) {
        abort();
    }
}

static enum eid_code body(struct work *w, struct eid_client *c, void *own)
{
    (void)c;
    judge(w, *(const struct str *)own);
    return EID_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of(data, size);
    (void)work_block(NULL, body, &text, NULL);
    return 0;
}
