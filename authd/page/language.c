/* The language of a page, and the switch between languages: two links that work without JavaScript.
 * Must not send anybody to another site: the way back is a path of ours. */
#include "page/accept.h"
#include "page/template.h"

#define LANGUAGE_COOKIE "language"
#define LANGUAGE_COOKIE_S 86400

enum language page_language(const struct req *r, struct str ui_locales)
{
    enum language l;
    if (language_of_tag(req_cookie(r, LANGUAGE_COOKIE), &l) ||
        language_of_locales(ui_locales, &l) ||
        language_of_accept(req_header(r, "accept-language"), &l)) {
        return l;
    }
    return LANGUAGE_VI;
}

enum err page_language_switch(struct req *r)
{
    struct params query;
    enum language l;
    enum err e = req_query(r, &query);
    if (e == ERR_INPUT) {
        return page_error(r, 400, page_language(r, STR_NONE), "request", STR_NONE);
    }
    TRY(e);
    if (!language_of_tag(r->tail, &l)) {
        return page_error(r, 404, page_language(r, STR_NONE), "not_found", STR_NONE);
    }
    struct str back = param_get(&query, "back");
    bool ours = back.n > 0 && back.p[0] == '/' && template_url_allowed(back);
    reply_redirect(r, ours ? back : STR("/"));
    reply_cookie(r, LANGUAGE_COOKIE, l == LANGUAGE_EN ? STR("en") : STR("vi"), LANGUAGE_COOKIE_S);
    return OK;
}
