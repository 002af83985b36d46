/* The personal identification number: form and agreement with birth date and sex (DOMAIN: Circular
 * 07/2016/TT-BCA).  Must not decide who somebody is: that takes the look-up. */
#include "identity/personal_number.h"

#include <string.h>

#include "base/arena.h"

/* Bytes of a separator at p: space, dot, hyphen, or U+00A0 as phones paste it. */
static size_t separator(struct str s, size_t at)
{
    if (s.p[at] == ' ' || s.p[at] == '.' || s.p[at] == '-' || s.p[at] == '\t') {
        return 1;
    }
    return s.n - at >= 2 && memcmp(s.p + at, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

enum err personal_number_read(struct str typed, struct personal_number *out)
{
    struct personal_number r = {0};
    size_t n = 0;
    for (size_t i = 0; i < typed.n;) {
        size_t skip = separator(typed, i);
        if (skip > 0) {
            i += skip;
            continue;
        }
        if (typed.p[i] < '0' || typed.p[i] > '9') {
            return fail(ERR_INPUT, "personal number: digits only");
        }
        if (n == PERSONAL_NUMBER_SIZE) {
            return fail(ERR_INPUT, "personal number: more than 12 digits");
        }
        r.digits[n++] = typed.p[i++];
    }
    if (n != PERSONAL_NUMBER_SIZE) {
        return fail(ERR_INPUT, "personal number: 12 digits are needed");
    }
    const char *d = r.digits;
    r.province = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
    if (r.province == 0) {
        return fail(ERR_INPUT, "personal number: there is no province 000");
    }
    int century = d[3] - '0';
    r.sex = century % 2 == 0 ? SEX_MALE : SEX_FEMALE;
    r.birth_year = 1900 + century / 2 * 100 + (d[4] - '0') * 10 + (d[5] - '0');
    *out = r;
    return OK;
}

struct str personal_number_text(struct arena *a, const struct personal_number *n)
{
    return str_dup(a, str_of(n->digits, PERSONAL_NUMBER_SIZE));
}

enum err personal_number_fits(const struct personal_number *n, const struct birthdate *b,
                              enum sex sex, const uint16_t *provinces, size_t n_provinces)
{
    if (n->birth_year != b->year) {
        return fail(ERR_INPUT, "personal number: its century and year do not fit the birth date");
    }
    if (n->sex != sex) {
        return fail(ERR_INPUT, "personal number: its fourth digit does not fit the gender");
    }
    for (size_t i = 0; i < n_provinces; i++) {
        if (provinces[i] == n->province) {
            return OK;
        }
    }
    return fail(ERR_INPUT,
                "personal number: province code %03d is not known; if it is new, add it to "
                "the table of provinces",
                n->province);
}

void personal_number_make(int province, enum sex sex, int birth_year, uint32_t serial,
                          struct personal_number *out)
{
    struct personal_number r = {.province = province, .sex = sex, .birth_year = birth_year};
    int century = (birth_year - 1900) / 100 * 2 + (sex == SEX_FEMALE ? 1 : 0);
    uint64_t v = (uint64_t)province * 1000000000u + (uint64_t)century * 100000000u +
                 (uint64_t)(birth_year % 100) * 1000000u + serial % 1000000u;
    for (size_t i = PERSONAL_NUMBER_SIZE; i-- > 0; v /= 10) {
        r.digits[i] = (char)('0' + v % 10);
    }
    *out = r;
}
