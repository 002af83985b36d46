/* Words that passwords are made of again and again, in English and Vietnamese, without marks.
 * Written down by us; whole words only, because digits, years, repetitions and keyboard runs around
 * them are recognised by rule (password_rules.c). */
#ifndef VERIFIER_OBVIOUS_WORDS_H
#define VERIFIER_OBVIOUS_WORDS_H
#include "base/str.h"

#define OBVIOUS_WORD_MAX 16
/* Lower case ASCII. */
bool obvious_word(struct str word);
size_t obvious_word_count(void);
/* The n-th in order; for tests. */
struct str obvious_word_at(size_t n);

#endif
