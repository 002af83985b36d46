/* Folding through utf8proc's decomposition. */
#include "verifier/fold.h"

#include <utf8proc.h>

#include "base/arena.h"
#include "identity/normal.h"

#define DECOMPOSED_MAX 32

static int32_t without_stroke(int32_t c)
{
    return c == 0x111 || c == 0x110 ? 'd' : c; /* đ, Đ: no decomposition in Unicode */
}

struct folded fold_text(struct arena *a, struct str text)
{
    struct folded out = {.c = arena_array(a, text.n * 4 + DECOMPOSED_MAX, sizeof(int32_t))};
    size_t room = text.n * 4;
    for (int32_t code; text_next(&text, &code);) {
        int32_t parts[DECOMPOSED_MAX];
        int boundary = 0;
        utf8proc_ssize_t n =
            utf8proc_decompose_char(without_stroke(code), parts, DECOMPOSED_MAX,
                                    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                        UTF8PROC_STRIPMARK | UTF8PROC_DECOMPOSE,
                                    &boundary);
        for (utf8proc_ssize_t i = 0; i < n && i < DECOMPOSED_MAX && out.n < room; i++) {
            out.c[out.n++] = without_stroke(parts[i]);
        }
    }
    return out;
}

static bool is_bare(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c > 127;
}

struct folded fold_bare(struct arena *a, struct folded in, size_t *dropped)
{
    struct folded out = {.c = arena_array(a, in.n + 1, sizeof(int32_t))};
    bool seen[128] = {false};
    *dropped = 0;
    for (size_t i = 0; i < in.n; i++) {
        int32_t c = in.c[i];
        if (is_bare(c)) {
            out.c[out.n++] = c;
        } else if (!seen[c & 127]) {
            seen[c & 127] = true;
            (*dropped)++;
        }
    }
    return out;
}

struct folded fold_leet(struct arena *a, struct folded in, char one)
{
    static const char from[] = "04357@$68+9(|2";
    static const char to[] = "oaestasbbtgclz";
    struct folded out = {.c = arena_array(a, in.n + 1, sizeof(int32_t)), .n = in.n};
    for (size_t i = 0; i < in.n; i++) {
        int32_t c = in.c[i];
        out.c[i] = c == '1' || c == '!' ? one : c;
        for (size_t k = 0; k < sizeof(from) - 1; k++) {
            if (c == from[k]) {
                out.c[i] = to[k];
            }
        }
    }
    return out;
}

struct str fold_ascii(struct arena *a, struct folded in)
{
    char *text = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.c[i] > 0 && in.c[i] < 128) {
            text[n++] = (char)in.c[i];
        }
    }
    return str_of(text, n);
}
