/* The OpaqueString profile.  Must not log or name anything of what it reads. */
#include "verifier/opaque.h"

#include <utf8proc.h>

#include "base/buf.h"
#include "identity/normal.h"

/* spec: RFC 8265 §4.2.1 only FreeformClass of RFC 8264 §4.3: no controls, nothing invisible,
 * nothing unassigned */
static bool is_allowed(int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return !utf8proc_get_property(code)->ignorable;
    }
}

enum err password_normalise(struct arena *a, struct str typed, struct str *out)
{
    if (typed.n == 0 || typed.n > PASSWORD_BYTES_MAX || !str_utf8(typed)) {
        return fail(ERR_INPUT, "password: empty, too long or not text");
    }
    struct buf b = buf_in(a);
    struct str rest = typed;
    size_t length = 0;
    for (int32_t code;; length++) {
        const char *at = rest.p;
        if (!text_next(&rest, &code)) {
            break;
        }
        if (!is_allowed(code)) {
            return fail(ERR_INPUT, "password: it has an invisible or unknown character");
        }
        /* spec: RFC 8265 §4.2.2 any instance of non-ASCII space MUST be mapped to SPACE (U+0020) */
        if (utf8proc_category(code) == UTF8PROC_CATEGORY_ZS) {
            buf_byte(&b, ' ');
        } else {
            buf_add(&b, str_of(at, (size_t)(rest.p - at)));
        }
    }
    if (length > PASSWORD_LENGTH_MAX) {
        /* spec: NIST SP 800-63B §3.1.1.2:maximum, §3.1.1.2:whole refused, never cut off */
        return fail(ERR_INPUT, "password: more than %d characters", PASSWORD_LENGTH_MAX);
    }
    /* spec: RFC 8265 §4.2.2 Unicode Normalization Form C MUST be applied; NIST SP 800-63B
     * §3.1.1.2:unicode */
    return text_nfc(a, buf_str(&b), out);
}
