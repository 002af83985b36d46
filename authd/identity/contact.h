/* E-mail addresses and telephone numbers: the one spelling under which they are stored and looked
 * up. */
#ifndef IDENTITY_CONTACT_H
#define IDENTITY_CONTACT_H
#include "base/err.h"
#include "base/str.h"

/* Local part and domain of ASCII, dot-atom form (RFC 5321 section 4.1.2), lower case.  ERR_INPUT.
 */
CHECKED enum err email_read(struct arena *a, struct str text, struct str *out);
/* E.164: "+84912345678"; a leading 0 means Vietnam; spaces, dots, hyphens and parentheses are
 * passed over. */
CHECKED enum err phone_read(struct arena *a, struct str text, struct str *out);

#endif
