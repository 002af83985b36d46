/* What a verifier can be asked.  A verifier reads credentials itself; the web process forwards what
 * the person typed and gets a login proof or a refusal that tells nothing about the account. */
#ifndef PEER_VERIFIER_CLIENT_H
#define PEER_VERIFIER_CLIENT_H
#include "peer/peer.h"
#include "signer/handle.h"

enum verifier_op {
    VERIFIER_HELLO = 1,
    VERIFIER_PASSWORD,
    VERIFIER_SET_PASSWORD,
    VERIFIER_OP_COUNT
};

struct verifier_hello { /* from the parent */
    struct str
        verifier_key; /* 32 bytes: HKDF of the master key, opens pepper, proof and lookup keys */
    struct str verifier_key_previous;
};

struct verifier_password {
    struct str login_name; /* personal number, as typed (spaces allowed) */
    struct str password;
    struct str address;        /* of the client: key of the throttle, never stored */
    struct str address_sealed; /* the same as a sealed box, for the audit; may be absent */
    struct sha256 bearer;      /* of the session secret the web process has just made */
    struct uuid session;       /* id of the session to be */
    struct uuid old_session; /* the browser's live session, renewed when old_subject logs in again;
                                or none */
    struct uuid old_subject;
    struct str client_id; /* for the audit */
    uint8_t request_id[16];
    int64_t session_expires_at;
};
enum login_outcome {
    LOGIN_ACCEPTED = 0,
    LOGIN_WRONG = 1,
    LOGIN_LATER = 2, /* throttled */
    LOGIN_BARRED = 3 /* the right password of an account that is locked, closed or not active yet */
};
struct verifier_answer {
    uint8_t outcome;        /* enum login_outcome */
    uint32_t retry_after_s; /* LOGIN_LATER */
    struct str proof;       /* the rest only when accepted */
    struct uuid subject;
    struct uuid session; /* the one asked for, or the old one, renewed */
    uint8_t account_level, authentication_level;
    uint32_t amr;
    int64_t auth_time;
};
/* Why a password can't be set (verifier/password_rules.h); on the wire. */
enum password_fault {
    PASSWORD_FINE,
    PASSWORD_SHORT,
    PASSWORD_LONG,
    PASSWORD_CHARACTERS, /* invisible ones, or no text */
    PASSWORD_LISTED,     /* on the operator's list */
    PASSWORD_COMMON,     /* little more than common words, repetitions, runs, dates */
    PASSWORD_OWN,        /* little more than what others know about the person */
    PASSWORD_SAME        /* as the present one */
};
/* Sets a password (administrator, first time): hashed by the verifier, which writes the row. */
struct verifier_set_password {
    struct uuid identity;
    struct str password;
    struct str words; /* of a signer (password_words.h); absent for somebody just invented */
    struct str operator_name;
    uint8_t request_id[16];
};

#define VERIFIER_MESSAGES(X)                                                                       \
    X(verifier_hello) X(verifier_password) X(verifier_answer) X(verifier_set_password)
#define X(name)                                                                                    \
    void put_##name(struct buf *b, const struct name *m);                                          \
    CHECKED enum err get_##name(struct arena *a, struct str bytes, struct name *out);
VERIFIER_MESSAGES(X)
#undef X

/* queue_max bounds logins waiting for a verifier: ERR_LIMIT means 503 with Retry-After. */
CHECKED enum err ask_password(struct task *t, struct peer *verifiers,
                              const struct verifier_password *in, size_t queue_max,
                              struct verifier_answer *out);
CHECKED enum err ask_set_password(struct task *t, struct peer *verifiers,
                                  const struct verifier_set_password *in);
#endif
