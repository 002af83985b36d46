/* Verifier strings: one spelling only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/rand.h"
#include "verifier/phc.h"

#define SALT "AAECAwQFBgcICQoLDA0ODw"
#define HASH "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void refuses_every_other_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "$argon2i$v=19$m=19456,t=2,p=1$" SALT "$" HASH,
        "$argon2d$v=19$m=19456,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=16$m=19456,t=2,p=1$" SALT "$" HASH,
        "$argon2id$m=19456,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$t=2,m=19456,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=019456,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=+19456,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=4294986752,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=1048577,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=19456,t=0,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=19456,t=101,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=19456,t=2,p=17$" SALT "$" HASH,
        "$argon2id$v=19$m=19456,t=2,p=1,data=x$" SALT "$" HASH,
        "$argon2id$v=19$m=19456,t=2,p=1$" SALT "==$" HASH,
        "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgc$" HASH,
        "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODx$" HASH, /* bits that no byte has */
        "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" SALT,
        "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" HASH "A",
        "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" HASH " ",
        "$argon2id$v=19$m=19456,t=2,p=1$" SALT,
        "$argon2id$v=19$m=19456,t=2,p=1$AAEC_wQFBgcICQoLDA0ODw$" HASH,
    };
    struct phc p;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (phc_read(str_from(bad[i]), &p) == OK) {
            print_error("accepted: %s\n", bad[i]);
            assert_true(false);
        }
    }
    const char nul[] = "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" HASH;
    assert_int_equal(phc_read(str_of(nul, sizeof(nul)), &p), ERR_INPUT);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (int i = 0; i < 500; i++) {
        struct phc p = {
            .cost = {8 * 16 + rand_below(100000), 1 + rand_below(100), 1 + rand_below(16)},
            .salt_n = PHC_SALT_MIN + rand_below(PHC_SALT_MAX - PHC_SALT_MIN + 1)};
        struct phc q;
        rand_bytes(p.salt, p.salt_n);
        rand_bytes(p.hash, PHC_HASH);
        struct str text = phc_text(a, &p);
        assert_int_equal(phc_read(text, &q), OK);
        assert_int_equal(q.salt_n, p.salt_n);
        assert_memory_equal(q.salt, p.salt, p.salt_n);
        assert_memory_equal(q.hash, p.hash, PHC_HASH);
        assert_true(str_eq(phc_text(a, &q), text));
    }
    arena_free(a);
}

static void knows_which_cost_is_weaker(void **state)
{
    (void)state;
    struct phc_cost now = {19456, 2, 1};
    assert_true(phc_cost_weaker(&(struct phc_cost){19455, 2, 1}, &now));
    assert_true(phc_cost_weaker(&(struct phc_cost){65536, 1, 1}, &now));
    assert_false(phc_cost_weaker(&now, &now));
    assert_false(phc_cost_weaker(&(struct phc_cost){65536, 3, 4}, &now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_other_spelling),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(knows_which_cost_is_weaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
