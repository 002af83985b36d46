/* The HTML context, a small machine over the fixed bytes of our own templates.  Must not be
 * lenient: comments, single-quoted and unquoted values, script and style elements make it broken
 * for good. */
#include "page/context.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/' || c == ':';
}

static void word_start(char word[HTML_WORD_MAX], char c)
{
    memset(word, 0, HTML_WORD_MAX);
    word[0] = c;
}

static bool word_add(char word[HTML_WORD_MAX], char c)
{
    size_t n = strlen(word);
    if (n + 1 >= HTML_WORD_MAX) {
        return false;
    }
    word[n] = c;
    return true;
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word, *list) == 0) {
            return true;
        }
    }
    return false;
}

/* Elements whose content is not ordinary text, or that load what we do not want. */
static bool tag_allowed(const char *tag)
{
    static const char *const bad[] = {"script", "style",     "iframe", "object",   "embed",
                                      "base",   "plaintext", "xmp",    "noscript", "frame",
                                      "applet", "math",      NULL};
    return !is_one_of(tag, bad);
}

static enum html_state step(struct html *h, char c)
{
    switch (h->state) {
    case HTML_TEXT:
        return c == '<' ? HTML_OPEN : HTML_TEXT;
    case HTML_OPEN:
        if (c == '!') {
            return HTML_DECLARATION;
        }
        if (!is_name(c)) {
            return HTML_BROKEN;
        }
        word_start(h->tag, c);
        return HTML_TAG;
    case HTML_TAG:
        if (is_name(c)) {
            return word_add(h->tag, c) ? HTML_TAG : HTML_BROKEN;
        }
        if (!tag_allowed(h->tag)) {
            return HTML_BROKEN;
        }
        return c == '>' ? HTML_TEXT : is_space(c) ? HTML_INSIDE : HTML_BROKEN;
    case HTML_INSIDE:
        if (c == '>') {
            return HTML_TEXT;
        }
        if (is_space(c) || c == '/') {
            return HTML_INSIDE;
        }
        word_start(h->name, c);
        return is_name(c) ? HTML_NAME : HTML_BROKEN;
    case HTML_NAME:
        if (c == '=') {
            return HTML_EQUALS;
        }
        if (is_name(c)) {
            return word_add(h->name, c) ? HTML_NAME : HTML_BROKEN;
        }
        return c == '>' ? HTML_TEXT : is_space(c) ? HTML_INSIDE : HTML_BROKEN;
    case HTML_EQUALS:
        h->value_n = 0;
        h->value_first = '\0';
        return c == '"' ? HTML_VALUE : HTML_BROKEN;
    case HTML_VALUE:
        if (c == '"') {
            return HTML_INSIDE;
        }
        if (h->value_n++ == 0) {
            h->value_first = c;
        }
        return HTML_VALUE;
    case HTML_DECLARATION:
        return c == '-' ? HTML_BROKEN : c == '>' ? HTML_TEXT : HTML_DECLARATION;
    case HTML_BROKEN:
        break;
    }
    return HTML_BROKEN;
}

void html_feed(struct html *h, struct str fixed)
{
    for (size_t i = 0; i < fixed.n; i++) {
        h->state = step(h, fixed.p[i]);
    }
}

enum slot html_slot(const struct html *h)
{
    static const char *const urls[] = {"href", "src", "action", "formaction", "cite", NULL};
    static const char *const plain[] = {
        "value",   "id",          "name", "class",    "title", "alt",      "for",       "lang",
        "content", "placeholder", "list", "hreflang", "label", "datetime", "maxlength", NULL};
    if (h->state == HTML_TEXT) {
        return SLOT_TEXT;
    }
    if (h->state != HTML_VALUE) {
        return SLOT_NONE;
    }
    if (is_one_of(h->name, urls)) {
        return h->value_n == 0 ? SLOT_URL : h->value_first == '/' ? SLOT_URL_PART : SLOT_NONE;
    }
    if (strcmp(h->name, "content") == 0 && strcmp(h->tag, "meta") == 0) {
        return SLOT_NONE;
    }
    if (is_one_of(h->name, plain) || strncmp(h->name, "aria-", 5) == 0) {
        return SLOT_ATTRIBUTE;
    }
    return SLOT_NONE;
}

void html_value_put(struct html *h)
{
    if (h->state == HTML_VALUE && h->value_n++ == 0) {
        h->value_first =
            '?'; /* not a path of ours any more: nothing may be appended as a URL part */
    }
}

bool html_same(const struct html *a, const struct html *b)
{
    if (a->state != b->state) {
        return false;
    }
    return a->state != HTML_VALUE ||
           (strcmp(a->name, b->name) == 0 && (a->value_n == 0) == (b->value_n == 0));
}
