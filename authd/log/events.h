/* Every event the log can hold.  Operators build alerts on these names: they are an API; add, never
 * rename.  X(ENUMERATOR, "name", "meaning") */
#ifndef LOG_EVENTS_H
#define LOG_EVENTS_H
#define LOG_EVENTS(X)                                                                              \
    X(PROCESS_STARTED, "process.started", "a process is ready")                                    \
    X(PROCESS_STOPPED, "process.stopped", "a process ends in order")                               \
    X(PROCESS_DIED, "process.died", "a child ended unexpectedly and is started again")             \
    X(PROCESS_CUT_OFF, "process.cut_off", "a child sent what can't be taken apart: it is replaced") \
    X(PROCESS_SANDBOX, "process.sandbox", "which layers of the sandbox are in force or missing")   \
    X(CONFIG_LOADED, "config.loaded", "configuration read or reloaded")                            \
    X(CONFIG_REFUSED, "config.refused", "a reload was refused, the old configuration stays")       \
    X(UPGRADE_BEGUN, "upgrade.begun", "the program installed now is started beside this one")      \
    X(UPGRADE_REFUSED, "upgrade.refused", "the new program can't serve; the old one stays")        \
    X(UPGRADE_DONE, "upgrade.done", "the new program serves; the old processes finish")            \
    X(UPGRADE_TAKEN, "upgrade.taken", "this program serves in the place of an older one")          \
    X(MANAGER_UNHEARD, "manager.unheard", "the service manager did not take what it must know")    \
    X(HTTP_REQUEST, "http.request", "one request was answered")                                    \
    X(HTTP_REFUSED, "http.refused", "the gate refused bytes that are not strict HTTP")             \
    X(HTTP_OVERLOAD, "http.overload", "requests were refused at the door: 503")                                    \
    X(TLS_FAILED, "tls.failed", "a certificate or key could not be used")                          \
    X(TLS_RELOADED, "tls.reloaded", "the server certificate was exchanged")                        \
    X(TASK_SLOW_TURN, "task.slow_turn", "one turn of the loop took too long")                      \
    X(DB_CONNECTED, "db.connected", "a database connection is ready")                              \
    X(DB_LOST, "db.lost", "a database connection was lost")                                        \
    X(DB_FAILED, "db.failed", "a statement failed")                                                \
    X(DB_COMMIT_WAITS, "db.commit_waits", "a commit waits long, perhaps for a standby")            \
    X(DB_NOT_REPLICATED, "db.not_replicated", "the server stopped waiting for a standby")          \
    X(PEER_LOST, "peer.lost", "another process went away; calls in flight are repeated once")      \
    X(PEER_REFUSED, "peer.refused", "another process refused a call")                              \
    X(LOGIN_OK, "login.ok", "a person logged in")                                                  \
    X(LOGIN_NOT_ACCEPTED, "login.refused", "a login was refused")                                  \
    X(LOGIN_THROTTLED, "login.throttled", "a login was refused before looking, too many tries")    \
    X(CONSENT_GIVEN, "consent.given", "a person agreed to release claims")                         \
    X(CONSENT_WITHDRAWN, "consent.withdrawn", "a person withdrew a consent")                       \
    X(PASSWORD_SET, "password.set", "a person set a password")                                     \
    X(FORM_REFUSED, "form.refused", "a form of another session, or malformed")                     \
    X(CONSENT_REFUSED, "consent.refused", "a person declined")                                     \
    X(AUTHORIZE_REFUSED, "authorize.refused", "an authorization request was refused")              \
    X(TOKEN_ISSUED, "token.issued", "tokens were issued")                                          \
    X(TOKEN_REFUSED, "token.refused", "a token request was refused")                               \
    X(TOKEN_REUSED, "token.reused", "a code or refresh token was used again; its family ended")    \
    X(TOKEN_REVOKED, "token.revoked", "a token or grant was revoked")                              \
    X(CLIENT_REFUSED, "client.refused", "client authentication failed")                            \
    X(LOGOUT, "logout", "a session ended")                                                         \
    X(WARRANT_REFUSED, "warrant.refused", "a signer or verifier refused an operation: alarm")      \
    X(SIGNKEY_CREATED, "key.created", "a key was generated")                                       \
    X(SIGNKEY_ACTIVATED, "key.activated", "a key signs from now on")                               \
    X(SIGNKEY_RETIRED, "key.retired", "a key left the published set")                              \
    X(SIGNKEY_REVOKED, "key.revoked", "a key was revoked at once")                                 \
    X(KEYS_LOADED, "keys.loaded", "the signer holds a new key set")                                \
    X(CLERK_RAN, "clerk.ran", "a periodic duty did something")                                     \
    X(ERASURE_NOTED, "erasure.noted", "an erasure stands in the ledger; its number and the head")  \
    X(ERASURES_REFUSED, "erasures.refused", "database and ledger of erasures disagree: no keys")   \
    X(CLIENT_KEYS, "client.keys", "keys behind a jwks_uri were fetched, or could not be")          \
    X(SECTOR_DOCUMENT, "client.sector", "a sector document was fetched, or could not be")          \
    X(DELIVERY_OK, "delivery.ok", "an outbox row was delivered")                                   \
    X(DELIVERY_FAILED, "delivery.failed", "an outbox row could not be delivered")                  \
    X(ADMIN_COMMAND, "admin.command", "an administrator's command was carried out or refused")     \
    X(CLOCK_OFF, "clock.off", "this node's clock differs from the database's")                     \
    X(INTERNAL_ERROR, "internal.error", "a defect of ours or a failed dependency")

enum log_event_name {
#define X(name, text, meaning) name,
    LOG_EVENTS(X)
#undef X
        LOG_EVENT_COUNT
};
const char *log_event_text(enum log_event_name event);
#endif
