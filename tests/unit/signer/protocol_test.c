/* signer/protocol: every message, filled at random, reads back the same, and no shorter or longer
 * form is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/rand.h"
#include "signer/protocol.h"

/* Writing what was read gives the same bytes: for any bytes that can be read. */
#define X(type)                                                                                    \
    static bool again_##type(struct arena *a, struct str bytes, struct str *out)                   \
    {                                                                                              \
        struct type m;                                                                             \
        struct buf b = buf_in(a);                                                                  \
        if (get_##type(a, bytes, &m) != OK) {                                                      \
            return false;                                                                          \
        }                                                                                          \
        put_##type(&b, &m);                                                                        \
        *out = buf_str(&b);                                                                        \
        return true;                                                                               \
    }
SIGNER_MESSAGES(X)
#undef X

static const struct {
    const char *name;
    bool (*again)(struct arena *a, struct str bytes, struct str *out);
} messages[] = {
#define X(type) {#type, again_##type},
    SIGNER_MESSAGES(X)
#undef X
};

/* Bytes that decode as `type`: random ones, lengths made small, until it fits. */
static void every_message_reads_back_as_written(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (size_t m = 0; m < sizeof messages / sizeof messages[0]; m++) {
        /* All zero bytes of the right length are a message of empty texts and no rows; a proof in
         * it needs a kind. */
        char bytes[1024] = {0};
        struct str out, in = STR_NONE;
        size_t found = 0;
        for (size_t n = 0; n <= sizeof bytes && found == 0; n++) {
            for (size_t kind = 0; kind < 2 && found == 0; kind++) {
                bytes[8] = (char)(strcmp(messages[m].name, "signer_issue_code") == 0 ? kind : 0);
                in = str_of(bytes, n);
                if (messages[m].again(a, in, &out)) {
                    found = n;
                    assert_true(str_eq(in, out));
                }
            }
        }
        if (found == 0) {
            print_error("%s: no length fits\n", messages[m].name);
            assert_true(false);
        }
        for (size_t n = 0; n < found; n++) {
            assert_false(messages[m].again(a, str_of(bytes, n), &out));
        }
        assert_false(messages[m].again(a, str_of(bytes, found + 1), &out));
        /* every byte changed: either refused or read as something else, never misread */
        for (size_t i = 0; i < found; i++) {
            for (int v = 1; v < 256; v += 17) {
                char was = bytes[i];
                bytes[i] = (char)v;
                struct str changed = str_of(bytes, found);
                if (messages[m].again(a, changed, &out)) {
                    assert_true(str_eq(changed, out));
                }
                bytes[i] = was;
            }
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void keeps_arrays_and_absent_fields(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct sealed_document d[2] = {{.identity = {{1}},
                                    .kind = STR("person"),
                                    .version = 4,
                                    .sealed = STR("s"),
                                    .wrapped_key = STR("w"),
                                    .bucket = 4095,
                                    .bucket_key_version = 2,
                                    .wrapped_bucket_key = STR("b")},
                                   {.identity = {{2}}}};
    struct signer_issue_tokens in = {.proof = STR("p"),
                                     .secret = STR(""),
                                     .cnf = STR("{}"),
                                     .want_id_token = 1,
                                     .refresh_expires_at = -1,
                                     .documents = d,
                                     .n_documents = 2},
                               out;
    struct buf b = buf_in(a);
    put_signer_issue_tokens(&b, &in);
    assert_int_equal(get_signer_issue_tokens(a, buf_str(&b), &out), OK);
    assert_int_equal(out.n_documents, 2);
    assert_int_equal(out.documents[0].bucket, 4095);
    assert_true(str_eqz(out.documents[0].wrapped_bucket_key, "b"));
    assert_null(out.documents[1].kind.p);
    assert_null(out.scope.p);
    assert_true(str_eqz(out.cnf, "{}"));
    assert_non_null(out.secret.p);
    assert_int_equal(out.refresh_expires_at, -1);
    struct key_row rows[2] = {{.kid = STR("k"), .activate_at = 5, .version = 3}, {.use = STR("u")}};
    struct signer_load_keys load = {.generation = 9,
                                    .clock_lead_ms = -4,
                                    .rows = rows,
                                    .n_rows = 2},
                            loaded;
    b = buf_in(a);
    put_signer_load_keys(&b, &load);
    assert_int_equal(get_signer_load_keys(a, buf_str(&b), &loaded), OK);
    assert_int_equal(loaded.clock_lead_ms, -4);
    assert_int_equal(loaded.rows[0].version, 3);
    assert_true(str_eqz(loaded.rows[1].use, "u"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_reads_back_as_written),
        cmocka_unit_test(keeps_arrays_and_absent_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
