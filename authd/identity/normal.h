/* Text as people type it, brought to Unicode NFC.  What two keyboards write differently must
 * compare equal. */
#ifndef IDENTITY_NORMAL_H
#define IDENTITY_NORMAL_H
#include "base/err.h"
#include "base/str.h"

/* NFC of well-formed UTF-8, in the arena; the intermediate copy is wiped.  ERR_INPUT for bad UTF-8,
 * NUL or code points that Unicode has not assigned. */
CHECKED enum err text_nfc(struct arena *a, struct str text, struct str *out);
/* Number of code points of well-formed UTF-8. */
size_t text_length(struct str text);
/* The next code point and its removal from *rest; false at the end.  Text must be well-formed. */
bool text_next(struct str *rest, int32_t *out);

#endif
