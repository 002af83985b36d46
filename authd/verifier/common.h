/* Words that passwords are made of again and again, in English and Vietnamese, without marks.
 * Written down by us; whole words only, because digits, years, repetitions and keyboard runs around
 * them are recognised by rule (password_rules.c). */
#ifndef VERIFIER_COMMON_H
#define VERIFIER_COMMON_H
#include "base/str.h"

#define COMMON_WORD_MAX 16
/* Lower case ASCII. */
bool common_word(struct str word);
size_t common_count(void);
/* The n-th in order; for tests. */
struct str common_at(size_t n);

#endif
