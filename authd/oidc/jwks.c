/* GET /jwks and /jwks.jwt: the public key set, plain (RFC 7517) and signed by the root that libeid
 * pins. Answered from what the signers last gave: works without the database. */
#include "oidc/oidc.h"
#include "sso/sso.h"

static void cached(struct req *r)
{
    /* spec: OpenID Core §10.1.1 the cache time tells how long a next key is published before its
     * use */
    reply_header(r, "Cache-Control",
                 str_fmt(r->arena, "public, max-age=%ld", app_of(r)->config->jwks_max_age_s));
}

enum err oidc_jwks(struct req *r)
{
    /* spec: OpenID Discovery §3:keys the signing keys, public parts only */
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    cached(r);
    reply_text(r, 200, "application/jwk-set+json", keys->set.jwks);
    return OK;
}

enum err oidc_jwks_signed(struct req *r)
{
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    cached(r);
    reply_text(r, 200, "application/jwk-set+jwt", keys->set.signed_jwks);
    return OK;
}
