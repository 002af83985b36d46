/* JSON text to jansson values; for json.c only, which sets the limits. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H
#include <jansson.h>
#include "base/err.h"
#include "base/str.h"

/* One object or array and nothing behind it.  ERR_INPUT for what RFC 8259 does not allow, duplicate
 * names, NUL, numbers beyond int64 or double; ERR_LIMIT for depth; ERR_NO_MEMORY.  Reasons quote
 * nothing of the text, which may be secret. */
CHECKED enum err json_text_read(struct str text, json_t **out);

#endif
