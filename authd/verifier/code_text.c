/* The alphabet of one-time codes (Crockford's), made from random bytes and read from keyboards. */
#include "verifier/code_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/ct.h"
#include "base/rand.h"

#define GROUP 4
#define TYPED_MAX 64
static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct str code_text_make(struct arena *a)
{
    uint8_t random[CODE_CHARACTERS];
    char *text = arena_alloc(a, CODE_CHARACTERS + CODE_CHARACTERS / GROUP);
    size_t n = 0;
    rand_bytes(random, sizeof(random));
    for (size_t i = 0; i < CODE_CHARACTERS; i++) {
        if (i > 0 && i % GROUP == 0) {
            text[n++] = '-';
        }
        text[n++] = ALPHABET[random[i] & 31];
    }
    ct_wipe(random, sizeof(random));
    return str_of(text, n);
}

static char spelled(char c)
{
    if (c >= 'a' && c <= 'z') {
        c = (char)(c - 'a' + 'A');
    }
    if (c == 'O') {
        return '0';
    }
    return c == 'I' || c == 'L' ? '1' : c;
}

enum err code_text_read(struct arena *a, struct str typed, struct str *out)
{
    char *text = arena_alloc(a, CODE_CHARACTERS);
    size_t n = 0;
    for (size_t i = 0; i < typed.n && typed.n <= TYPED_MAX; i++) {
        char c = spelled(typed.p[i]);
        if (c == ' ' || c == '-') {
            continue;
        }
        if (c == '\0' || strchr(ALPHABET, c) == NULL || n == CODE_CHARACTERS) {
            return fail(ERR_INPUT, "code: it is no one-time code");
        }
        text[n++] = c;
    }
    if (n != CODE_CHARACTERS) {
        return fail(ERR_INPUT, "code: %zu characters instead of %d", n, CODE_CHARACTERS);
    }
    *out = str_of(text, n);
    return OK;
}
