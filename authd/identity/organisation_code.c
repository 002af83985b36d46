/* Codes of organisations.  Agencies: a letter, then groups of two digits after full stops (one
 * group after the letter without a stop).  Must not know which code belongs to whom: codes change
 * hands at reorganisations. */
#include "identity/organisation_code.h"

#include "base/buf.h"

#define AGENCY_GROUPS_MAX 5

/* Weighted sum modulo 11, as tax codes have had it since 1999; the tenth digit is 10 minus the
 * remainder; -1 when the nine can't be of a code. */
static int tax_code_check_digit(const char nine[9])
{
    static const int weight[9] = {31, 29, 23, 19, 17, 13, 7, 5, 3};
    int sum = 0;
    for (size_t i = 0; i < 9; i++) {
        sum += weight[i] * (nine[i] - '0');
    }
    int digit = 10 - sum % 11;
    return digit == 10 ? -1 : digit;
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return s.n > 0;
}

static bool is_tax_code(struct str s)
{
    return s.n == 10 && all_digits(s) && tax_code_check_digit(s.p) == s.p[9] - '0';
}

static bool is_agency_code(struct str s)
{
    if (s.n < 3 || s.p[0] < 'A' || s.p[0] > 'Z') {
        return false;
    }
    struct str rest = str_of(s.p + 1, s.n - 1);
    struct str group;
    size_t groups = 0;
    while (str_split(&rest, '.', &group)) {
        if (group.n != 2 || !all_digits(group) || ++groups > AGENCY_GROUPS_MAX) {
            return false;
        }
    }
    return s.p[s.n - 1] != '.';
}

enum err organisation_code_read(struct arena *a, struct str text, enum organisation_kind *kind,
                                struct str *out)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c != ' ') {
            buf_byte(&b, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
        }
    }
    struct str code = buf_str(&b);
    if (is_tax_code(code)) {
        *kind = ORGANISATION_ENTERPRISE;
    } else if (code.n == 14 && code.p[10] == '-' && is_tax_code(str_of(code.p, 10)) &&
               all_digits(str_of(code.p + 11, 3))) {
        *kind = ORGANISATION_BRANCH;
    } else if (is_agency_code(code)) {
        *kind = ORGANISATION_AGENCY;
    } else {
        return fail(ERR_INPUT,
                    "organisation code: a tax code of ten digits (with its check digit, branches "
                    "add -NNN), or an agency code such as G01.23.45");
    }
    *out = code;
    return OK;
}
