/* E-mail addresses and telephone numbers in one spelling each.  Must not claim that they reach
 * anybody. */
#include "identity/contact.h"

#include <string.h>

#include "base/buf.h"

static bool atom_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool is_local_part(struct str s)
{
    if (s.n == 0 || s.n > 64 || s.p[0] == '.' || s.p[s.n - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!atom_byte(s.p[i]) && !(s.p[i] == '.' && s.p[i - 1] != '.')) {
            return false;
        }
    }
    return true;
}

static bool is_label(struct str s)
{
    if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return true;
}

static bool is_domain(struct str s)
{
    struct str rest = s, label;
    size_t labels = 0;
    while (str_split(&rest, '.', &label)) {
        if (!is_label(label)) {
            return false;
        }
        labels++;
    }
    return labels >= 2 && s.n <= 253 && s.p[s.n - 1] != '.';
}

enum err email_read(struct arena *a, struct str text, struct str *out)
{
    struct buf b = buf_in(a);
    struct str trimmed = str_trim(text);
    for (size_t i = 0; i < trimmed.n; i++) {
        char c = trimmed.p[i];
        buf_byte(&b, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    struct str all = buf_str(&b);
    size_t at = str_find(all, '@');
    if (at == all.n || !is_local_part(str_of(all.p, at)) ||
        !is_domain(str_of(all.p + at + 1, all.n - at - 1))) {
        return fail(ERR_INPUT, "email: not an address");
    }
    *out = all;
    return OK;
}

enum err phone_read(struct arena *a, struct str text, struct str *out)
{
    struct str s = str_trim(text);
    struct buf b = buf_in(a);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '+' && i == 0) {
            buf_byte(&b, c);
        } else if (c >= '0' && c <= '9') {
            if (b.n == 0) {
                buf_addz(&b, "+");
                if (c == '0') {
                    buf_addz(&b, "84");
                    continue;
                }
                return fail(ERR_INPUT, "phone: begin with + and the country code, or with 0");
            }
            buf_byte(&b, c);
        } else if (c != ' ' && c != '.' && c != '-' && c != '(' && c != ')') {
            return fail(ERR_INPUT, "phone: digits only");
        }
    }
    struct str e164 = buf_str(&b);
    /* E.164: at most 15 digits, the country code does not begin with 0. */
    if (e164.n < 9 || e164.n > 16 || e164.p[1] == '0') {
        return fail(ERR_INPUT, "phone: not a number in international form");
    }
    *out = e164;
    return OK;
}
