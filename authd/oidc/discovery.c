/* GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server: OpenID Connect
 * Discovery §3, RFC 8414, RFC 9126 §5, RFC 9207 §3.  Says what is true of this build and
 * configuration and nothing else; needs neither database nor signer. */
#include "oidc/acr.h"
#include "oidc/claims.h"
#include "oidc/dpop_proof.h"
#include "oidc/oidc.h"
#include "oidc/scope.h"
#include "sso/sso.h"

#define DISCOVERY_MAX_AGE_S 3600

static const struct {
    const char *member;
    const char *path;
} endpoints[] = {
    {"authorization_endpoint", "/authorize"},
    {"token_endpoint", "/token"},
    {"userinfo_endpoint", "/userinfo"},
    {"jwks_uri", "/jwks"},
    {"signed_jwks_uri", "/jwks.jwt"},
    /* spec: RFC 9126 §5 */
    {"pushed_authorization_request_endpoint", "/par"},
    {"introspection_endpoint", "/introspect"},
    {"revocation_endpoint", "/revoke"},
    /* spec: RP-Initiated Logout §2.1 */
    {"end_session_endpoint", "/logout"},
};

static const struct {
    const char *member;
    const char *values; /* space separated */
} lists[] = {
    {"response_types_supported", "code"},
    {"response_modes_supported", "query"},
    {"grant_types_supported", "authorization_code refresh_token client_credentials"},
    {"subject_types_supported", "pairwise"},
    {"id_token_signing_alg_values_supported", "ES256 EdDSA PS256 RS256"},
    {"token_endpoint_auth_methods_supported",
     "client_secret_basic client_secret_post private_key_jwt none"},
    {"token_endpoint_auth_signing_alg_values_supported", "ES256 EdDSA PS256 RS256"},
    {"introspection_endpoint_auth_methods_supported",
     "client_secret_basic client_secret_post private_key_jwt"},
    {"introspection_endpoint_auth_signing_alg_values_supported", "ES256 EdDSA PS256 RS256"},
    {"revocation_endpoint_auth_methods_supported",
     "client_secret_basic client_secret_post private_key_jwt none"},
    {"revocation_endpoint_auth_signing_alg_values_supported", "ES256 EdDSA PS256 RS256"},
    /* spec: RFC 9449 §5.1 */
    {"dpop_signing_alg_values_supported", DPOP_ALGS},
    /* spec: RFC 9700 §2.1.1:metadata */
    {"code_challenge_methods_supported", "S256"},
    {"prompt_values_supported", "none login consent select_account"},
    {"display_values_supported", "page"},
    {"claim_types_supported", "normal"},
    {"ui_locales_supported", "vi en"},
};

static const struct {
    const char *member;
    bool value;
} flags[] = {
    {"claims_parameter_supported", true},
    {"request_parameter_supported", false},
    {"request_uri_parameter_supported", false},
    {"require_request_uri_registration", false},
    {"require_pushed_authorization_requests", false},
    /* spec: RFC 9207 §3 */
    {"authorization_response_iss_parameter_supported", true},
    /* spec: Back-Channel Logout §2.1 */
    {"backchannel_logout_supported", true},
    {"backchannel_logout_session_supported", true},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static json_t *words_json(const char *words)
{
    json_t *list = json_array();
    struct str rest = str_from(words);
    struct str word;
    while (str_word(&rest, &word)) {
        json_array_append_new(list, json_str(word));
    }
    return list;
}

static json_t *claims_json(void)
{
    json_t *list = words_json("sub iss aud exp iat auth_time nonce acr amr sid "
                              "urn:authd:account_level urn:authd:authentication_level");
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        json_array_append_new(list, json_string(c->name));
    }
    return list;
}

enum err oidc_discovery(struct req *r)
{
    const char *issuer = app_of(r)->config->issuer;
    /* spec: OpenID Discovery §3:required, §4.2, RFC 8414 §2:required, §3.2: all of them, as JSON,
     * and no empty list */
    json_t *o = json_own(r->arena, json_object());
    /* spec: OpenID Discovery §4.3:iss the issuer MUST be identical to the iss of ID tokens */
    json_object_set_new(o, "issuer", json_string(issuer));
    for (size_t i = 0; i < COUNT(endpoints); i++) {
        json_object_set_new(o, endpoints[i].member,
                            json_str(str_fmt(r->arena, "%s%s", issuer, endpoints[i].path)));
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        json_object_set_new(o, lists[i].member, words_json(lists[i].values));
    }
    for (size_t i = 0; i < COUNT(flags); i++) {
        json_object_set_new(o, flags[i].member, json_boolean(flags[i].value));
    }
    json_t *scopes = json_array();
    for (size_t i = 0; SCOPES_OF_PEOPLE[i] != NULL; i++) {
        json_array_append_new(scopes, json_string(SCOPES_OF_PEOPLE[i]));
    }
    json_object_set_new(o, "scopes_supported", scopes);
    json_object_set_new(o, "acr_values_supported", acr_supported(r->arena));
    json_object_set_new(o, "claims_supported", claims_json());
    if (app_of(r)->config->sandbox) {
        json_object_set_new(o, "urn:authd:sandbox", json_true());
    }
    reply_header(r, "Cache-Control", str_fmt(r->arena, "public, max-age=%d", DISCOVERY_MAX_AGE_S));
    reply_text(r, 200, "application/json", json_text(r->arena, o));
    return OK;
}
