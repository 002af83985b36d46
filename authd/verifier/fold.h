/* Text as somebody who guesses sees it: lower case, without the marks of Vietnamese, without
 * compatibility forms.  For comparing with lists; never for hashing a password. */
#ifndef VERIFIER_FOLD_H
#define VERIFIER_FOLD_H
#include "base/str.h"

struct folded {
    int32_t *c; /* code points, in the arena */
    size_t n;
};
/* Text must be well-formed. */
struct folded fold_text(struct arena *a, struct str text);
/* Only letters and digits of it; *dropped: how many different others there were. */
struct folded fold_bare(struct arena *a, struct folded in, size_t *dropped);
/* Digits and signs that stand for letters: p@55w0rd.  one: what 1 and ! stand for, 'i' or 'l'. */
struct folded fold_leet(struct arena *a, struct folded in, char one);
/* ASCII of it; what is not ASCII is left out. */
struct str fold_ascii(struct arena *a, struct folded in);

#endif
