/* What a web process is made of, for the handlers of authn and oidc: req->app points here.
 * Made by authd/web.c before the first request; handlers read it and change nothing but the
 * caches, which have their own functions. */
#ifndef PROCESS_APP_H
#define PROCESS_APP_H
#include "process/process.h"

struct pg;             /* store/pg.h */
struct signer_key_set; /* signer/protocol.h */
struct app_key_cache;  /* sso/keys_cache.h: the public key set as last asked from a signer */
struct known_tokens;   /* oidc/known_tokens.h */
struct party_cache;    /* oidc/party_cache.h */

struct app {
    struct process *process;
    const struct config *config; /* always the present snapshot: take it once per request */
    struct pg *db;
    struct peer *signers;
    struct peer *verifiers;
    struct app_key_cache *keys;  /* NULL until first used */
    struct known_tokens *tokens; /* likewise */
    struct party_cache *parties; /* likewise */
    bool draining;
};

#endif
