/* The texts of a language: lines "key = text"; lines that begin with # and empty lines are passed
 * over. */
#ifndef PAGE_CATALOGUE_H
#define PAGE_CATALOGUE_H
#include "page/page.h"

/* STR_NONE when there is no such text. */
struct str catalogue_text(enum language l, struct str key);
/* The next line of a catalogue; false at its end. */
bool catalogue_next(struct str *rest, struct str *key, struct str *text);
struct str catalogue_all(enum language l);
/* A file that the build embedded; STR_NONE. */
struct str embedded_file(const char *name);

#endif
