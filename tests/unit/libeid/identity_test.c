/* Getters: what was not released is NULL, what has a wrong form is not made up, and a refresh does
 * not mix old parts with new ones. */
#include "scripted.h"

static struct eid_identity *log_in(struct eid_client *c)
{
    struct eid_identity *i = NULL;
    struct eid_error err;
    const char *s;
    json_object_del(sp.id_claims, "nonce");
    const char *t = begin(c, NULL, &s);
    assert_int_equal(eid_login_finish(c, callback_url(s), t, &i, &err), EID_OK);
    return i;
}

static void set_json(const char *name, const char *json)
{
    set_claim(name, json_loads(json, JSON_DECODE_ANY, NULL));
}

static void what_is_absent_or_malformed_is_not_made_up(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    int y = 7;
    int m = 7;
    int d = 7;
    set_json("act", "{\"sub\":7}");
    set_json("amr", "[7,\"two words\",\"pwd\",null,\"otp\"]");
    set_json("address", "\"Hà Nội\"");
    set_json("email_verified", "true"); /* of no address */
    set_json("phone_number", "\"+84912345678\"");
    set_json("phone_number_verified", "\"yes\"");
    struct eid_identity *i = log_in(c);
    assert_null(eid_identity_actor(i));
    assert_string_equal(eid_identity_amr(i), "pwd otp");
    assert_null(eid_identity_address(i, "locality"));
    assert_null(eid_identity_address(i, NULL));
    assert_false(eid_identity_email_verified(i));
    assert_false(eid_identity_phone_number_verified(i));
    assert_null(eid_identity_birthdate(i));
    assert_int_equal(eid_identity_birthdate_parts(i, &y, &m, &d), 0);
    assert_int_equal(y + m + d, 0);
    assert_null(eid_identity_organisation_code(i));
    assert_int_equal(eid_identity_kind(i), EID_PERSON);
    assert_null(eid_identity_claim(i, "amr\n"));
    assert_null(eid_identity_claim(i, NULL));
    assert_string_equal(eid_identity_token_type(i), "Bearer");
    eid_identity_free(i);
    eid_client_free(c);
}

static void birthdates_have_as_many_parts_as_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int known, year, month, day;
    } dates[] = {{"1990-03-14", 3, 1990, 3, 14}, {"1990-03", 2, 1990, 3, 0},
                 {"1990", 1, 1990, 0, 0},        {"0000-03-14", 0, 0, 0, 0},
                 {"1990-3-14", 1, 1990, 0, 0},   {"1990-13-14", 1, 1990, 0, 0},
                 {"1990-03-32", 2, 1990, 3, 0},  {"1990-03-14-1", 0, 0, 0, 0},
                 {"14/03/1990", 0, 0, 0, 0},     {"", 0, 0, 0, 0}};
    struct eid_client *c = client_new();
    for (size_t k = 0; k < sizeof(dates) / sizeof(dates[0]); k++) {
        int y = 7;
        int m = 7;
        int d = 7;
        set_claim("birthdate", json_string(dates[k].text));
        struct eid_identity *i = log_in(c);
        assert_int_equal(eid_identity_birthdate_parts(i, &y, &m, &d), dates[k].known);
        assert_int_equal(y, dates[k].year);
        assert_int_equal(m, dates[k].month);
        assert_int_equal(d, dates[k].day);
        eid_identity_free(i);
    }
    eid_client_free(c);
}

static void an_organisation_and_who_acts_for_it(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    set_claim("urn:authd:account_level", json_integer(0));
    set_json("acr", "\"urn:authd:acr:0:2\"");
    set_json("act", "{\"sub\":\"person-9\"}");
    set_json("urn:authd:organisation_code", "\"0101234567\"");
    set_json("urn:authd:organisation_name", "\"Công ty TNHH Hoa Sen\"");
    set_json("urn:authd:authentication_level", "2");
    struct eid_identity *i = log_in(c);
    assert_int_equal(eid_identity_kind(i), EID_ORGANISATION);
    assert_string_equal(eid_identity_actor(i), "person-9");
    assert_string_equal(eid_identity_organisation_code(i), "0101234567");
    assert_string_equal(eid_identity_organisation_name(i), "Công ty TNHH Hoa Sen");
    assert_int_equal(eid_identity_account_level(i), 0);
    assert_int_equal(eid_identity_authentication_level(i), 2);
    eid_identity_free(i);
    eid_client_free(c);
}

static void a_refresh_replaces_a_claim_with_its_parts(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_identity *renewed = NULL;
    set_json("amr", "[\"pwd\"]");
    set_json("address", "{\"formatted\":\"1 Lê Lợi, Huế\",\"region\":\"Huế\",\"country\":\"VN\"}");
    set_json("locale", "\"vi\"");
    struct eid_identity *i = log_in(c);
    assert_string_equal(eid_identity_address(i, NULL), "1 Lê Lợi, Huế");
    assert_string_equal(eid_identity_address(i, "region"), "Huế");
    set_json("address", "{\"formatted\":\"2 Lê Lợi\"}");
    json_object_del(sp.id_claims, "amr");
    json_object_del(sp.id_claims, "locale");
    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_OK);
    assert_string_equal(eid_identity_address(renewed, "formatted"), "2 Lê Lợi");
    assert_null(eid_identity_address(renewed, "region")); /* of the old address */
    assert_string_equal(eid_identity_amr(renewed), "pwd");
    assert_string_equal(eid_identity_locale(renewed), "vi");
    assert_false(eid_identity_expires_within(renewed, 100));
    assert_true(eid_identity_expires_within(renewed, 400));
    clock_shift_s(301);
    assert_true(eid_identity_expires_within(renewed, 0));
    eid_identity_free(renewed);
    eid_identity_free(i);
    eid_client_free(c);
}

static void a_sealed_identity_opens_where_the_key_is_shared(void **state)
{
    (void)state;
    static const unsigned char key[32] = {5};
    struct eid_client *one = client_new();
    struct eid_client *two = client_new();
    struct eid_client *stranger = client_new();
    struct eid_error err;
    struct eid_identity *opened = NULL;
    struct eid_identity *renewed = NULL;
    char *sealed = NULL;
    assert_int_equal(eid_client_set_transaction_key(one, key, &err), EID_OK);
    assert_int_equal(eid_client_set_transaction_key(two, key, &err), EID_OK);
    sp.offers_dpop = true;
    set_json("amr", "[\"pwd\",\"otp\"]");
    struct eid_identity *i = log_in(one);
    assert_int_equal(eid_identity_seal(one, i, &sealed, &err), EID_OK);
    assert_null(strstr(sealed, eid_identity_access_token(i)));
    /* not opened by others, nor changed, nor taken for a transaction or the other way round */
    assert_int_equal(eid_identity_open(stranger, sealed, &opened, &err), EID_TRANSACTION_FORGED);
    assert_int_equal(eid_identity_open(two, NULL, &opened, &err), EID_TRANSACTION_FORGED);
    assert_int_equal(eid_identity_open(two, "", &opened, &err), EID_TRANSACTION_FORGED);
    const char *s;
    const char *t = begin(one, NULL, &s);
    assert_int_equal(eid_identity_open(two, t, &opened, &err), EID_TRANSACTION_FORGED);
    assert_int_equal(eid_login_finish(two, callback_url(s), sealed, &opened, &err),
                     EID_TRANSACTION_FORGED);
    char *changed = str_z(sp.arena, str_from(sealed));
    changed[strlen(changed) / 2] ^= 1;
    assert_int_equal(eid_identity_open(two, changed, &opened, &err), EID_TRANSACTION_FORGED);
    assert_null(opened);

    assert_int_equal(eid_identity_open(two, sealed, &opened, &err), EID_OK);
    assert_string_equal(eid_identity_subject(opened), "person-1");
    assert_string_equal(eid_identity_amr(opened), "pwd otp");
    assert_string_equal(eid_identity_token_type(opened), "DPoP");
    assert_int_equal(eid_identity_account_level(opened), 2);
    assert_int_equal(eid_identity_expires_at(opened), eid_identity_expires_at(i));
    assert_string_equal(eid_identity_id_token(opened), eid_identity_id_token(i));
    assert_null(eid_identity_memo(opened));
    assert_int_equal(eid_identity_refresh(two, opened, &renewed, &err), EID_OK);
    eid_identity_free(renewed);
    eid_identity_free(opened);
    eid_identity_free(i);
    eid_text_free(sealed);
    eid_client_free(one);
    eid_client_free(two);
    eid_client_free(stranger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_absent_or_malformed_is_not_made_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(birthdates_have_as_many_parts_as_are_known, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_organisation_and_who_acts_for_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sealed_identity_opens_where_the_key_is_shared, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refresh_replaces_a_claim_with_its_parts, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
