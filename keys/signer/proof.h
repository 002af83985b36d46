/* Login proofs: who somebody is, under a MAC whose keys only verifiers and signers hold (DESIGN.md
 * section 3).  A proof goes with exactly one bearer secret (cookie, code, refresh token), whose
 * SHA-256 it names, so that reading a table that holds proofs yields nothing.  The chain is
 *
 *   session (made by the verifier) -> code and grant -> refresh -> refresh …  (made by the signer)
 *
 * each narrowed to client and scope, never widened.  Encoded:  u8 version | kid | fields | 32 bytes
 * MAC. */
#ifndef SIGNER_PROOF_H
#define SIGNER_PROOF_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#define UUID_SIZE 16
struct uuid {
    uint8_t b[UUID_SIZE];
};

enum proof_kind {
    PROOF_SESSION = 1,  /* bearer: the session cookie's secret */
    PROOF_CODE = 2,     /* bearer: the authorization code's secret */
    PROOF_REFRESH = 3,  /* bearer: the refresh token's secret */
    PROOF_GRANT = 4,    /* bearer: none; goes with an access token of the same grant */
    PROOF_ENROLMENT = 5 /* bearer: the browser's; a right one-time code, named in `grant`: for
                           verifiers only, to set a password */
};

/* Authentication methods (RFC 8176 amr), as bits. */
enum amr { AMR_PWD = 1, AMR_OTP = 2, AMR_HWK = 4, AMR_BIO = 8, AMR_SC = 16, AMR_MFA = 32 };

struct proof {
    enum proof_kind kind;
    struct sha256 bearer;
    struct uuid subject; /* person or organisation the identity is of */
    struct uuid actor;   /* the person who acts; the subject itself when nobody else does */
    struct uuid mandate; /* all zero: none */
    int64_t mandate_expires_at;
    struct uuid session;          /* id of the SSO session */
    uint8_t account_level;        /* 0 for organisations, 1, 2 */
    uint8_t authentication_level; /* 1..4 */
    uint32_t amr;
    int64_t auth_time;
    int64_t expires_at;    /* nothing is issued from it later */
    int64_t grant_ends_at; /* end of every grant given from it: refresh tokens may outlive the
                              session or code they come from, but not this; 0: expires_at */
    /* from here on empty in PROOF_SESSION */
    struct uuid grant;
    struct str client_id;
    struct str sector; /* of the pairwise subject */
    struct str scope;  /* granted, space separated */
    struct str claims; /* JSON of the granted `claims` parameter: {"id_token":[…],"userinfo":[…]} */
    struct str nonce;    /* PROOF_CODE and the refreshes from it */
    struct str cnf;      /* what tokens are bound to (confirmation.h), or STR_NONE */
    struct str resource; /* audiences of access tokens, space separated */
};

struct proof_key {
    char kid[24];
    uint8_t key[32];
};

/* Encodes with a MAC under `key`. */
struct str proof_seal(struct arena *a, const struct proof_key *key, const struct proof *p);
/* Decodes after checking the MAC (constant time) with the key its kid names.  ERR_DENIED for a
 * wrong or unknown MAC, ERR_INPUT for what can't be decoded, ERR_EXPIRED after expires_at. */
CHECKED enum err proof_open(struct arena *a, const struct proof_key *keys, size_t n_keys,
                            struct str sealed, int64_t now, struct proof *out);
/* Is this the secret the proof goes with?  Constant time. */
bool proof_goes_with(const struct proof *p, struct str secret);
/* true when `child` grants nothing that `parent` does not: same person, session and levels, not
 * later than the parent's end; and for parents with a client: same client and sector, scope a
 * subset. */
bool proof_narrows(const struct proof *parent, const struct proof *child);
bool uuid_is_none(const struct uuid *u);

#endif
