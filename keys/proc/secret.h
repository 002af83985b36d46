/* Secrets: the only home of symmetric keys and of what private keys are made from.
 *
 * struct secret has no public members, so it can't be printed, compared with memcmp or copied by
 * `=`; its bytes lie in locked memory between guard pages, are kept out of core dumps, and are
 * wiped when freed. The same memory holds the private numbers of libcrypto's keys.  Whoever takes
 * secret_bytes passes them to a cryptographic function in the same expression or wipes the copy. */
#ifndef PROC_SECRET_H
#define PROC_SECRET_H
#include "base/err.h"
#include "base/str.h"

struct secret;

/* Maps and locks the memory.  To be called in the process that uses it (locks don't survive fork),
 * before its sandbox closes.  A second call changes nothing.  *locked false: the limit on locked
 * memory was too small, so secrets could reach swap; `authctl status` names it. */
CHECKED enum err secret_home_open(bool *locked);

/* n bytes, from `bytes` or random when NULL.  The caller owns it.  ERR_NO_MEMORY. */
CHECKED enum err secret_new(const void *bytes, size_t n, struct secret **out);
const uint8_t *secret_bytes(const struct secret *s);
size_t secret_size(const struct secret *s);
/* Wipes and sets *s to NULL; NULL is fine. */
void secret_free(struct secret **s);

#endif
