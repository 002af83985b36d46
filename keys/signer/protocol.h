/* Everything a signer can be asked, request and answer of each operation side by side.  The wire
 * form of every struct is written and read in protocol.c, in the order of the fields here;
 * docs/wire.md is made from this page.  Which warrant an operation needs, and on whose channel it
 * may arrive, is the one table in warrant.c. */
#ifndef SIGNER_PROTOCOL_H
#define SIGNER_PROTOCOL_H
#include "proc/wire.h"
#include "signer/proof.h"

enum signer_op {
    SIGNER_HELLO = 1,    /* parent: configuration and master key, before anything else */
    SIGNER_LOAD_KEYS,    /* clerk: the sealed key store rows */
    SIGNER_GENERATE_KEY, /* clerk, admin: a new key, sealed */
    SIGNER_REWRAP,     /* admin: something wrapped by the previous master key, by the present one */
    SIGNER_KEY_SET,    /* anybody: the public key set and its signed form */
    SIGNER_SEAL,       /* web, clerk, admin, verifier: seal an identity document */
    SIGNER_ISSUE_CODE, /* web + session proof: proofs of a code and of its grant */
    SIGNER_ISSUE_TOKENS,   /* web + code or refresh proof */
    SIGNER_CLIENT_TOKEN,   /* web: an access token that names no person */
    SIGNER_USERINFO,       /* web + our own access token + grant proof */
    SIGNER_LOGOUT_TOKEN,   /* courier: logout+jwt only */
    SIGNER_IDENTITY_OPEN,  /* admin: operator's warrant, with quota */
    SIGNER_LOOKUP_DIGESTS, /* admin: keyed digests of a personal number, phone, e-mail; counted */
    SIGNER_ADDRESS_OPEN,   /* admin: operator's warrant: a sealed audit address */
    SIGNER_PERSON,         /* web + session proof: what the person's own pages show */
    SIGNER_PASSWORD_WORDS, /* web, admin: what others know about somebody, sealed for verifiers */
    SIGNER_IMPORT_DIGESTS, /* admin: LOOKUP_DIGESTS for an import: operator's warrant, counted apart
                            */
    SIGNER_IMPORT_COMPARE, /* admin: does a sealed document say this? yes or no; operator, counted
                            */
    SIGNER_SANDBOX_FORGE,  /* web: an ID token made wrong; refused where there is no sandbox */
    SIGNER_OP_COUNT
};

/* Who is at the other end of a channel; fixed by the parent when it makes the pair. */
enum channel {
    CHANNEL_PARENT = 1,
    CHANNEL_WEB,
    CHANNEL_VERIFIER,
    CHANNEL_CLERK,
    CHANNEL_COURIER,
    CHANNEL_ADMIN,
    CHANNEL_COUNT
};

struct sealed_document { /* what the database holds of one document of an identity */
    struct uuid identity;
    struct str kind; /* "person", "organisation" */
    uint32_t version;
    struct str sealed;      /* AES-256-GCM: nonce | ciphertext | tag; AAD identity, kind, version */
    struct str wrapped_key; /* the identity's key under its bucket key */
    uint16_t bucket;
    uint32_t bucket_key_version;
    struct str wrapped_bucket_key; /* bucket key under the master key; names the master's kid */
};

struct signer_hello {
    struct str issuer;
    struct str master_key;          /* 32 bytes */
    struct str master_key_previous; /* 32 bytes or absent */
    uint32_t access_token_lifetime_s;
    uint32_t id_token_lifetime_s;
    uint32_t jwks_max_age_s;
    uint8_t sandbox; /* 1: SIGNER_SANDBOX_FORGE is served */
};

struct key_row { /* one row of keystore_key */
    struct str kid;
    struct str use; /* "sign", "root", "subject", "proof", "pepper", "lookup", "handle", "audit" */
    struct str alg; /* "ES256", "EdDSA", "PS256", "RS256"; "" for symmetric and X25519 keys */
    struct str state;      /* "next", "active", "retiring", "retired", "revoked" */
    struct str public_jwk; /* JSON, absent for symmetric keys */
    struct str sealed;     /* private part under the master key (or the verifiers' key) */
    int64_t activate_at;   /* 0: not planned */
    int64_t created_at;
    uint32_t version; /* of look-up keys and peppers: the number rows refer to; else 1 */
};
struct signer_load_keys {
    uint64_t generation; /* of the key store; grows with every change */
    int64_t
        clock_lead_ms; /* database time minus the monotonic clock: signers count by the former */
    struct key_row *rows;
    uint32_t n_rows;
};

struct signer_generate_key {
    struct str use, alg;
};
struct signer_generated_key {
    struct str kid, public_jwk, sealed;
};

/* kind "key": context is "use kid"; kind "bucket": context is the bucket's number in decimal. */
struct signer_rewrap {
    struct str kind, context, wrapped;
};
struct signer_rewrapped {
    struct str wrapped;
};

struct signer_key_set {
    uint64_t generation;
    struct str jwks;          /* JSON: {"keys":[…]}, next, active and retiring keys */
    struct str signed_jwks;   /* JWT, typ jwk-set+jwt, signed by the root key */
    struct str root_jwk;      /* public part of the root, to be pinned */
    struct str next_root_jwk; /* of the one that will follow it; absent: none is made */
    struct str audit_public;  /* X25519, 32 bytes: seals addresses in the audit */
    struct str handle_key;    /* 32 bytes: masks the bucket in handles; given to web, verifier and
                                 courier only */
    struct str revoked_kids;  /* JSON array: tokens under these are dead */
    struct str retired_jwks;  /* JSON: {"keys":[…]} of retired signing keys: they still verify
                                 id_token_hint */
};

struct signer_seal {
    struct sealed_document document; /* sealed absent; wrapped keys absent when they must be made */
    struct str plaintext;            /* JSON object of attributes, see docs/claims.md */
};
struct signer_sealed {
    struct str sealed, wrapped_key, wrapped_bucket_key;
};

struct signer_issue_code {
    struct str session_proof, session_secret; /* the warrant */
    struct proof code; /* kind PROOF_CODE; person, levels, times are taken from the session */
    uint8_t want_sub;  /* not 0: out->sub is needed */
};
struct signer_issued_code {
    struct str code_proof, grant_proof;
    struct str sid; /* session id as this client may know it */
    struct str sub; /* when it was wanted: the person as this client knows it, for id_token_hint */
};

struct signer_issue_tokens {
    struct str proof, secret; /* the warrant: PROOF_CODE or PROOF_REFRESH */
    struct str scope;         /* absent: all that was granted; else a subset */
    struct str resource;      /* absent: all that was granted; else a subset */
    struct str cnf;           /* the key shown with the request, as a confirmation; absent: none */
    uint8_t want_id_token;
    struct str id_token_alg;
    uint32_t access_token_lifetime_s; /* 0: default; never longer than configured */
    struct sha256 refresh_bearer;     /* all zero: no refresh token */
    int64_t refresh_expires_at;
    uint8_t account_level_floor, authentication_level_floor; /* the client's now: ERR_CONFLICT when
                                                                the login did not reach them */
    struct sealed_document *documents; /* when `claims` asks for something in the ID token */
    uint32_t n_documents;
};
struct signer_issued_tokens {
    struct str access_token, id_token, refresh_proof;
    struct str scope;
    int64_t expires_at; /* of the access token */
};

struct signer_client_token {
    struct str client_id, scope, audience /* space separated */, cnf;
    uint32_t lifetime_s;
};
struct signer_client_tokened {
    struct str access_token;
    int64_t expires_at;
};

struct signer_userinfo {
    struct str access_token, grant_proof; /* the warrant */
    struct sealed_document *documents;
    uint32_t n_documents;
};
struct signer_userinfoed {
    struct str claims; /* JSON object with sub */
};

struct signer_logout_token {
    struct uuid subject, session;
    struct str client_id, sector, alg;
    struct str jti; /* of the outbox row: a repeated delivery carries the same */
};
struct signer_logout_tokened {
    struct str token;
};

struct signer_identity_open {
    struct str operator_name, reason;
    struct sealed_document document;
};
struct signer_identity_opened {
    struct str attributes; /* JSON object */
};

struct signer_lookup_digests {
    struct str kind, value;
}; /* value normalised by the caller */
struct signer_looked_up {
    struct str digests; /* n * (u32 key version | 32 bytes) */
};

struct signer_import_digests {
    struct str operator_name, reason;
    struct str kind, value;
}; /* answered by signer_looked_up */

struct signer_import_compare {
    struct str operator_name, reason;
    struct sealed_document document;
    struct str plaintext; /* JSON object */
};
struct signer_import_compared {
    uint8_t same; /* 1: all members but updated_at are equal */
};

struct signer_address_open {
    struct str operator_name, reason, sealed;
};
struct signer_address_opened {
    struct str address;
};

struct signer_person {
    struct str session_proof, session_secret; /* the warrant */
    struct sealed_document document;
};
struct signer_personed {
    struct str name, number_end; /* the number's last three digits */
};

struct signer_password_words {
    struct sealed_document document;
};
struct signer_password_worded {
    struct str sealed; /* JSON object (password_words.h) that only verifiers can open */
};

struct signer_sandbox_forge {
    struct str token, fault; /* an ID token of ours; a name of authd/fixture/faults.c */
    uint32_t amount;         /* seconds, where the fault has them */
};
struct signer_sandbox_forged {
    struct str token;
};

/* For each struct above: put_ writes it, get_ reads it (slices of the message; arrays in the
 * arena). */
#define SIGNER_MESSAGES(X)                                                                         \
    X(signer_hello)                                                                                \
    X(signer_load_keys)                                                                            \
    X(signer_generate_key)                                                                         \
    X(signer_generated_key)                                                                        \
    X(signer_rewrap)                                                                               \
    X(signer_rewrapped)                                                                            \
    X(signer_key_set) X(signer_seal) X(signer_sealed) X(signer_issue_code) X(signer_issued_code)   \
        X(signer_issue_tokens) X(signer_issued_tokens) X(signer_client_token)                      \
            X(signer_client_tokened) X(signer_userinfo) X(signer_userinfoed)                       \
                X(signer_logout_token) X(signer_logout_tokened) X(signer_identity_open)            \
                    X(signer_identity_opened) X(signer_lookup_digests) X(signer_looked_up)         \
                        X(signer_address_open) X(signer_address_opened) X(signer_person)           \
                            X(signer_personed) X(signer_password_words) X(signer_password_worded)  \
                                X(signer_import_digests) X(signer_import_compare)                  \
                                    X(signer_import_compared) X(signer_sandbox_forge)              \
                                        X(signer_sandbox_forged)
#define X(name)                                                                                    \
    void put_##name(struct buf *b, const struct name *m);                                          \
    CHECKED enum err get_##name(struct arena *a, struct str bytes, struct name *out);
SIGNER_MESSAGES(X)
#undef X

#endif
