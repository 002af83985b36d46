/* proc/secret: where secrets live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <openssl/crypto.h>

#include "proc/secret.h"

static void refuses_secrets_of_no_size_or_any_size(void **state)
{
    (void)state;
    struct secret *s = NULL;
    assert_int_equal(secret_new(NULL, 0, &s), ERR_LIMIT);
    assert_int_equal(secret_new(NULL, 1 << 20, &s), ERR_LIMIT);
    assert_null(s);
    secret_free(&s);
}

static void keeps_secrets_in_the_secure_heap_and_wipes_them(void **state)
{
    (void)state;
    struct secret *s = NULL, *random = NULL, *other = NULL;
    assert_int_equal(secret_new(NULL, 32, &random),
                     OK); /* libcrypto's generator keeps its state there too */
    secret_free(&random);
    size_t before = CRYPTO_secure_used();
    assert_int_equal(secret_new("0123456789abcdef", 16, &s), OK);
    const uint8_t *bytes = secret_bytes(s);
    assert_int_equal(CRYPTO_secure_allocated(bytes), 1);
    assert_int_equal(secret_size(s), 16);
    assert_memory_equal(bytes, "0123456789abcdef", 16);
    assert_int_equal(secret_new(NULL, 32, &random), OK);
    assert_int_equal(secret_new(NULL, 32, &other), OK);
    assert_memory_not_equal(secret_bytes(random), secret_bytes(other), 32);
    size_t used = CRYPTO_secure_used();
    secret_free(&s);
    assert_null(s);
    assert_true(CRYPTO_secure_used() < used);
    secret_free(&random);
    secret_free(&other);
    assert_int_equal(CRYPTO_secure_used(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_secrets_of_no_size_or_any_size),
        cmocka_unit_test(keeps_secrets_in_the_secure_heap_and_wipes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
