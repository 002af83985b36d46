/* Grants, codes, refresh tokens and consents. */
#ifndef STORE_GRANT_H
#define STORE_GRANT_H
#include "signer/handle.h"
#include "signer/protocol.h"
#include "store/audit.h"

struct grant_row {
    uint16_t bucket;
    struct uuid id, subject, actor, mandate, session;
    struct str client_id, sid, scope;
    struct str claims, cnf, authorization_details; /* JSON or absent */
    struct str resource;                           /* space separated */
    bool offline;
    struct str proof;
    int64_t auth_time, created_at, expires_at, revoked_at;
    struct str identity_state; /* of the subject now: only "active" may be served */
};
struct code_row {
    struct sha256 hash;
    struct str client_id, redirect_uri, code_challenge, proof;
    int64_t expires_at, used_at;
    bool kept; /* as it was written (kept.h), not as it stands */
    struct grant_row grant;
};
struct refresh_row {
    struct sha256 hash;
    struct str client_id, proof;
    struct str cnf; /* what it is bound to (signer/confirmation.h), JSON or absent */
    int64_t created_at, expires_at, used_at, superseded_at;
    struct str predecessor; /* hash of the token it replaced; STR_NONE: came with a code */
    bool kept;              /* as in code_row */
    struct grant_row grant;
};
struct consent_row {
    struct uuid id;      /* as found; a new one gets its own */
    struct str scope;    /* scopes agreed to as a whole */
    struct str claims;   /* JSON array of names agreed to */
    struct str declined; /* JSON array of names ("scope:…" for scopes); STR_NONE in rows from before
                            people decided claim by claim: there a scope stands for its claims */
};

/* The end of an authorization: one statement writes grant, code, the consent (when given now:
 * consent not NULL), the login's `done` state (login not NULL) and the audit entries.  ERR_CONFLICT
 * when the login was not in a state that may end, or the consent of before was withdrawn. */
struct grant_new {
    const struct grant_row *grant;
    const struct code_row *code;       /* its grant member is unused */
    const struct consent_row *consent; /* or NULL */
    const struct uuid *consent_id;     /* of before, on which the grant rests; or NULL */
    const uint16_t *login_bucket;      /* or NULL */
    const struct uuid *login_id;
    const struct audit *audit;
};
CHECKED enum err store_grant_create(struct task *t, struct pg *db, const struct grant_new *in);
/* With grant and identity state, used or not, expired or not: the caller judges.  ERR_NOT_FOUND. */
CHECKED enum err store_code_find(struct task *t, struct pg *db, const struct handle *h,
                                 struct code_row *out);
/* The same for who exchanges the code: what this process wrote itself it does not read (kept.h), so
 * used_at, revoked_at and the identity's state may be those of then, when out->kept.  Good for
 * exchanging it, which store_code_redeem decides; a refusal needs store_code_find. */
CHECKED enum err store_code_take(struct task *t, struct pg *db, const struct handle *h,
                                 struct code_row *out);
/* Consumes the code and writes the first refresh token (refresh NULL: none).  ERR_CONFLICT: used
 * meanwhile, ERR_EXPIRED, ERR_DENIED: grant revoked, consent withdrawn or identity not active,
 * ERR_NOT_FOUND: erased. */
struct refresh_new {
    struct sha256 hash;
    struct str proof;
    struct str cnf; /* as in refresh_row */
    int64_t expires_at;
};
CHECKED enum err store_code_redeem(struct task *t, struct pg *db, const struct code_row *code,
                                   const struct refresh_new *refresh, const struct audit *audit);
CHECKED enum err store_refresh_find(struct task *t, struct pg *db, const struct handle *h,
                                    struct refresh_row *out);
/* As store_code_take; store_refresh_rotate decides. */
CHECKED enum err store_refresh_take(struct task *t, struct pg *db, const struct handle *h,
                                    struct refresh_row *out);
/* Exchanges a refresh token for its successor by the rules of DESIGN.md section 7: the predecessor
 * works until its successor has been used, at most grace_s; using a token supersedes its
 * predecessor and the siblings a lost answer left.  successor NULL: the token is used and stays as
 * it is (FAPI 2.0; clients that authenticate and whose tokens are bound).  ERR_CONFLICT: reuse (the
 * caller ends the family), ERR_EXPIRED, ERR_DENIED, ERR_NOT_FOUND: erased. */
CHECKED enum err store_refresh_rotate(struct task *t, struct pg *db, const struct refresh_row *old,
                                      const struct refresh_new *successor, int64_t grace_s,
                                      const struct audit *audit);
/* Revokes a grant with all its codes and refresh tokens.  OK also when it was revoked. */
CHECKED enum err store_grant_revoke(struct task *t, struct pg *db, uint16_t bucket,
                                    const struct uuid *grant, struct str reason,
                                    const struct audit *audit);
/* For introspection; and with the subject's documents and keys for userinfo (documents may be
 * NULL). */
CHECKED enum err store_grant_find(struct task *t, struct pg *db, uint16_t bucket,
                                  const struct uuid *grant, struct grant_row *out,
                                  struct sealed_document **documents, size_t *n_documents);
/* The documents of an identity with the keys to bring to a signer. */
CHECKED enum err store_documents(struct task *t, struct pg *db, const struct uuid *identity,
                                 struct sealed_document **out, size_t *n);
/* What this person has agreed to release to this client.  ERR_NOT_FOUND. */
CHECKED enum err store_consent_find(struct task *t, struct pg *db, const struct uuid *subject,
                                    const struct uuid *actor, struct str client_id,
                                    struct consent_row *out);
struct consent_listed {
    struct str client_id, scope, claims; /* claims: JSON array of names */
    int64_t given_at;
};
/* All that stand, the latest first. */
CHECKED enum err store_consent_list(struct task *t, struct pg *db, const struct uuid *subject,
                                    struct consent_listed **out, size_t *n);
/* Ends it, revokes every grant of that client for this person, and tells the client to end its
 * sessions if it wants to hear of it.  ERR_NOT_FOUND: there is none.  Two statements: the second
 * finds what was written while the first was at work. */
CHECKED enum err store_consent_withdraw(struct task *t, struct pg *db, const struct uuid *subject,
                                        struct str client_id, const struct audit *audit);
#endif
