/* Test people: the same for a seed, each acceptable to the rules that real people must pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/attributes.h"
#include "identity/generate.h"
#include "identity/generate_tables.h"
#include "identity/normal.h"

#define NOW 1795348800
#define PEOPLE 5000

static void every_person_passes_the_rules_unchanged(void **state)
{
    (void)state;
    uint16_t provinces[100];
    size_t n = 0;
    for (const struct place *p = PLACES; p->code != 0; p++) {
        provinces[n++] = (uint16_t)p->code;
    }
    assert_int_equal(n, 63);
    struct attribute_rules rules = {provinces, n, NOW};
    struct arena *a = arena_new(0);
    struct generator g = generator_start(1, NOW);
    for (int i = 0; i < PEOPLE; i++) {
        struct generated p;
        struct attributes checked;
        generator_person(a, &g, &p);
        assert_int_equal(attributes_read(a, STR("person"), p.attributes, &rules, &checked), OK);
        assert_true(json_equal(p.attributes, checked.json));
        struct birthdate born;
        assert_int_equal(birthdate_read(json_member(p.attributes, "birthdate"), &born), OK);
        assert_true(birthdate_age(&born, NOW) >= 14);
        assert_true(born.year >= 1930);
        assert_in_range(p.account_level, 1, 2);
        arena_reset(a);
    }
    arena_free(a);
}

static int by_number(const void *x, const void *y)
{
    return memcmp(x, y, 12);
}

static void no_number_is_given_twice(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct generator g = generator_start(7, NOW);
    char(*numbers)[12] = calloc(PEOPLE, 12);
    assert_non_null(numbers);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct generated p;
        generator_person(a, &g, &p);
        memcpy(numbers[i], p.number.digits, 12);
        arena_reset(a);
    }
    qsort(numbers, PEOPLE, 12, by_number);
    for (size_t i = 1; i < PEOPLE; i++) {
        assert_memory_not_equal(numbers[i - 1], numbers[i], 12);
    }
    free(numbers);
    arena_free(a);
}

static void the_same_seed_gives_the_same_people(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct generator g = generator_start(42, NOW), h = generator_start(42, NOW),
                     other = generator_start(43, NOW);
    int different = 0;
    for (int i = 0; i < 50; i++) {
        struct generated p, q, r;
        generator_person(a, &g, &p);
        generator_person(a, &h, &q);
        generator_person(a, &other, &r);
        assert_true(json_equal(p.attributes, q.attributes));
        different += !json_equal(p.attributes, r.attributes);
    }
    assert_int_equal(different, 50);
    arena_free(a);
}

static void tables_are_in_normal_form(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    const struct weighted *const tables[] = {FAMILY_NAMES, MIDDLE_MALE,  MIDDLE_FEMALE,
                                             GIVEN_MALE,   GIVEN_FEMALE, STREETS};
    for (size_t i = 0; i < 6; i++) {
        for (const struct weighted *w = tables[i]; w->text != NULL; w++) {
            struct str nfc;
            assert_int_equal(text_nfc(a, str_from(w->text), &nfc), OK);
            assert_true(str_eqz(nfc, w->text));
        }
    }
    arena_free(a);
}

static int by_text(const void *x, const void *y)
{
    return memcmp(x, y, PERSONAL_NUMBER_SIZE);
}

/* The last of one million and the first of the next, where serials come again. */
static void a_wide_generator_gives_numbers_of_their_own_beyond_a_million(void **state)
{
    (void)state;
    enum { EACH = 20000 };
    static char numbers[3 * EACH][PERSONAL_NUMBER_SIZE];
    struct arena *a = arena_new(0);
    struct generator start = generator_start(7, NOW);
    generator_widen(&start);
    char phones[3][16];
    for (uint32_t million = 0; million < 3; million++) {
        struct generator g = start; /* the same serials */
        g.made = million * GENERATOR_PEOPLE_MAX;
        for (int i = 0; i < EACH; i++) {
            struct generated p;
            generator_person(a, &g, &p);
            memcpy(numbers[(int)million * EACH + i], p.number.digits, PERSONAL_NUMBER_SIZE);
            struct str phone = json_member(p.attributes, "phone_number");
            assert_true(phone.n < sizeof phones[0]);
            memcpy(phones[million], phone.p, phone.n);
            arena_reset(a);
        }
    }
    qsort(numbers, sizeof numbers / sizeof numbers[0], sizeof numbers[0], by_text);
    for (int i = 1; i < 3 * EACH; i++) {
        assert_memory_not_equal(numbers[i - 1], numbers[i], PERSONAL_NUMBER_SIZE);
    }
    assert_memory_equal(phones[0], "+84100", 6);
    assert_memory_equal(phones[2], "+84102", 6);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_person_passes_the_rules_unchanged),
        cmocka_unit_test(no_number_is_given_twice),
        cmocka_unit_test(the_same_seed_gives_the_same_people),
        cmocka_unit_test(tables_are_in_normal_form),
        cmocka_unit_test(a_wide_generator_gives_numbers_of_their_own_beyond_a_million),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
