/* Passwords as text: what two keyboards write differently is the same password (RFC 8265
 * section 4.2, OpaqueString).  Case and width are kept. */
#ifndef VERIFIER_OPAQUE_H
#define VERIFIER_OPAQUE_H
#include "base/err.h"
#include "base/str.h"

#define PASSWORD_LENGTH_MAX 256 /* code points */
#define PASSWORD_BYTES_MAX 1024

/* Spaces of every kind become U+0020, then NFC.  ERR_INPUT for control characters, invisible
 * characters, unassigned ones, bad UTF-8, nothing, or more than PASSWORD_LENGTH_MAX.  The arena
 * holds the password: it is wiped with it. */
CHECKED enum err password_normalise(struct arena *a, struct str typed, struct str *out);

#endif
