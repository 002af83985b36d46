/* Language tags and lists of them.  Must not fail: what can't be understood is passed over. */
#include "page/accept.h"

bool language_of_tag(struct str tag, enum language *out)
{
    struct str primary = str_of(tag.p, str_find(tag, '-'));
    if (str_ieq(primary, STR("vi"))) {
        *out = LANGUAGE_VI;
        return true;
    }
    if (str_ieq(primary, STR("en"))) {
        *out = LANGUAGE_EN;
        return true;
    }
    return false;
}

bool language_of_locales(struct str ui_locales, enum language *out)
{
    struct str word;
    while (str_word(&ui_locales, &word)) {
        if (language_of_tag(word, out)) {
            return true;
        }
    }
    return false;
}

/* "q=0.8" as thousandths; 1000 without one, 0 for what can't be read. */
static unsigned weight_of(struct str parameter)
{
    struct str s = str_trim(parameter);
    if (!str_starts(s, STR("q=")) && !str_starts(s, STR("Q="))) {
        return s.n == 0 ? 1000 : 0;
    }
    s = str_of(s.p + 2, s.n - 2);
    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.')) {
        return 0;
    }
    unsigned weight = (unsigned)(s.p[0] - '0') * 1000;
    unsigned place = 100;
    for (size_t i = 2; i < s.n; i++, place /= 10) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return 0;
        }
        weight += (unsigned)(s.p[i] - '0') * place;
    }
    return weight > 1000 ? 0 : weight;
}

bool language_of_accept(struct str header, enum language *out)
{
    struct str range;
    unsigned best = 0;
    while (str_split(&header, ',', &range)) {
        size_t semicolon = str_find(range, ';');
        struct str parameter = semicolon < range.n
                                   ? str_of(range.p + semicolon + 1, range.n - semicolon - 1)
                                   : STR("");
        unsigned weight = weight_of(parameter);
        enum language l;
        if (weight > best && language_of_tag(str_trim(str_of(range.p, semicolon)), &l)) {
            best = weight;
            *out = l;
        }
    }
    return best > 0;
}
