/* Names of people, in the order and spelling of Vietnam and of its peoples.  Must not guess: a name
 * that the administrator has split otherwise is kept as given by attributes.c. */
#include "identity/name.h"

#include <utf8proc.h>

#include "base/buf.h"
#include "identity/normal.h"

static bool is_letter(int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return true;
    default:
        return false;
    }
}

static bool is_joiner(int32_t code)
{
    return code == '\'' || code == 0x2019 || code == '-' || code == '.';
}

/* Single spaces between words, none at the ends. */
static enum err tidy(struct arena *a, struct str nfc, struct str *out)
{
    struct buf b = buf_in(a);
    struct str rest = nfc;
    bool gap = false;
    bool letter = false;
    for (int32_t code;;) {
        const char *at = rest.p;
        if (!text_next(&rest, &code)) {
            break;
        }
        if (code == ' ' || code == '\t' || code == 0xa0) {
            gap = b.n > 0;
            continue;
        }
        if (!is_letter(code) && !(is_joiner(code) && b.n > 0)) {
            return fail(ERR_INPUT,
                        "name: only letters, spaces, apostrophes, hyphens and full stops");
        }
        letter = letter || is_letter(code);
        if (gap) {
            buf_byte(&b, ' ');
            gap = false;
        }
        buf_add(&b, str_of(at, (size_t)(rest.p - at)));
    }
    if (!letter) {
        return fail(ERR_INPUT, "name: empty");
    }
    *out = buf_str(&b);
    return OK;
}

enum err name_read(struct arena *a, struct str text, struct name *out)
{
    struct str nfc, full;
    TRY(text_nfc(a, text, &nfc));
    TRY(tidy(a, nfc, &full));
    if (text_length(full) > NAME_LENGTH_MAX) {
        return fail(ERR_INPUT, "name: longer than %d characters", NAME_LENGTH_MAX);
    }
    struct name n = {.full = full, .given = full};
    size_t first = str_find(full, ' ');
    if (first < full.n) {
        size_t last = full.n;
        while (full.p[last - 1] != ' ') {
            last--;
        }
        n.family = str_of(full.p, first);
        n.given = str_of(full.p + last, full.n - last);
        if (last > first + 1) {
            n.middle = str_of(full.p + first + 1, last - 1 - (first + 1));
        }
    }
    *out = n;
    return OK;
}
