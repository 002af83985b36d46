/* One-time codes as text: 16 characters of 32, which is 80 random bits, in groups of four,
 * 7KXM-2VQ9-…; without I, L, O and U, and what people type instead of those is understood. */
#ifndef VERIFIER_CODE_TEXT_H
#define VERIFIER_CODE_TEXT_H
#include "base/err.h"
#include "base/str.h"

#define CODE_CHARACTERS 16
/* A new one, in groups. */
struct str code_text_make(struct arena *a);
/* What was typed, without groups and in one spelling.  ERR_INPUT when it can't be a code. */
CHECKED enum err code_text_read(struct arena *a, struct str typed, struct str *out);

#endif
