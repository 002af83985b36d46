/* What an answer is shown on: how wide it is, whether it knows colours, how wide a text is there.
 *
 * Only a terminal has a width and colours: what is piped is never wrapped, shortened or coloured.
 * NO_COLOR (any value that is not empty) and TERM=dumb take the colours away. */
#ifndef AUTHCTL_SCREEN_H
#define AUTHCTL_SCREEN_H
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

struct screen {
    size_t columns; /* 0: no limit */
    bool colour;
};

enum tone { TONE_PLAIN, TONE_HEAD, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT };

struct screen screen_of(FILE *to);
/* Without what could rewrite the screen or change how a line reads; each such character is a "?".
 * with_lines: line feeds stay. */
struct str screen_clean(struct arena *a, struct str text, bool with_lines);
/* Columns a terminal gives to this text: none for combining marks, two for wide characters
 * (Unicode UAX #11). */
size_t screen_width(struct str text);
/* Text in a tone, plain where there are no colours. */
void screen_put(FILE *to, const struct screen *s, enum tone tone, struct str text);
/* Words in lines of at most s->columns (78 without a limit), each line after `indent` spaces. */
void screen_wrap(FILE *to, const struct screen *s, struct str text, size_t indent);
/* The rest of a line that has `indent` columns already; what does not fit continues below. */
void screen_value(FILE *to, const struct screen *s, struct str text, size_t indent);
/* Takes from *rest as many whole words as fit in `columns`, at least one. */
struct str screen_line(struct str *rest, size_t columns);
/* How a state is shown: "active" is good, "revoked" is bad, other words are plain. */
enum tone screen_tone_of(struct str state);

#endif
