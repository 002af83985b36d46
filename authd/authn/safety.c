/* GET /safety: what phishing is, how to tell this site from its imitations, and what to do when it
 * has happened.  Shows the one true address, which is the issuer's.  Works without the database. */
#include "authn/authn.h"
#include "base/url.h"
#include "page/page.h"
#include "process/app.h"
#include "sso/sso.h"

enum err authn_safety(struct req *r)
{
    struct url u;
    struct str issuer = str_from(app_of(r)->config->issuer);
    json_t *data = json_object();
    json_object_set_new(data, "address", json_str(issuer));
    if (url_parse(issuer, &u) == OK) {
        json_object_set_new(data, "host", json_str(u.host));
    }
    return page_reply(r, 200, page_language(r, STR_NONE), "safety", data);
}
