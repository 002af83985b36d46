/* rooms: signer proc keystore jose base */
/* The whole signer: byte 0 is the channel, byte 1 the operation, the rest the request.  Without a
 * proof key no request of the web process may give anything that is about a person. */
#include <stdlib.h>
#include "signer/signer.h"
#include "signer/warrant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str ask(struct arena *a, struct signer *s, enum channel from, uint16_t op,
                      const struct buf *request)
{
    struct str answer = STR("");
    if (signer_serve(a, s, from, op, buf_str(request), &answer) != OK) {
        abort();
    }
    return answer;
}

static struct signer *make(void)
{
    static const char *const uses[][2] = {{"sign", "ES256"}, {"root", "ES256"}, {"subject", ""},
                                          {"proof", ""},     {"lookup", ""},    {"handle", ""},
                                          {"audit", ""}};
    enum { N = sizeof uses / sizeof uses[0] };
    static const uint8_t master[32] = {5};
    struct arena *a = arena_new(0);
    struct signer *s = NULL;
    struct key_row rows[N];
    struct buf b = buf_in(a);
    if (signer_new(&s) != OK) {
        abort();
    }
    put_signer_hello(&b, &(struct signer_hello){.issuer = STR("https://id.example"),
                                                .master_key = str_of(master, 32),
                                                .access_token_lifetime_s = 60,
                                                .id_token_lifetime_s = 60,
                                                .jwks_max_age_s = 60});
    (void)ask(a, s, CHANNEL_PARENT, SIGNER_HELLO, &b);
    for (size_t i = 0; i < N; i++) {
        struct signer_generate_key want = {str_from(uses[i][0]), str_from(uses[i][1])};
        struct signer_generated_key made;
        b = buf_in(a);
        put_signer_generate_key(&b, &want);
        if (get_signer_generated_key(a, ask(a, s, CHANNEL_CLERK, SIGNER_GENERATE_KEY, &b), &made) !=
            OK) {
            abort();
        }
        rows[i] = (struct key_row){.kid = made.kid,
                                   .use = want.use,
                                   .alg = want.alg,
                                   .state = STR("active"),
                                   .sealed = made.sealed,
                                   .activate_at = 1,
                                   .version = 1};
    }
    b = buf_in(a);
    put_signer_load_keys(&b,
                         &(struct signer_load_keys){.generation = 1, .rows = rows, .n_rows = N});
    (void)ask(a, s, CHANNEL_CLERK, SIGNER_LOAD_KEYS, &b);
    arena_free(a);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct signer *s;
    if (s == NULL) {
        s = make();
    }
    if (size < 2) {
        return 0;
    }
    struct arena *a = arena_new(0);
    struct str answer, request = str_of(data + 2, size - 2);
    (void)signer_is_slow(data[1], request);
    enum warrant needed = warrant_needed(data[1], (enum channel)data[0]);
    enum err e = signer_serve(a, s, (enum channel)data[0], data[1], request, &answer);
    if (e == OK && (needed == WARRANT_REFUSED || needed == WARRANT_SESSION ||
                    needed == WARRANT_CODE || needed == WARRANT_ACCESS_TOKEN)) {
        abort();
    }
    arena_free(a);
    return 0;
}
