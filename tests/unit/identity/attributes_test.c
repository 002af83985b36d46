/* The attributes an administrator gives: what is refused, what is made of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/attributes.h"

#define NOW 1795348800
static const uint16_t PROVINCES[] = {1, 79};
static const struct attribute_rules RULES = {PROVINCES, 2, NOW};

#define PERSON                                                                                     \
    "\"name\":\"Trần Thị Lan\",\"birthdate\":\"1990-05-01\",\"gender\":\"female\","            \
    "\"personal_number\":\"079 190 123 456\""

static enum err read_person(struct arena *a, const char *kind, const char *text,
                            struct attributes *out)
{
    json_t *json;
    assert_int_equal(json_read_in(a, str_from(text), &json), OK);
    return attributes_read(a, str_from(kind), json, &RULES, out);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const bad[] = {
        "[]",
        "{}",
        "{" PERSON ",\"favourite_colour\":\"red\"}",
        "{" PERSON ",\"sub\":\"1\"}",
        "{" PERSON ",\"province\":\"001\"}",
        "{" PERSON ",\"email\":\"nowhere\"}",
        "{" PERSON ",\"email\":7}",
        "{" PERSON ",\"email_verified\":true}",
        "{" PERSON ",\"email\":\"a@b.vn\",\"email_verified\":\"true\"}",
        "{" PERSON ",\"address\":{\"planet\":\"Earth\"}}",
        "{" PERSON ",\"address\":\"Hà Nội\"}",
        "{" PERSON ",\"locale\":\"\"}",
        "{\"name\":\"Lan\",\"birthdate\":\"1990\",\"gender\":\"male\",\"personal_number\":"
        "\"079190123456\"}",
        "{\"name\":\"Lan\",\"birthdate\":\"1991\",\"gender\":\"female\",\"personal_number\":"
        "\"079190123456\"}",
        "{\"name\":\"Lan\",\"birthdate\":\"1990\",\"gender\":\"female\",\"personal_number\":"
        "\"002190123456\"}",
        "{\"name\":\"Lan\",\"birthdate\":\"1990\",\"gender\":\"other\",\"personal_number\":"
        "\"079190123456\"}",
        "{\"name\":\"Lan\",\"birthdate\":\"2027-01-01\",\"gender\":\"female\","
        "\"personal_number\":\"079327123456\"}",
    };
    struct attributes out;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_person(a, "person", bad[i], &out), ERR_INPUT);
    }
    assert_int_equal(read_person(a, "robot", "{" PERSON "}", &out), ERR_INPUT);
    assert_int_equal(
        read_person(a, "organisation", "{\"name\":\"A\",\"organisation_code\":\"1\"}", &out),
        ERR_INPUT);
    arena_free(a);
}

static void completes_a_person(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct attributes out;
    assert_int_equal(read_person(a, "person",
                                 "{" PERSON
                                 ",\"email\":\"Lan@Example.vn\",\"phone_number\":\"0912345678\"}",
                                 &out),
                     OK);
    assert_true(str_eqz(out.personal_number, "079190123456"));
    assert_true(str_eqz(json_member(out.json, "personal_number"), "079190123456"));
    assert_int_equal(out.province, 79);
    assert_true(str_eqz(json_member(out.json, "province"), "079"));
    assert_true(str_eqz(json_member(out.json, "family_name"), "Trần"));
    assert_true(str_eqz(json_member(out.json, "middle_name"), "Thị"));
    assert_true(str_eqz(json_member(out.json, "given_name"), "Lan"));
    assert_true(str_eqz(out.email, "lan@example.vn"));
    assert_true(str_eqz(out.phone, "+84912345678"));
    assert_true(json_is_false(json_object_get(out.json, "email_verified")));
    assert_true(str_eqz(json_member(out.json, "zoneinfo"), "Asia/Ho_Chi_Minh"));
    arena_free(a);
}

static void what_was_read_reads_again_the_same(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct attributes first, second;
    assert_int_equal(read_person(a, "person", "{" PERSON "}", &first), OK);
    assert_int_equal(attributes_read(a, STR("person"), first.json, &RULES, &second), OK);
    assert_true(json_equal(first.json, second.json));
    arena_free(a);
}

static void takes_an_organisation(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct attributes out;
    assert_int_equal(read_person(a, "organisation",
                                 "{\"name\":\"Sở Tư pháp\",\"organisation_code\":\"h29.05\","
                                 "\"short_name\":\"STP\",\"address\":{\"country\":\"VN\"}}",
                                 &out),
                     OK);
    assert_true(str_eqz(out.organisation_code, "H29.05"));
    assert_int_equal(out.province, 0);
    assert_null(out.personal_number.p);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(completes_a_person),
        cmocka_unit_test(what_was_read_reads_again_the_same),
        cmocka_unit_test(takes_an_organisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
