/* See screen.h.  Must not write anything but text, line ends and SGR sequences (ECMA-48 §8.3.117).
 */
#include "authctl/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utf8proc.h>

#include "base/buf.h"

#define WRAP 78
#define NARROWEST 20

static size_t columns_of(int fd)
{
    struct winsize size;
    uint64_t said;
    const char *columns = getenv("COLUMNS"); /* what a person exports wins over the terminal */
    if (columns && str_u64(str_from(columns), &said) && said >= NARROWEST && said <= 1000) {
        return (size_t)said;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return 80;
    }
    return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

struct screen screen_of(FILE *to)
{
    int fd = fileno(to);
    if (fd < 0 || !isatty(fd)) {
        return (struct screen){0, false};
    }
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool dumb = !term || !term[0] || !strcmp(term, "dumb");
    return (struct screen){columns_of(fd), !(none && none[0]) && !dumb};
}

/* Controls (C1 too: U+009B is an escape sequence's beginning in two bytes), characters that turn
 * the direction of writing or can't be seen, line and paragraph separators. */
static bool is_plain(utf8proc_int32_t code, bool with_lines)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
        return code == '\n' && with_lines;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

struct str screen_clean(struct arena *a, struct str text, bool with_lines)
{
    struct buf b = buf_in(a);
    while (text.n) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &code);
        bool plain = used > 0 && is_plain(code, with_lines);
        size_t n = used > 0 ? (size_t)used : 1;
        buf_add(&b, plain ? str_of(text.p, n) : STR("?"));
        text = str_of(text.p + n, text.n - n);
    }
    return buf_str(&b);
}

size_t screen_width(struct str text)
{
    size_t n = 0;
    while (text.n) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &code);
        if (used <= 0) { /* a byte that is no UTF-8 is shown as one sign */
            n++;
            used = 1;
        } else {
            n += (size_t)utf8proc_charwidth(code);
        }
        text = str_of(text.p + used, text.n - (size_t)used);
    }
    return n;
}

void screen_put(FILE *to, const struct screen *s, enum tone tone, struct str text)
{
    static const char *const codes[] = {
        [TONE_PLAIN] = "",  [TONE_HEAD] = "1", [TONE_GOOD] = "32",
        [TONE_WARN] = "33", [TONE_BAD] = "31", [TONE_FAINT] = "2",
    };
    if (!s->colour || tone == TONE_PLAIN) {
        fprintf(to, "%.*s", STR_FMT(text));
        return;
    }
    fprintf(to, "\033[%sm%.*s\033[0m", codes[tone], STR_FMT(text));
}

struct str screen_line(struct str *rest, size_t columns)
{
    struct str line = STR_NONE;
    struct str after = *rest;
    struct str word;
    while (str_word(&after, &word)) {
        struct str longer = line.p ? str_of(line.p, (size_t)(word.p + word.n - line.p)) : word;
        if (line.p && screen_width(longer) > columns) {
            return line;
        }
        line = longer;
        *rest = after;
    }
    return line;
}

void screen_wrap(FILE *to, const struct screen *s, struct str text, size_t indent)
{
    size_t wide = s->columns && s->columns < WRAP ? s->columns : WRAP;
    struct str line;
    while ((line = screen_line(&text, wide > indent ? wide - indent : 1)).p) {
        fprintf(to, "%*s%.*s\n", (int)indent, "", STR_FMT(line));
    }
}

void screen_value(FILE *to, const struct screen *s, struct str text, size_t indent)
{
    if (!s->columns || indent + 10 > s->columns) {
        fprintf(to, "%.*s\n", STR_FMT(text));
        return;
    }
    struct str line = screen_line(&text, s->columns - indent);
    fprintf(to, "%.*s\n", STR_FMT(line));
    while ((line = screen_line(&text, s->columns - indent)).p) {
        fprintf(to, "%*s%.*s\n", (int)indent, "", STR_FMT(line));
    }
}

enum tone screen_tone_of(struct str state)
{
    static const struct {
        const char *word;
        enum tone tone;
    } tones[] = {
        {"active", TONE_GOOD},   {"ok", TONE_GOOD},       {"applied", TONE_GOOD},
        {"revoked", TONE_BAD},   {"disabled", TONE_BAD},  {"closed", TONE_BAD},
        {"error", TONE_BAD},     {"locked", TONE_WARN},   {"warning", TONE_WARN},
        {"retired", TONE_FAINT}, {"retiring", TONE_WARN}, {"issued", TONE_WARN},
    };
    for (size_t i = 0; i < sizeof tones / sizeof tones[0]; i++) {
        if (str_eqz(state, tones[i].word)) {
            return tones[i].tone;
        }
    }
    return TONE_PLAIN;
}
