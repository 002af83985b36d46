/* What the world hears when the provider refuses: one table, from the situation to OAuth's error
 * code, the HTTP status and a sentence for the portal's developer that names the cause and the
 * cure.
 *
 * Rules judge and answer `enum refusal`; endpoints tell it, as JSON, in a redirect, as a Bearer
 * challenge or on a page.  Failures of ours (database away, signer gone) are no refusals: they
 * travel as enum err to the HTTP layer, which answers 503 with Retry-After or 500.  REFUSE_LATER is
 * for a rule that judges without a way to fail, and whose libcrypto had no memory. */
#ifndef OIDC_FAIL_H
#define OIDC_FAIL_H
#include "http/request.h"
#include "log/log.h"

/* X(ENUMERATOR, "oauth_error", status, "cause; cure") */
#define REFUSALS(X)                                                                                \
    /* requests as such */                                                                         \
    X(REFUSE_MALFORMED, "invalid_request", 400,                                                    \
      "The parameters are not well-formed application/x-www-form-urlencoded UTF-8; encode them "   \
      "with your HTTP library")                                                                    \
    X(REFUSE_REPEATED, "invalid_request", 400,                                                     \
      "A parameter stands more than once; send each at most once")                                 \
    X(REFUSE_TOO_LONG, "invalid_request", 400,                                                     \
      "A parameter is too long; push large requests to the PAR endpoint and keep state below "     \
      "2000 "                                                                                      \
      "bytes")                                                                                     \
    X(REFUSE_NOT_UTF8, "invalid_request", 400,                                                     \
      "A parameter holds control characters; remove them")                                         \
    X(REFUSE_LATER, "temporarily_unavailable", 503,                                                \
      "Part of the service is out of breath; repeat the request in a moment, with a new "          \
      "assertion or proof if it has one")                                                          \
    /* client authentication */                                                                    \
    X(REFUSE_CLIENT_MISSING, "invalid_client", 401,                                                \
      "No client authentication; use the method the client is registered with")                    \
    X(REFUSE_CLIENT_UNKNOWN, "invalid_client", 401,                                                \
      "Client authentication failed; check client_id and secret or key")                           \
    X(REFUSE_CLIENT_METHOD, "invalid_client", 401,                                                 \
      "The client is registered with another token_endpoint_auth_method; use that one")            \
    X(REFUSE_CLIENT_TWICE, "invalid_request", 400,                                                 \
      "More than one client authentication method in one request; use exactly the registered one") \
    X(REFUSE_CLIENT_MISMATCH, "invalid_request", 400,                                              \
      "client_id differs from the authenticated client; send the same or leave it out")            \
    X(REFUSE_BASIC_MALFORMED, "invalid_client", 401,                                               \
      "The Basic credentials are malformed; form-encode client_id and secret, join them with a "   \
      "colon, then base64 (RFC 6749 section 2.3.1)")                                               \
    X(REFUSE_ASSERTION_TYPE, "invalid_client", 401,                                                \
      "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer")      \
    X(REFUSE_ASSERTION_MALFORMED, "invalid_client", 401,                                           \
      "The client_assertion is no JWT we can read; sign it with ES256, EdDSA, PS256 or RS256")     \
    X(REFUSE_ASSERTION_KEY, "invalid_client", 401,                                                 \
      "The client_assertion names a key that is not registered; check kid and the registered "     \
      "jwks")                                                                                      \
    X(REFUSE_ASSERTION_SIGNATURE, "invalid_client", 401,                                           \
      "The signature of the client_assertion does not verify with the registered key")             \
    X(REFUSE_ASSERTION_CLAIMS, "invalid_client", 401,                                              \
      "The client_assertion needs iss and sub equal to client_id, one aud equal to the issuer, "   \
      "jti, and exp at most an hour ahead")                                                        \
    X(REFUSE_ASSERTION_REPLAYED, "invalid_client", 401,                                            \
      "The jti of the client_assertion was used before; make a new assertion for every request")   \
    X(REFUSE_ASSERTION_NO_KEYS, "invalid_client", 401,                                             \
      "There are no keys to verify the client_assertion with; see that jwks_uri answers with a "   \
      "JWK set over https")                                                                        \
    X(REFUSE_ASSERTION_FETCHING, "invalid_client", 401,                                            \
      "The keys behind jwks_uri are being fetched; try again in a moment with a new assertion")    \
    X(REFUSE_CLIENT_PUBLIC, "invalid_client", 401,                                                 \
      "This endpoint serves clients that authenticate; public clients can not use it")             \
    /* authorization requests */                                                                   \
    X(REFUSE_AUTHORIZE_CLIENT, "invalid_request", 400,                                             \
      "client_id is missing, unknown or disabled; use the one you were registered with")           \
    X(REFUSE_REDIRECT_URI, "invalid_request", 400,                                                 \
      "redirect_uri is not registered for this client; register it, character by character")       \
    X(REFUSE_REDIRECT_MISSING, "invalid_request", 400,                                             \
      "redirect_uri is missing; send one of the registered ones")                                  \
    X(REFUSE_RESPONSE_TYPE_MISSING, "invalid_request", 400,                                        \
      "response_type is missing; send response_type=code")                                         \
    X(REFUSE_RESPONSE_TYPE, "unsupported_response_type", 400,                                      \
      "Only response_type=code is supported; implicit and hybrid flows do not exist here")         \
    X(REFUSE_RESPONSE_MODE, "invalid_request", 400,                                                \
      "Only response_mode=query is supported; leave response_mode out")                            \
    X(REFUSE_CLIENT_NO_CODE, "unauthorized_client", 400,                                           \
      "The client is not registered for authorization_code; ask the administrator to add it")      \
    X(REFUSE_REQUEST_OBJECT, "request_not_supported", 400,                                         \
      "The request parameter is not supported; push the request to the PAR endpoint instead")      \
    X(REFUSE_REQUEST_URI_KIND, "request_uri_not_supported", 400,                                   \
      "Only a request_uri given by our PAR endpoint is supported")                                 \
    X(REFUSE_REQUEST_URI, "invalid_request_uri", 400,                                              \
      "The request_uri is unknown, expired or used; push the request again")                       \
    X(REFUSE_REQUEST_URI_CLIENT, "invalid_request", 400,                                           \
      "The request_uri was pushed by another client; use your own")                                \
    X(REFUSE_REQUEST_URI_PUSHED, "invalid_request", 400,                                           \
      "request_uri must not stand in a pushed request; send the parameters themselves")            \
    X(REFUSE_NOT_PUSHED, "invalid_request", 400,                                                   \
      "This client must push its requests; use the PAR endpoint (RFC 9126)")                       \
    X(REFUSE_PKCE_MISSING, "invalid_request", 400,                                                 \
      "code_challenge is missing; send a PKCE challenge with code_challenge_method=S256 (RFC "     \
      "7636)")                                                                                     \
    X(REFUSE_PKCE_METHOD, "invalid_request", 400,                                                  \
      "code_challenge_method must be S256; plain is not supported")                                \
    X(REFUSE_PKCE_CHALLENGE, "invalid_request", 400,                                               \
      "code_challenge must be the base64url of a SHA-256 digest, 43 characters without padding")   \
    X(REFUSE_SCOPE, "invalid_scope", 400,                                                          \
      "None of the requested scopes is registered for this client; start with scope=openid")       \
    X(REFUSE_PROMPT, "invalid_request", 400,                                                       \
      "prompt must be none alone, or any of login, consent and select_account")                    \
    X(REFUSE_MAX_AGE, "invalid_request", 400, "max_age must be a whole number of seconds")         \
    X(REFUSE_CLAIMS, "invalid_request", 400,                                                       \
      "claims must be a JSON object with id_token and userinfo as OpenID Core 5.5 describes")      \
    X(REFUSE_ACR_VALUES, "invalid_request", 400,                                                   \
      "acr_values holds more than ten values; send fewer")                                         \
    X(REFUSE_ID_TOKEN_HINT, "invalid_request", 400,                                                \
      "id_token_hint is not an ID token we gave to this client; send one or leave it out")         \
    X(REFUSE_REGISTRATION_PARAMETER, "registration_not_supported", 400,                            \
      "The registration parameter is not supported; leave it out")                                 \
    /* how an authorization ends */                                                                \
    X(REFUSE_LOGIN_REQUIRED, "login_required", 400,                                                \
      "The person must log in; repeat the request without prompt=none")                            \
    X(REFUSE_OTHER_PERSON, "login_required", 400,                                                  \
      "Somebody else than the requested person is logged in; repeat without id_token_hint")        \
    X(REFUSE_CONSENT_REQUIRED, "consent_required", 400,                                            \
      "The person must agree first; repeat the request without prompt=none")                       \
    X(REFUSE_SELECTION_REQUIRED, "account_selection_required", 400,                                \
      "The person must choose an account; repeat the request without prompt=none")                 \
    X(REFUSE_DENIED, "access_denied", 400, "The person declined")                                  \
    X(REFUSE_LEVEL, "unmet_authentication_requirements", 400,                                      \
      "The required assurance level (acr) was not reached; the person needs a higher account "     \
      "level "                                                                                     \
      "or a stronger login")                                                                       \
    /* token endpoint */                                                                           \
    X(REFUSE_GRANT_TYPE_MISSING, "invalid_request", 400,                                           \
      "grant_type is missing; send authorization_code, refresh_token or client_credentials")       \
    X(REFUSE_GRANT_TYPE, "unsupported_grant_type", 400,                                            \
      "Supported are authorization_code, refresh_token and client_credentials")                    \
    X(REFUSE_GRANT_TYPE_CLIENT, "unauthorized_client", 400,                                        \
      "The client is not registered for this grant_type; ask the administrator to add it")         \
    X(REFUSE_CODE_MISSING, "invalid_request", 400, "code is missing")                              \
    X(REFUSE_CODE_UNKNOWN, "invalid_grant", 400,                                                   \
      "The code is unknown or was given to another client; start a new authorization request")     \
    X(REFUSE_CODE_EXPIRED, "invalid_grant", 400,                                                   \
      "The code has expired; redeem codes within a minute")                                        \
    X(REFUSE_CODE_USED, "invalid_grant", 400,                                                      \
      "The code was used before; everything given for it has been revoked; redeem a code once")    \
    X(REFUSE_CODE_REDIRECT, "invalid_grant", 400,                                                  \
      "redirect_uri differs from the one of the authorization request; send the same")             \
    X(REFUSE_VERIFIER_MISSING, "invalid_grant", 400,                                               \
      "code_verifier is missing; send the one whose S256 challenge started the request")           \
    X(REFUSE_VERIFIER, "invalid_grant", 400,                                                       \
      "code_verifier does not match the code_challenge; keep the verifier with the login it "      \
      "belongs to")                                                                                \
    X(REFUSE_VERIFIER_UNASKED, "invalid_grant", 400,                                               \
      "code_verifier was sent, but the authorization request had no code_challenge; send both")    \
    X(REFUSE_GRANT_ENDED, "invalid_grant", 400,                                                    \
      "The person's grant was ended or the account is locked; start a new authorization request")  \
    X(REFUSE_BELOW_FLOOR, "invalid_grant", 400,                                                    \
      "The client's floor was raised above the level this login reached; log the person in again " \
      "with a new authorization request")                                                          \
    X(REFUSE_REFRESH_MISSING, "invalid_request", 400, "refresh_token is missing")                  \
    X(REFUSE_REFRESH_UNKNOWN, "invalid_grant", 400,                                                \
      "The refresh_token is unknown or was given to another client; log the person in again")      \
    X(REFUSE_REFRESH_EXPIRED, "invalid_grant", 400,                                                \
      "The refresh_token has expired; log the person in again")                                    \
    X(REFUSE_REFRESH_USED, "invalid_grant", 400,                                                   \
      "The refresh_token was replaced and is used again; its family has been revoked; always "     \
      "keep "                                                                                      \
      "the newest one")                                                                            \
    X(REFUSE_SCOPE_WIDER, "invalid_scope", 400,                                                    \
      "scope asks for more than was granted; ask for a part of it or leave scope out")             \
    X(REFUSE_CLIENT_SCOPE, "invalid_scope", 400,                                                   \
      "A requested scope is not registered for this client or belongs to people; leave scope out") \
    X(REFUSE_TOKEN_MISSING, "invalid_request", 400, "token is missing")                            \
    X(REFUSE_TOKEN_UNREVOCABLE, "unsupported_token_type", 400,                                     \
      "Tokens of client_credentials are not stored and can not be revoked; let them expire")       \
    X(REFUSE_TOKEN_NOT_YOURS, "invalid_request", 400,                                              \
      "The token was given to another client; revoke your own")                                    \
    /* DPoP proofs (RFC 9449 sections 5 and 7) */                                                  \
    X(REFUSE_DPOP_MISSING, "invalid_dpop_proof", 400,                                              \
      "What was asked for is bound to a key and no DPoP proof came with it; send one in the DPoP " \
      "header")                                                                                    \
    X(REFUSE_DPOP_REPEATED, "invalid_dpop_proof", 400,                                             \
      "There is more than one DPoP header; send exactly one proof")                                \
    X(REFUSE_DPOP_MALFORMED, "invalid_dpop_proof", 400,                                            \
      "The DPoP header is no JWT of type dpop+jwt signed with ES256, EdDSA or PS256")              \
    X(REFUSE_DPOP_ALG, "invalid_dpop_proof", 400,                                                  \
      "The alg of the DPoP proof is not offered; use ES256, EdDSA or PS256")                       \
    X(REFUSE_DPOP_JWK, "invalid_dpop_proof", 400,                                                  \
      "The DPoP proof needs in its header a public jwk that fits its alg: P-256, Ed25519, or RSA " \
      "of 2048 to 4096 bits")                                                                      \
    X(REFUSE_DPOP_PRIVATE, "invalid_dpop_proof", 400,                                              \
      "The jwk of the DPoP proof holds private members; make a new key and send its public part")  \
    X(REFUSE_DPOP_SIGNATURE, "invalid_dpop_proof", 400,                                            \
      "The signature of the DPoP proof does not verify with the jwk in its header")                \
    X(REFUSE_DPOP_CLAIMS, "invalid_dpop_proof", 400,                                               \
      "The DPoP proof needs the claims jti (at most 256 bytes), htm, htu and iat in whole "        \
      "seconds")                                                                                   \
    X(REFUSE_DPOP_TARGET, "invalid_dpop_proof", 400,                                               \
      "The DPoP proof is for another request; htm must be the method, htu the endpoint's URL as "  \
      "discovery names it")                                                                        \
    X(REFUSE_DPOP_TIME, "invalid_dpop_proof", 400,                                                 \
      "The DPoP proof is too old or from the future; make one for every request and compare your " \
      "clock with the Date header")                                                                \
    X(REFUSE_DPOP_ATH, "invalid_dpop_proof", 400,                                                  \
      "ath of the DPoP proof is not the base64url SHA-256 of the access token it came with")       \
    X(REFUSE_DPOP_REPLAYED, "invalid_dpop_proof", 400,                                             \
      "The jti of the DPoP proof was used before; make a new proof for every request")             \
    X(REFUSE_DPOP_NONCE, "use_dpop_nonce", 400,                                                    \
      "The DPoP proof needs the nonce of the DPoP-Nonce header; repeat the request with it")       \
    X(REFUSE_DPOP_KEY, "invalid_grant", 400,                                                       \
      "The code or refresh token is bound to another key; sign the DPoP proof with that key")      \
    X(REFUSE_DPOP_JKT, "invalid_request", 400,                                                     \
      "dpop_jkt must be the base64url SHA-256 thumbprint of a key (RFC 7638), 43 characters")      \
    X(REFUSE_DPOP_JKT_OTHER, "invalid_request", 400,                                               \
      "dpop_jkt names another key than the DPoP proof; send one of them or both of the same key")  \
    /* protected resources (RFC 6750 section 3.1, RFC 9449 section 7.1) */                         \
    X(REFUSE_BEARER_MISSING, "", 401, "No access token; send it as Authorization: Bearer")         \
    X(REFUSE_BEARER_TWICE, "invalid_request", 400,                                                 \
      "The access token stands in more than one place; send it once, in the header")               \
    X(REFUSE_BEARER, "invalid_token", 401,                                                         \
      "The access token is malformed, expired, revoked or not ours; get a new one")                \
    X(REFUSE_BEARER_SCOPE, "insufficient_scope", 403,                                              \
      "The access token was not given for openid; add scope=openid to the authorization request")  \
    X(REFUSE_BEARER_BOUND, "invalid_token", 401,                                                   \
      "The access token is bound to a key; send it as Authorization: DPoP with a proof")           \
    X(REFUSE_BEARER_KEY, "invalid_token", 401,                                                     \
      "The access token is bound to another key than the one that signed the DPoP proof")          \
    X(REFUSE_BEARER_UNBOUND, "invalid_token", 401,                                                 \
      "The access token is not bound to a key; send it as Authorization: Bearer without a proof")

enum refusal {
    REFUSE_NOTHING = 0,
#define X(name, error, status, text) name,
    REFUSALS(X)
#undef X
        REFUSAL_COUNT
};

const char *refusal_error(enum refusal why);
int refusal_status(enum refusal why);
const char *refusal_text(enum refusal why);
/* The enumerator's name: stable word of the log. */
const char *refusal_name(enum refusal why);

/* Tells it as RFC 6749 section 5.2 wants and writes one log line.  client: who asked, or STR_NONE.
 * Always OK: the request is answered. */
enum err refuse_json(struct req *r, enum refusal why, struct str client, enum log_event_name event);
/* The same, and what only a client that has proven who it is may read, in the characters of an
 * error_description. */
enum err refuse_json_telling(struct req *r, enum refusal why, struct str more, struct str client,
                             enum log_event_name event);
/* Tells it as RFC 6750 section 3 wants, or RFC 9449 section 7.1 where dpop: status,
 * WWW-Authenticate and the same as JSON. */
enum err refuse_resource(struct req *r, enum refusal why, struct str client, bool dpop);
/* One log line only. */
void refusal_log(enum refusal why, struct str client, enum log_event_name event);

#endif
