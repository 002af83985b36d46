/* rooms: jose base */
/* Claims: what passes really has the audience, the issuer and an end in the future. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/json.h"
#include "jose/jwt.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const required[] = {"sub", NULL};
    const struct str audience = STR("portal");
    struct jwt_expect expect = {.issuer = STR("https://id"),
                                .audiences = &audience,
                                .n_audiences = 1,
                                .nonce = STR("n"),
                                .required = required,
                                .now = NOW,
                                .skew_s = 10,
                                .max_age_s = 600};
    struct arena *a = arena_new(0);
    struct jws jws = {.payload = str_of(data, size)};
    json_t *claims = NULL;
    if (jwt_claims(a, &jws, &claims) == OK && jwt_check(claims, &expect) == OK) {
        int64_t exp;
        if (!jwt_audience_has(claims, audience) || !str_eqz(json_member(claims, "nonce"), "n") ||
            jwt_time(claims, "exp", &exp) != OK || exp + 10 <= NOW) {
            abort();
        }
    }
    arena_free(a);
    return 0;
}
