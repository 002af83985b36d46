/* What a client's registration means: the metadata of RFC 7591 section 2, OpenID Dynamic Client
 * Registration section 2 and OpenID's logout specifications, validated once when registered and
 * parsed into this struct when used.  */
#ifndef REGISTRATION_CLIENT_H
#define REGISTRATION_CLIENT_H
#include "base/json.h"
#include "config/config.h"
#include "jose/jwks.h"

enum client_auth_method {
    CLIENT_AUTH_BASIC,
    CLIENT_AUTH_POST,
    CLIENT_AUTH_PRIVATE_KEY_JWT,
    CLIENT_AUTH_NONE
};

struct words {
    struct str *v;
    size_t n;
};

struct client {
    struct str id, name, name_vi, uri, logo_uri, policy_uri, tos_uri, agency, agency_vi, purpose,
        purpose_vi;
    struct str logo; /* name of the stored picture (registration/logo.h) */
    const json_t *claim_purposes, *claim_purposes_vi; /* claim or scope: text; may be NULL */
    struct words required_claims, voluntary_claims;   /* can't, and can, do without */
    bool active;
    struct words redirect_uris, post_logout_redirect_uris, grant_types, response_types, scope;
    enum client_auth_method auth_method;
    struct str jwks; /* JSON text or absent */
    struct str jwks_uri;
    struct str id_token_alg; /* ES256 when not registered */
    struct str backchannel_logout_uri;
    bool backchannel_logout_session_required;
    bool native;                   /* application_type: an app on the person's device */
    bool require_pushed;           /* require_pushed_authorization_requests */
    bool dpop_bound_access_tokens; /* every token request needs a proof */
    bool require_pkce; /* true unless registered as the named weakness "pkce_optional" */
    bool consent_exempt;
    struct str legal_ground; /* of the exemption */
    bool has_default_max_age;
    int64_t default_max_age_s;
    struct words default_acr_values;
    uint8_t account_level_floor, authentication_level_floor;
    struct str sector;
    struct str sector_identifier_uri;
};

/* Parses stored metadata (already validated).  Slices live in the arena. */
CHECKED enum err client_parse(struct arena *a, struct str id, const json_t *metadata,
                              struct client *out);
/* Only the members that are text, for those who show a service: slices of the metadata. */
CHECKED enum err client_parse_texts(struct str id, const json_t *metadata, struct client *out);
/* Validates registration metadata and returns them normalised, with defaults filled in and the
 * sector fixed. ERR_INPUT with a reason that names the member and the cure: redirect URIs exact,
 * https (http only on loopback when the configuration allows; custom schemes only for native
 * clients), no fragment, no wildcard; grant and response types that fit; jwks xor jwks_uri;
 * algorithms of the closed list. */
CHECKED enum err client_validate(struct arena *a, const struct config *config,
                                 const json_t *metadata, json_t **normalised, struct str *sector,
                                 struct words *ignored);
/* The registration's weaknesses by name, for the administrator ("pkce_optional",
 * "client_secret_post", …). */
void client_weaknesses(struct arena *a, const struct client *c, struct words *out);

/* What people read, in their language where it was registered ("client_name#vi" and so on). */
struct str client_display_name(const struct client *c, bool vietnamese);
struct str client_agency(const struct client *c, bool vietnamese);
struct str client_purpose(const struct client *c, bool vietnamese);

bool client_may_redirect(const struct client *c, struct str uri); /* exact, but for a native app's
                                                                     port on loopback */
bool client_may_post_logout(const struct client *c, struct str uri);
bool client_has_grant_type(const struct client *c, struct str grant_type);
#endif
