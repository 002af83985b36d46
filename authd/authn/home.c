/* GET /: the plain explanation for somebody who comes without a login in progress. */
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
