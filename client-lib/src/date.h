/* The date of an HTTP answer (RFC 9110 section 5.6.7), to tell whose clock is wrong. */
#ifndef LIBEID_DATE_H
#define LIBEID_DATE_H
#include "base/str.h"
/* "Sun, 06 Nov 1994 08:49:37 GMT" only: servers must send that form. */
bool date_read(struct str text, int64_t *out);
#endif
