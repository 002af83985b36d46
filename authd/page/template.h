/* The template engine: fixed HTML and data walked together, every value escaped for where it
 * stands.
 *
 *   {{name}}            a value (text or whole number); absent gives nothing
 *   {{t:key}}           a text of the catalogue, {member} inside it replaced; {{t:claim.[name]}}:
 * key by value
 *   {{#name}}…{{/name}} when true, present and not empty; for an array: once for each of its
 * objects
 *   {{^name}}…{{/name}} when not
 *   {{>_part}}          another template
 *
 * There is no way to put a value unescaped.  A value or section in a place where its meaning would
 * depend on HTML's finer points makes rendering fail with ERR_INTERNAL; tests render every
 * template. */
#ifndef PAGE_TEMPLATE_H
#define PAGE_TEMPLATE_H
#include "page/page.h"

CHECKED enum err template_render(struct arena *a, enum language l, struct str text,
                                 const json_t *data, struct str *out);
/* Walks every section of the template, whatever the data, and calls `key` for each text it names
 * (not for keys that end in a value).  Fails where template_render would. */
CHECKED enum err template_check(struct arena *a, struct str text,
                                void (*key)(void *arg, struct str key), void *arg);
/* Path of ours ("/…", but not "//…" or with a backslash) or http(s) URL?  Visible ASCII only. */
bool template_url_allowed(struct str url);

#endif
