/* RFC 6749 §4.1.2, §4.1.2.1; RFC 9207.  Must not be given a URI that was not compared with the
 * registration. */
#include "oidc/redirect.h"
#include "base/buf.h"
#include "sso/sso.h"

struct str redirect_uri_with(struct arena *a, struct str uri, const struct param *v, size_t n)
{
    struct buf b = buf_in(a);
    /* spec: RFC 6749 §3.1.2:query the query component MUST be retained when adding parameters */
    char mark = str_has_byte(uri, '?') ? '&' : '?';
    buf_add(&b, uri);
    for (size_t i = 0; i < n; i++) {
        if (!str_is(v[i].value)) {
            continue;
        }
        buf_byte(&b, mark);
        buf_percent(&b, v[i].name);
        buf_byte(&b, '=');
        buf_percent(&b, v[i].value);
        mark = '&';
    }
    return buf_str(&b);
}

void redirect_code(struct req *r, struct str uri, struct str code, struct str state)
{
    struct str issuer = str_from(app_of(r)->config->issuer);
    /* spec: RFC 9207 §2:code iss MUST be in every answer; RFC 6749 §4.1.2:state exactly as it came
     */
    const struct param v[] = {{STR("code"), code}, {STR("state"), state}, {STR("iss"), issuer}};
    /* spec: RFC 9700 §4.12 a redirect after a form MUST NOT be 307; 303 it is */
    reply_redirect(r, redirect_uri_with(r->arena, uri, v, sizeof(v) / sizeof(v[0])));
}

enum err redirect_refusal(struct req *r, struct str uri, struct str state, enum refusal why,
                          struct str client)
{
    struct str issuer = str_from(app_of(r)->config->issuer);
    /* spec: RFC 9207 §2:error, RFC 6749 §4.1.2.1:state, OpenID Core §3.1.2.6 */
    const struct param v[] = {{STR("error"), str_from(refusal_error(why))},
                              {STR("error_description"), str_from(refusal_text(why))},
                              {STR("state"), state},
                              {STR("iss"), issuer}};
    refusal_log(why, client, AUTHORIZE_REFUSED);
    reply_redirect(r, redirect_uri_with(r->arena, uri, v, sizeof(v) / sizeof(v[0])));
    return OK;
}
