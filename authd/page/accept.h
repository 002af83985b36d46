/* Which of our languages does somebody ask for?  Pure. */
#ifndef PAGE_ACCEPT_H
#define PAGE_ACCEPT_H
#include "page/page.h"

/* A language tag (RFC 5646) of ours: "vi", "vi-VN", "EN-gb".  false for others. */
bool language_of_tag(struct str tag, enum language *out);
/* The first of space separated tags that is ours (OpenID Connect Core section 3.1.2.1, ui_locales).
 */
bool language_of_locales(struct str ui_locales, enum language *out);
/* Accept-Language, RFC 9110 section 12.5.4: the one of greatest weight; the earlier among equals.
 */
bool language_of_accept(struct str header, enum language *out);

#endif
