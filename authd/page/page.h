/* Pages for people: templates embedded at build time, every value escaped for where it stands, texts from
 * one catalogue per language (vi, en).  No JavaScript, no inline style. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H
#include "http/request.h"

enum language { LANGUAGE_VI, LANGUAGE_EN };
/* ui_locales (may be STR_NONE), then the language cookie of the switch, then Accept-Language, then vi. */
enum language page_language(const struct req *r, struct str ui_locales);
/* Answers with template `name` and the values of `data` (JSON object; a reference is taken over).  Members
 * are text, booleans for sections, arrays of objects for repetition; see page/README.md. */
CHECKED enum err page_reply(struct req *r, int status, enum language l, const char *name, json_t *data);
/* A citizen's error page: title, what happened, what to do, from catalogue entries "error.<key>.title",
 * ".text", ".cure"; shows the request id. service: who asked, or STR_NONE. */
CHECKED enum err page_error(struct req *r, int status, enum language l, const char *key,
                            struct str service);
/* A text of the catalogue; the key itself when missing (a test finds those). */
struct str page_text(enum language l, const char *key);
/* GET /style.css, /logo.svg, /favicon.ico …: immutable, with a strong ETag. */
enum err page_asset(struct req *r);
#endif
