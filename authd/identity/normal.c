/* Unicode NFC through utf8proc (UAX #15).  Must not change case, width or anything else. */
#include "identity/normal.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/arena.h"
#include "base/ct.h"

enum err text_nfc(struct arena *a, struct str text, struct str *out)
{
    if (text.n == 0) {
        *out = STR("");
        return OK;
    }
    if (!str_utf8(text)) {
        return fail(ERR_INPUT, "text is not well-formed UTF-8");
    }
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_REJECTNA);
    if (n < 0) {
        return fail(n == UTF8PROC_ERROR_NOMEM ? ERR_NO_MEMORY : ERR_INPUT,
                    "text has a character that Unicode does not know");
    }
    char *copy = arena_alloc(a, (size_t)n + 1);
    memcpy(copy, mapped, (size_t)n);
    ct_wipe(mapped, (size_t)n);
    free(mapped);
    *out = str_of(copy, (size_t)n);
    return OK;
}

bool text_next(struct str *rest, int32_t *out)
{
    if (rest->n == 0) {
        return false;
    }
    utf8proc_int32_t code;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)rest->p, (utf8proc_ssize_t)rest->n, &code);
    if (n <= 0) {
        return false;
    }
    *out = code;
    rest->p += n;
    rest->n -= (size_t)n;
    return true;
}

size_t text_length(struct str text)
{
    size_t n = 0;
    for (int32_t code; text_next(&text, &code);) {
        n++;
    }
    return n;
}
