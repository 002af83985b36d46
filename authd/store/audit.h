/* The audit entry that goes with every act, written in the same statement. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H
#include "signer/proof.h"
#include "store/pg.h"

/* Events and the Shared Signals (CAEP/RISC) types they map to. X(ENUM, "name", "ssf type or empty")
 */
#define AUDIT_EVENTS(X)                                                                            \
    X(AUDIT_LOGIN, "login",                                                                        \
      "https://schemas.openid.net/secevent/caep/event-type/session-established")                   \
    X(AUDIT_LOGIN_REFUSED, "login.refused", "")                                                    \
    X(AUDIT_CREDENTIAL_ACCEPTED, "credential.accepted",                                            \
      "") /* by the verifier; login: by the web */                                                 \
    X(AUDIT_CONSENT_GIVEN, "consent.given", "")                                                    \
    X(AUDIT_CONSENT_REFUSED, "consent.refused", "")                                                \
    X(AUDIT_CONSENT_WITHDRAWN, "consent.withdrawn", "")                                            \
    X(AUDIT_GRANT, "grant.issued", "")                                                             \
    X(AUDIT_TOKEN_CODE, "token.code", "")                                                          \
    X(AUDIT_TOKEN_REFRESH, "token.refresh", "")                                                    \
    X(AUDIT_TOKEN_CLIENT, "token.client", "")                                                      \
    X(AUDIT_USERINFO, "userinfo", "")                                                              \
    X(AUDIT_REUSE, "token.reuse", "")                                                              \
    X(AUDIT_REVOKED, "grant.revoked", "")                                                          \
    X(AUDIT_LOGOUT, "logout",                                                                      \
      "https://schemas.openid.net/secevent/caep/event-type/session-revoked")                       \
    X(AUDIT_IDENTITY_ADDED, "identity.added", "")                                                  \
    X(AUDIT_IDENTITY_ACTIVATED, "identity.activated", "")                                          \
    X(AUDIT_IDENTITY_LOCKED, "identity.locked",                                                    \
      "https://schemas.openid.net/secevent/risc/event-type/account-disabled")                      \
    X(AUDIT_IDENTITY_UNLOCKED, "identity.unlocked",                                                \
      "https://schemas.openid.net/secevent/risc/event-type/account-enabled")                       \
    X(AUDIT_IDENTITY_CLOSED, "identity.closed",                                                    \
      "https://schemas.openid.net/secevent/risc/event-type/account-purged")                        \
    X(AUDIT_IDENTITY_ERASED, "identity.erased",                                                    \
      "https://schemas.openid.net/secevent/risc/event-type/account-purged")                        \
    X(AUDIT_IDENTITY_SHOWN, "identity.shown", "")                                                  \
    X(AUDIT_CREDENTIAL_SET, "credential.set",                                                      \
      "https://schemas.openid.net/secevent/caep/event-type/credential-change")                     \
    X(AUDIT_CREDENTIAL_CODE, "credential.code_issued", "")                                         \
    X(AUDIT_CLIENT_CREATED, "client.created", "")                                                  \
    X(AUDIT_CLIENT_UPDATED, "client.updated", "")                                                  \
    X(AUDIT_CLIENT_DISABLED, "client.disabled", "")                                                \
    X(AUDIT_CLIENT_SECRET, "client.secret_rotated", "")                                            \
    X(AUDIT_RESOURCE_PUT, "resource.registered", "")                                               \
    X(AUDIT_CLIENT_REFUSED, "client.refused", "")                                                  \
    X(AUDIT_CLIENT_KEYS, "client.keys_fetched", "")                                                \
    X(AUDIT_KEY_CREATED, "key.created", "")                                                        \
    X(AUDIT_KEY_ROTATED, "key.rotated", "")                                                        \
    X(AUDIT_KEY_REVOKED, "key.revoked", "")                                                        \
    X(AUDIT_KEY_REWRAPPED, "key.rewrapped", "")                                                    \
    X(AUDIT_READ, "audit.read", "")                                                                \
    X(AUDIT_RETIRED, "audit.retired", "") /* by the database, when months are dropped */           \
    X(AUDIT_DELIVERED, "delivery.ok", "")                                                          \
    X(AUDIT_DELIVERY_FAILED, "delivery.failed", "")

enum audit_event {
#define X(name, text, ssf) name,
    AUDIT_EVENTS(X)
#undef X
        AUDIT_EVENT_COUNT
};

struct audit {
    enum audit_event event;
    bool refused;
    uint16_t bucket; /* the subject's; a client's or operator's act: of the request id */
    struct uuid subject, actor, mandate, session, grant; /* all zero: none */
    struct str client_id, operator_name, ground, detail /* JSON */, address_sealed;
};
/* An entry with bucket set from the task's request id, everything else empty. */
struct audit audit_of(struct task *t, enum audit_event e);
/* What a reader of the audit looks for; absent members exclude nothing. */
struct audit_filter {
    const struct uuid *subject, *request;
    struct str client_id, event; /* a name of AUDIT_EVENTS */
    int64_t since, until;        /* seconds; until 0: now */
    uint32_t limit;
};
struct audit_row {
    int64_t at;
    struct str event, outcome;
    struct uuid subject, actor, session, request;
    struct str client_id, operator_name, ground, detail, address_sealed;
};
/* Newest first, in the task's arena.  Waits. */
CHECKED enum err store_audit_list(struct task *t, struct pg *db, const struct audit_filter *filter,
                                  struct audit_row **out, size_t *n);
/* Is there an event of that name? */
bool audit_event_exists(struct str name);
/* Writes one that goes with no other statement (refusals, userinfo). */
CHECKED enum err store_audit_write(struct task *t, struct pg *db, const struct audit *entry);

#endif
