/* What a person sees when something failed, and what the operator reads. */
#include <stdio.h>
#include <time.h>
#include "portal.h"

static int status_of(enum eid_category category)
{
    switch (category) {
    case EID_CATEGORY_PERSON:
    case EID_CATEGORY_ATTACK:
    case EID_CATEGORY_TOKEN:
        return 400;
    case EID_CATEGORY_REFUSED:
        return 403;
    case EID_CATEGORY_UNREACHABLE:
        return 503;
    case EID_CATEGORY_NONE:
    case EID_CATEGORY_MISCONFIGURED:
    case EID_CATEGORY_INTERNAL:
        break;
    }
    return 500;
}

void trouble_show(struct web *w, const char *doing, const struct eid_error *err, const char *action)
{
    static unsigned count;
    const struct words *t = words_of(w);
    const struct trouble *what = words_trouble(t, err->code);
    const struct session *s = session_of(w);
    enum eid_category category = eid_error_category(err->code);
    char reference[32];
    snprintf(reference, sizeof(reference), "%lx-%u", (unsigned long)time(NULL), ++count);
    fprintf(stderr, "event=%s.failed code=%s reference=%s oauth=%s detail=\"%s\"\n", doing,
            eid_error_name(err->code), reference, err->oauth, err->detail);
    if (category == EID_CATEGORY_UNREACHABLE) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%d", err->retry_after_s > 0 ? err->retry_after_s : 30);
        web_add_header(w, "Retry-After", seconds);
    }
    struct evbuffer *b = html_begin(w, s, what->heading);
    if (b != NULL) {
        html_wrap(b, "<h1>", what->heading, "</h1>\n<section class=\"card\">");
        html_wrap(b, "<p role=\"alert\">", what->cure, "</p>\n<div class=\"actions\">");
        html_link(b, "button", action, what->action);
        html_link(b, "button plain", "/", t->home);
        html_wrap(b, "</div>\n<p class=\"quiet\">", t->reference, ": ");
        html_wrap(b, "<span class=\"code\">", reference, "</span></p></section>\n");
    }
    html_end(w, b, status_of(category));
}

void trouble_busy(struct web *w, const char *doing)
{
    const struct eid_error err = {.code = EID_BUSY, .detail = "too many requests are waiting"};
    trouble_show(w, doing, &err, w->path);
}
