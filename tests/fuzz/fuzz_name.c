/* rooms: identity */
/* What people are called and numbered by: what was brought to one spelling stays as it is when read
 * again. */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "identity/contact.h"
#include "identity/name.h"
#include "identity/organisation_code.h"
#include "identity/personal_number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str text = str_of(data, size), once, twice;
    struct name n, m;
    struct personal_number p, q;
    enum organisation_kind kind, again;
    if (name_read(a, text, &n) == OK &&
        (name_read(a, n.full, &m) != OK || !str_eq(n.full, m.full))) {
        abort();
    }
    if (personal_number_read(text, &p) == OK) {
        if (personal_number_read(personal_number_text(a, &p), &q) != OK ||
            memcmp(p.digits, q.digits, sizeof(p.digits)) != 0 || p.birth_year != q.birth_year) {
            abort();
        }
    }
    if (organisation_code_read(a, text, &kind, &once) == OK &&
        (organisation_code_read(a, once, &again, &twice) != OK || kind != again ||
         !str_eq(once, twice))) {
        abort();
    }
    if (email_read(a, text, &once) == OK &&
        (email_read(a, once, &twice) != OK || !str_eq(once, twice))) {
        abort();
    }
    if (phone_read(a, text, &once) == OK &&
        (phone_read(a, once, &twice) != OK || !str_eq(once, twice))) {
        abort();
    }
    arena_free(a);
    return 0;
}
