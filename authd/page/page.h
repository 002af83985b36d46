/* Pages for people: templates embedded at build time, every value escaped for where it stands,
 * texts from one catalogue per language (vi, en).  No JavaScript, no inline style. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H
#include "http/request.h"

enum language { LANGUAGE_VI, LANGUAGE_EN };
/* What the person chose with the switch (cookie "language"), then ui_locales (may be STR_NONE),
 * then Accept-Language, then vi: a person's own choice stands above a portal's wish. */
enum language page_language(const struct req *r, struct str ui_locales);
/* From now on every page says that this is a sandbox.  Once, at start. */
void page_mark_sandbox(void);
/* Answers with template `name` and the values of `data` (JSON object; a reference is taken over).
 * Members are text, booleans for sections, arrays of objects for repetition; see page/README.md. */
CHECKED enum err page_reply(struct req *r, int status, enum language l, const char *name,
                            json_t *data);
/* A citizen's error page: title, what happened, what to do, from catalogue entries
 * "error.<key>.title",
 * ".text", ".cure"; shows the request id. service: who asked, or STR_NONE. */
CHECKED enum err page_error(struct req *r, int status, enum language l, const char *key,
                            struct str service);
/* The same with a way back: uri is the service's own address (https), or STR_NONE. */
CHECKED enum err page_error_back(struct req *r, int status, enum language l, const char *key,
                                 struct str service, struct str uri);
/* A text of the catalogue; the key itself when missing (a test finds those). */
struct str page_text(enum language l, const char *key);
/* GET /style.css, /logo.svg, /favicon.svg: immutable under the version its URL carries, strong
 * ETag. */
enum err page_asset(struct req *r);
/* GET /language/vi?back=/path and /language/en: remembers the choice and goes back (to our own
 * paths only). */
enum err page_language_switch(struct req *r);
#endif
