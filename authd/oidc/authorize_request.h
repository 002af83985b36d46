/* What an authorization request asks, judged once: RFC 6749 section 4.1.1, OpenID Connect Core
 * section 3.1.2.1, RFC 7636, RFC 9126.  Pure: parameters in, a struct or a refusal out; and the
 * struct as the JSON that is stored with a pushed request or a login in progress.
 *
 * authn reads of that JSON: client_id, redirect_uri, ui_locales, login_hint.  login_hint is stored
 * sealed (sso/login_hint.h): whoever stores puts the sealed form in its place first. */
#ifndef OIDC_AUTHORIZE_REQUEST_H
#define OIDC_AUTHORIZE_REQUEST_H
#include "base/url.h"
#include "oidc/acr.h"
#include "oidc/claims.h"
#include "oidc/fail.h"

#define REQUEST_URI_HEAD "urn:ietf:params:oauth:request_uri:"
#define PARAMETER_MAX 2048      /* bytes of an ordinary parameter */
#define PARAMETER_LONG_MAX 8192 /* claims, id_token_hint */

struct authorize_request {
    struct str client_id, redirect_uri, state, nonce;
    struct str scope; /* allowed to the client, each once */
    struct str code_challenge;
    struct str dpop_jkt; /* key that the code is bound to; STR_NONE */
    bool prompt_none, prompt_login, prompt_consent, prompt_select;
    int64_t max_age; /* seconds; -1: not asked */
    struct str login_hint, ui_locales;
    struct str claims;        /* kept claims for the signer, JSON; STR_NONE */
    struct str acr_essential; /* context classes, space separated; STR_NONE */
    struct str acr_voluntary;
    struct str sub;           /* the person asked for by id_token_hint or claims; STR_NONE */
    struct str id_token_hint; /* as sent; not stored */
};

/* Where answers go: the redirect URI if it may be used.  A refusal here is told to the person on a
 * page, never to any URI. */
enum refusal authorize_target(const struct client *c, const struct params *ps, struct str *out);
/* All the rest.  state is set in *out even when refused, so that the refusal can echo it. */
enum refusal authorize_request_read(struct arena *a, const struct client *c,
                                    const struct params *ps, struct authorize_request *out);
struct str authorize_request_text(struct arena *a, const struct authorize_request *q);
/* ERR_INTERNAL when the stored text is not one of ours. */
CHECKED enum err authorize_request_load(struct arena *a, struct str text,
                                        struct authorize_request *out);

#endif
