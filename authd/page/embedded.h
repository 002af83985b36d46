/* Files that the build put into the program: templates, texts, style, pictures (embed.cmake). */
#ifndef PAGE_EMBEDDED_H
#define PAGE_EMBEDDED_H
#include <stddef.h>

struct embedded {
    const char *name; /* file name without folder */
    const unsigned char *bytes;
    size_t n;
    const char *version; /* 16 hex digits of its SHA-256 */
};
extern const struct embedded EMBEDDED[]; /* ends with a name of NULL */

#endif
