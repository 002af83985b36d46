/* Building HTML: the frame every page has, and the few parts pages are made of.  Texts from outside
 * go through html_text; html_add takes constants of the program. */
#ifndef PORTAL_HTML_H
#define PORTAL_HTML_H
#include "service.h"
#include "session.h"
#include "web.h"
#include "words.h"

const struct words *words_of(const struct web *w);
const char *text_of(const struct web *w, struct text text);
const char *title_of(const struct web *w);

/* session NULL: nobody is logged in.  heading NULL: the portal's own title.  NULL: no memory; then
 * html_end still ends the exchange. */
struct evbuffer *html_begin(struct web *w, const struct session *session, const char *heading);
void html_end(struct web *w, struct evbuffer *b, int status);

void html_add(struct evbuffer *b, const char *html);
void html_text(struct evbuffer *b, const char *text); /* escaped */
void html_wrap(struct evbuffer *b, const char *open, const char *text, const char *close);
void html_link(struct evbuffer *b, const char *class, const char *href, const char *text);
/* One line of a <dl>; value NULL: "not shared". */
void html_row(struct evbuffer *b, const struct words *t, const char *name, const char *value);
/* A form that is only a button. */
void html_press(struct evbuffer *b, const struct session *s, const char *action, const char *class,
                const char *text);
void html_csrf(struct evbuffer *b, const struct session *s);

/* As people here write them. */
void date_text(const char *iso, char *out, size_t size);
void time_text(int64_t at, char *out, size_t size); /* "" when at is 0 */
/* A claim as a person reads it: an address as one line.  NULL when not released; else the caller
 * frees it. */
char *claim_text(const struct eid_identity *identity, const char *claim);

#endif
