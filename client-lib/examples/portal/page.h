/* The pages a citizen sees, in Vietnamese and English; no JavaScript. */
#ifndef PORTAL_PAGE_H
#define PORTAL_PAGE_H
#include "session.h"
#include "web.h"

/* session NULL: nobody is logged in.  notice: a sentence to show first, or NULL. */
void page_home(struct web *w, const struct session *session, const char *notice);
/* What went wrong, in the person's language, and the way on. */
void page_error(struct web *w, int status, const char *text, const char *reference);
void page_not_found(struct web *w);
void page_style(struct web *w);
void page_icon(struct web *w);

#endif
