/* sso/keys_cache: signers that do not have the same keys at one moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "peer/signer_client.h"
#include "sso/keys_cache.h"

#define HOUR_MS (3600 * INT64_C(1000))

static struct signer_key_set told; /* by whichever signer is asked */
static struct task task;
static struct app app;

enum err ask_key_set(struct task *t, struct peer *signers, struct signer_key_set *out)
{
    (void)t;
    (void)signers;
    *out = told;
    return OK;
}

static int set_up(void **state)
{
    (void)state;
    static const char secret[32] = "public, and of handles";
    task.arena = arena_new(0);
    told.handle_key = told.audit_public = str_of(secret, sizeof secret);
    /* RFC 7515 appendix A.3 */
    told.jwks = STR("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"alg\":\"ES256\","
                    "\"use\":\"sig\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}");
    return task.arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(task.arena);
    return 0;
}

static uint64_t generation_after_asking(uint64_t signer_has)
{
    const struct app_keys *keys;
    told.generation = signer_has;
    if (app.keys != NULL) {
        app.keys->asked_ms -= HOUR_MS;
    }
    assert_int_equal(app_keys(&task, &app, &keys), OK);
    return keys->set.generation;
}

static void a_signer_that_lags_brings_no_revoked_key_back(void **state)
{
    (void)state;
    assert_int_equal(generation_after_asking(6), 6);
    assert_int_equal(generation_after_asking(5), 6);
    assert_int_equal(generation_after_asking(6), 6);
    assert_int_equal(generation_after_asking(5), 6);
    assert_int_equal(generation_after_asking(7), 7);
}

static void a_restored_key_store_is_taken_when_nobody_has_the_later_one(void **state)
{
    (void)state;
    app.keys->newest_ms -= HOUR_MS;
    assert_int_equal(generation_after_asking(5), 5);
    assert_int_equal(generation_after_asking(6), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signer_that_lags_brings_no_revoked_key_back),
        cmocka_unit_test(a_restored_key_store_is_taken_when_nobody_has_the_later_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
