/* Constant time comparison and wiping. */
#ifndef BASE_CT_H
#define BASE_CT_H
#include "base/str.h"
bool ct_equal(const void *a, const void *b, size_t n);
bool ct_str_equal(struct str a, struct str b); /* length is not secret */
void ct_wipe(void *p, size_t n);
#endif
