/* The operator's own list of passwords that nobody may choose: a text file, one a line, kept as
 * sorted digests.  Compared without case, marks, spaces and punctuation. */
#ifndef VERIFIER_BLOCKLIST_H
#define VERIFIER_BLOCKLIST_H
#include "base/err.h"
#include "base/str.h"

struct blocklist;
/* Reads the file of that name; "" gives NULL.  Before the sandbox closes.  ERR_INPUT names file and
 * cause. */
CHECKED enum err blocklist_read(const char *path, struct blocklist **out);
/* From text. */
CHECKED enum err blocklist_parse(struct str text, struct blocklist **out);
void blocklist_free(struct blocklist **list);
/* NULL has nothing. */
bool blocklist_has(struct arena *a, const struct blocklist *list, struct str password);
size_t blocklist_count(const struct blocklist *list);

#endif
