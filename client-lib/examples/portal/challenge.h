/* The parameters of a challenge (WWW-Authenticate): what an API demands before it does something.
 */
#ifndef PORTAL_CHALLENGE_H
#define PORTAL_CHALLENGE_H
#include <stdbool.h>
#include <stddef.h>

/* The value of one parameter; false when absent, or too long for out.  challenge: NUL-terminated.
 */
bool challenge_param(const char *challenge, const char *name, char *out, size_t size);

#endif
