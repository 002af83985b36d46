/* Errors of libeid: stable numbers, a category that says who must act, a text for the person and a
 * detail for the log that names the cure. */
#ifndef EID_ERROR_H
#define EID_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define EID_API __attribute__((visibility("default")))

/* Numbers never change and are never reused. */
enum eid_code {
    EID_OK = 0,
    EID_CANCELLED = 1,      /* the person said no on the provider's page */
    EID_LOGIN_NEEDED = 2,   /* prompt=none, but the provider must ask the person something */
    EID_LOGIN_EXPIRED = 3,  /* the login took too long, or its code was used: begin again */
    EID_CLAIM_REFUSED = 10, /* a claim named as required was not released */
    /* the person's account or way of login is below the floor asked for */
    EID_ASSURANCE_NOT_MET = 11,
    EID_BAD_CONFIGURATION = 20,  /* an option of this handle is missing or wrong */
    EID_CLIENT_REFUSED = 21,     /* the provider does not accept client id and secret */
    EID_REQUEST_REFUSED = 22,    /* scope, redirect URI or another parameter is not registered */
    EID_NOT_OFFERED = 23,        /* the provider's metadata lacks the endpoint this needs */
    EID_BAD_METADATA = 24,       /* the provider's metadata is not acceptable */
    EID_BAD_ARGUMENT = 25,       /* this call was made wrongly */
    EID_UNREACHABLE = 30,        /* no answer from the provider */
    EID_BUSY = 31,               /* the provider asks to come back later */
    EID_BAD_ANSWER = 32,         /* an answer that the protocol does not allow */
    EID_STATE_MISMATCH = 40,     /* this browser did not begin that login */
    EID_ISSUER_MISMATCH = 41,    /* the answer comes from another provider (mix-up) */
    EID_TRANSACTION_FORGED = 42, /* the sealed transaction was changed or is for another handle */
    EID_TOKEN_FORGED = 43,       /* signature, algorithm or type of a token is wrong */
    EID_KEYS_FORGED = 44,        /* the key set does not verify with the pinned root */
    EID_NONCE_MISMATCH = 45,     /* the ID token belongs to another login */
    EID_SUBJECT_MISMATCH = 46,   /* userinfo or a refreshed token speaks of somebody else */
    EID_TOKEN_EXPIRED = 50,
    EID_TOKEN_REFUSED = 51,  /* genuine, but not for us, or a claim is out of its range */
    EID_TOKEN_INACTIVE = 52, /* introspection: revoked, expired or unknown */
    EID_KEY_UNKNOWN = 53,    /* signed with a key the provider does not publish (any more) */
    EID_PROOF_MISSING = 54,  /* the token is bound to a key, and no proof came with it */
    EID_PROOF_REFUSED = 55,  /* the DPoP proof is not for this request, key or token, or was used */
    EID_NO_MEMORY = 60,
    EID_INTERNAL = 61
};

enum eid_category {
    EID_CATEGORY_NONE = 0,
    EID_CATEGORY_PERSON = 1,  /* the person cancelled or must log in: offer the button again */
    EID_CATEGORY_REFUSED = 2, /* a claim or the assurance: say what is missing */
    EID_CATEGORY_MISCONFIGURED = 3, /* the portal's operator must act; the detail says what */
    EID_CATEGORY_UNREACHABLE = 4,   /* try again later */
    EID_CATEGORY_ATTACK = 5,        /* somebody may be attacking: log it, show the plain text */
    EID_CATEGORY_TOKEN = 6,         /* the token is not acceptable: answer 401 */
    EID_CATEGORY_INTERNAL = 7
};

/* Filled by every call that fails; the caller's memory.  May be NULL wherever it is taken. */
struct eid_error {
    enum eid_code code;
    enum eid_category category;
    int retry_after_s; /* EID_BUSY: seconds, 0 when not told */
    char oauth[64];    /* the provider's error code ("invalid_grant"), "" when none */
    char detail[384];  /* for the log, in English; holds no secret and no personal datum */
};

EID_API enum eid_category eid_error_category(enum eid_code code);
/* A sentence for the person, never NULL.  language: "vi", "en" (also "vi-VN"); anything else: "en".
 */
EID_API const char *eid_error_text(enum eid_code code, const char *language);
/* "EID_STATE_MISMATCH", …; never NULL. */
EID_API const char *eid_error_name(enum eid_code code);

#ifdef __cplusplus
}
#endif
#endif
