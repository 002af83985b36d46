/* Where in an HTML document are we?  Fed with the fixed parts of a template, it knows at every
 * point whether a value may stand there and how it must be escaped.  It knows only the HTML that
 * our templates use, and calls everything else broken. */
#ifndef PAGE_CONTEXT_H
#define PAGE_CONTEXT_H
#include "base/str.h"

enum slot {
    SLOT_NONE, /* no value may stand here: tag or attribute name, unquoted value, comment, style,
                  on… */
    SLOT_TEXT, /* between tags */
    SLOT_ATTRIBUTE, /* in a double-quoted attribute value that is no URL */
    SLOT_URL,       /* at the beginning of a URL attribute: the value is a whole URL */
    SLOT_URL_PART   /* later in a URL attribute that began as a path of ours */
};

enum html_state {
    HTML_TEXT,
    HTML_OPEN,        /* after < */
    HTML_TAG,         /* in a tag's name */
    HTML_INSIDE,      /* between attributes */
    HTML_NAME,        /* in an attribute's name */
    HTML_EQUALS,      /* after = */
    HTML_VALUE,       /* in a double-quoted value */
    HTML_DECLARATION, /* <!doctype …> */
    HTML_BROKEN
};

#define HTML_WORD_MAX 24
struct html {
    enum html_state state;
    char tag[HTML_WORD_MAX];
    char name[HTML_WORD_MAX];
    size_t value_n;   /* bytes of the value so far */
    char value_first; /* its first byte */
};

void html_feed(struct html *h, struct str fixed);
enum slot html_slot(const struct html *h);
/* A value has been put where html_slot allowed one. */
void html_value_put(struct html *h);
bool html_same(const struct html *a, const struct html *b);

#endif
