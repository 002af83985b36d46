/* Our own access tokens coming back: at userinfo, introspection and revocation (RFC 9068 section
 * 4). */
#ifndef OIDC_ACCESS_TOKEN_H
#define OIDC_ACCESS_TOKEN_H
#include "http/request.h"
#include "signer/handle.h"

struct access_token {
    const json_t *claims;
    struct str client_id, scope;
    struct str jkt;  /* thumbprint of the key it is bound to; STR_NONE: a bearer token */
    bool of_client;  /* names no person: it was given to a client for itself; has no grant */
    uint16_t bucket; /* of the grant */
    struct uuid grant;
};
/* Signature, type, issuer and time.  ERR_DENIED for anything else; whether the grant still stands
 * is another question. */
CHECKED enum err access_token_open(struct req *r, struct str text, struct access_token *out);

#endif
