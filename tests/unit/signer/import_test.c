/* signer/op_import: what the administrator's import may have computed and compared. */
#include "fixture.h"

static void refuses_an_import_without_operator_or_reason(void **state)
{
    struct fixture *f = *state;
    const struct signer_import_digests good = {STR("root"), STR("decree"), STR("personal_number"),
                                               STR("001190012345")};
    struct signer_lookup_digests plain = {good.kind, good.value};
    struct signer_import_compare compare = {.operator_name = STR("root"), .plaintext = STR("{}")};
    struct signer_looked_up out, same;
    struct signer_import_compared compared;
    struct signer_import_digests bad = good;
#define IMPORTED(m)                                                                                \
    SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_DIGESTS, signer_import_digests, &(m), signer_looked_up,  \
          &out)
    bad.operator_name = STR(" ");
    assert_int_equal(IMPORTED(bad), ERR_DENIED);
    bad = good;
    bad.reason = STR_NONE;
    assert_int_equal(IMPORTED(bad), ERR_DENIED);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &compare,
                           signer_import_compared, &compared),
                     ERR_DENIED);
    assert_int_equal(IMPORTED(good), OK);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_LOOKUP_DIGESTS, signer_lookup_digests, &plain,
                           signer_looked_up, &same),
                     OK);
    assert_true(str_eq(out.digests, same.digests));
#undef IMPORTED
}

static void comparing_says_yes_or_no_and_takes_no_other_document(void **state)
{
    struct fixture *f = *state;
    struct signer_import_compare ask = {.operator_name = STR("root"), .reason = STR("decree")};
    struct signer_import_compared out;
    struct uuid somebody;
    uuid_random(&somebody);
    ask.document = fixture_seal_of(f, somebody, "{\"name\":\"An\",\"updated_at\":1}");
    static const struct {
        const char *text;
        enum err err;
        uint8_t same;
    } cases[] = {{"{\"name\":\"Anh\",\"updated_at\":1}", OK, 0},
                 {"{\"name\":\"An\",\"email\":\"x\"}", OK, 0},
                 {"{}", OK, 0},
                 {"[", ERR_INPUT, 9},
                 {"{\"updated_at\":2,\"name\":\"An\"}", OK, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        out.same = 9;
        ask.plaintext = str_from(cases[i].text);
        assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &ask,
                               signer_import_compared, &out),
                         cases[i].err);
        assert_int_equal(out.same, cases[i].same);
    }
    ask.document.version = 2;
    assert_int_not_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &ask,
                               signer_import_compared, &out),
                         OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_an_import_without_operator_or_reason),
        cmocka_unit_test(comparing_says_yes_or_no_and_takes_no_other_document),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
