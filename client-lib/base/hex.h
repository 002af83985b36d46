/* Hexadecimal digits, RFC 4648 section 8: read in either case, written in lower case.  Not constant
 * time in the data. */
#ifndef BASE_HEX_H
#define BASE_HEX_H
#include "base/str.h"

int hex_digit(char c); /* its value; -1: none */
/* The byte that two digits at i are; -1: there are no two digits. */
int hex_byte(struct str s, size_t i);
/* 2 × n characters, no NUL. */
void hex_write(const void *bytes, size_t n, char *out);

#endif
