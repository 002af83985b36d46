/* A service's logo: a small picture that we hold and serve ourselves, so that no browser contacts
 * anybody else before the person has agreed.  PNG (RFC 2083), JPEG (ITU T.81) or WebP (RFC 9649);
 * no SVG, which is a program.  Only the frame is read here: kind and size.  Pure. */
#ifndef REGISTRATION_LOGO_H
#define REGISTRATION_LOGO_H
#include "base/err.h"
#include "base/str.h"

#define LOGO_BYTES_MAX ((size_t)32 * 1024)
#define LOGO_SIDE_MIN 32
#define LOGO_SIDE_MAX 1024

struct logo {
    struct str bytes;
    struct str name; /* under which it is stored and served */
};
/* From base64 as an administrator gives it.  ERR_INPUT with the rule that was broken. */
CHECKED enum err logo_read(struct arena *a, struct str base64, struct logo *out);
/* Is this such a name?  Content type of what it names, or NULL. */
const char *logo_type_of_name(struct str name);
/* Width and height; false for what is none of the three kinds.  kind: "png", "jpeg", "webp". */
bool logo_measure(struct str bytes, const char **kind, uint32_t *width, uint32_t *height);

#endif
