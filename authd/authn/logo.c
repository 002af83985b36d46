/* GET /logo/<sha256>.png: the picture of a service, from the store.  Its name is the hash of its
 * bytes, so browsers may keep it for ever; nothing in it is ever run. */
#include "authn/authn.h"
#include "page/page.h"
#include "process/app.h"
#include "registration/logo.h"
#include "sso/sso.h"
#include "store/client.h"

enum err authn_logo(struct req *r)
{
    struct str bytes;
    const char *type = logo_type_of_name(r->tail);
    enum err e =
        type == NULL ? ERR_NOT_FOUND : store_logo_find(r->task, app_of(r)->db, r->tail, &bytes);
    if (e == ERR_NOT_FOUND) {
        return page_error(r, 404, page_language(r, STR_NONE), "not_found", STR_NONE);
    }
    TRY(e);
    reply_header(r, "Cache-Control", STR("public, max-age=31536000, immutable"));
    reply_header(r, "Content-Security-Policy",
                 STR("default-src 'none'; frame-ancestors 'none'; sandbox"));
    reply_text(r, 200, type, bytes);
    return OK;
}
