/* Slices of bytes, by value; not NUL terminated, not owned.  {NULL, 0} is "absent", {"", 0} is
 * empty. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT(s) (int)(s).n, (s).p /* for "%.*s" */

struct str str_from(const char *z); /* NULL gives STR_NONE */
struct str str_of(const void *p, size_t n);
bool str_is(struct str s);               /* present and not empty */
bool str_eq(struct str a, struct str b); /* not constant time: never for secrets, see ct.h */
bool str_eqz(struct str a, const char *z);
bool str_ieq(struct str a, struct str b); /* ASCII case folded */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has_byte(struct str s, char c);
/* Position of c, or s.n. */
size_t str_find(struct str s, char c);
/* Takes the part before the next `sep` from *rest; false when nothing is left.  Empty parts are
 * given. */
bool str_split(struct str *rest, char sep, struct str *part);
/* As str_split on spaces, skipping empty parts: scopes, acr values, prompts. */
bool str_word(struct str *rest, struct str *word);
bool str_words_have(struct str words, struct str word);
struct str str_trim(struct str s); /* spaces and tabs */
/* Whole decimal number without sign, leading zero or overflow. */
bool str_u64(struct str s, uint64_t *out);
bool str_i64(struct str s, int64_t *out);
/* Well-formed UTF-8 without NUL (RFC 3629: no surrogates, no overlong forms). */
bool str_utf8(struct str s);

struct str str_dup(struct arena *a, struct str s);
/* NUL-terminated copy, for C libraries. */
char *str_z(struct arena *a, struct str s);
/* Formatted text in the arena, NUL terminated beyond n. */
struct str str_fmt(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
