/* Pages without a login in progress: the plain explanation at /, unknown paths, and what failed. */
#include "authn/authn.h"
#include "page/page.h"
#include "sso/sso.h"

enum err authn_home(struct req *r)
{
    struct sso sso;
    json_t *data = json_object();
    /* The page explains; it must also do so while the database is away. */
    json_object_set_new(data, "session", json_boolean(sso_find(r, &sso) == OK));
    return page_reply(r, 200, page_language(r, STR_NONE), "home", data);
}

enum err authn_missing(struct req *r)
{
    return page_error(r, 404, page_language(r, STR_NONE), "not_found", STR_NONE);
}

void authn_broken(struct req *r, int status)
{
    static const struct {
        int status;
        const char *key;
    } keys[] = {
        {400, "request"},   {404, "not_found"}, {405, "method"},
        {413, "too_large"}, {414, "too_large"}, {429, "busy"},
        {431, "too_large"}, {500, "internal"},  {503, "busy"},
    };
    const char *key = "general";
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        key = keys[i].status == status ? keys[i].key : key;
    }
    if (page_error(r, status, page_language(r, STR_NONE), key, STR_NONE) != OK) {
        reply_text(r, status, "text/plain; charset=utf-8", str_fmt(r->arena, "%d\n", status));
    }
}
