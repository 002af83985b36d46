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
    VERIFIER_MAKE_CODE,       /* admin */
    VERIFIER_CODE,            /* web: a one-time code */
    VERIFIER_FIRST_PASSWORD,  /* web: after a right one-time code */
    VERIFIER_CHANGE_PASSWORD, /* web: of the person whose session it is */
    VERIFIER_LOCK,            /* web: of the person whose session it is */
    VERIFIER_HISTORY,         /* web: the same */
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
    uint32_t others;  /* requests in progress there that are no logins (giving_way.h) */
    int64_t asked_us; /* when: monotonic, the clock of all processes of a machine */
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
    uint32_t generation; /* of the password that was judged: the session is written with it */
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

/* A one-time code for a first password, or to replace a forgotten one.  Ends the code before. */
struct verifier_make_code {
    struct uuid identity;
    uint8_t recover; /* also for a person who has a password */
    struct str operator_name;
    uint8_t request_id[16];
};
struct verifier_made_code {
    struct str code; /* in groups, for people; nobody can read it again */
    uint8_t had_password;
    int64_t expires_at;
};
/* Is this the person's code?  Answered by verifier_answer; its proof is PROOF_ENROLMENT and can do
 * nothing but set the password.  The code is used up only then. */
struct verifier_code {
    struct str login_name, code; /* as typed */
    struct str address, address_sealed;
    struct sha256 bearer; /* of what the browser must bring with the proof */
    uint8_t request_id[16];
};
struct verifier_first_password {
    struct str enrolment, secret; /* the proof and what it goes with */
    struct str password;
    struct str words; /* of a signer (signer/password_words.h) */
    struct str address_sealed;
    struct sha256 bearer; /* the session that begins with it */
    struct uuid session;
    int64_t session_expires_at;
    uint8_t request_id[16];
};
struct verifier_change_password {
    struct str session_proof, secret;
    struct str current, password;
    struct str words;
    struct str address, address_sealed;
    uint8_t end_others; /* the person's other sessions, and what they gave */
    uint8_t request_id[16];
};
enum change_outcome {
    CHANGE_DONE = 0,
    CHANGE_WRONG = 1,   /* the present password */
    CHANGE_LATER = 2,   /* throttled */
    CHANGE_REFUSED = 3, /* the new password: fault */
    CHANGE_OVER = 4     /* code or session */
};
struct verifier_changed {
    uint8_t outcome; /* enum change_outcome */
    uint8_t fault;   /* enum password_fault */
    uint32_t length_min, retry_after_s;
    /* after a first password: the session's proof, as in verifier_answer */
    struct str proof;
    struct uuid subject, session;
    uint8_t account_level, authentication_level;
    uint32_t amr;
    int64_t auth_time;
    uint32_t generation;
};

/* The person locks the account: with the commit all sessions and grants are over.  Answered by
 * verifier_changed (DONE, WRONG, LATER, OVER). */
struct verifier_lock {
    struct str session_proof, secret;
    struct str current; /* the present password: a session alone locks nobody out */
    struct str address, address_sealed;
    uint8_t request_id[16];
};
/* What was done with the person's identity, as the audit has it. */
struct verifier_history {
    struct str session_proof, secret;
    int64_t before_us; /* microseconds since 1970; 0: now */
};
struct verifier_history_told {
    /* JSON: [{"at":…,"event":…,"client":…,"refused":true,"times":3}], latest first; absent when the
     * session is over */
    struct str uses;
    int64_t older_us; /* before_us for what was before; 0: nothing was */
};

#define VERIFIER_MESSAGES(X)                                                                       \
    X(verifier_hello)                                                                              \
    X(verifier_password)                                                                           \
    X(verifier_answer)                                                                             \
    X(verifier_set_password)                                                                       \
    X(verifier_make_code)                                                                          \
    X(verifier_made_code)                                                                          \
    X(verifier_code)                                                                               \
    X(verifier_first_password) X(verifier_change_password) X(verifier_changed) X(verifier_lock)    \
        X(verifier_history) X(verifier_history_told)
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
CHECKED enum err ask_make_code(struct task *t, struct peer *verifiers,
                               const struct verifier_make_code *in, struct verifier_made_code *out);
/* queue_max as in ask_password. */
CHECKED enum err ask_code(struct task *t, struct peer *verifiers, const struct verifier_code *in,
                          size_t queue_max, struct verifier_answer *out);
CHECKED enum err ask_first_password(struct task *t, struct peer *verifiers,
                                    const struct verifier_first_password *in, size_t queue_max,
                                    struct verifier_changed *out);
CHECKED enum err ask_change_password(struct task *t, struct peer *verifiers,
                                     const struct verifier_change_password *in, size_t queue_max,
                                     struct verifier_changed *out);
CHECKED enum err ask_lock(struct task *t, struct peer *verifiers, const struct verifier_lock *in,
                          size_t queue_max, struct verifier_changed *out);
CHECKED enum err ask_history(struct task *t, struct peer *verifiers,
                             const struct verifier_history *in, size_t queue_max,
                             struct verifier_history_told *out);
#endif
