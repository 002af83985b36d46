/* What a signer process consists of; for the files of this folder only. */
#ifndef SIGNER_STATE_H
#define SIGNER_STATE_H
#include "signer/handle.h"
#include "signer/held.h"
#include "signer/signer.h"
#include "signer/warrant.h"

struct signer {
    struct arena *arena; /* texts of the configuration */
    bool configured;     /* after SIGNER_HELLO */
    bool sandbox;        /* as the parent said */
    struct str issuer;
    uint32_t access_token_lifetime_s, id_token_lifetime_s, jwks_max_age_s;
    struct wrap_ring *signers, *verifiers;
    struct held_keys *keys; /* NULL before the first SIGNER_LOAD_KEYS */
    int64_t clock_lead_ms;
    struct quota quotas[SIGNER_OP_COUNT];
    struct jti_random jti_random;
    struct arena *key_set_arena; /* of the signed key set below, made again before it ages */
    struct str signed_jwks;
    int64_t signed_at;
};

/* Seconds of the database's clock. */
int64_t signer_now(const struct signer *s);

/* One operation: decode, check the warrant, do, encode. */
typedef enum err signer_op_fn(struct arena *a, struct signer *s, enum channel from,
                              struct str request, struct str *answer);
signer_op_fn op_hello, op_load_keys, op_generate_key, op_rewrap, op_key_set; /* op_keys.c */
signer_op_fn op_seal;                                                        /* op_seal.c */
signer_op_fn op_issue_code, op_issue_tokens, op_client_token;                /* op_tokens.c */
signer_op_fn op_userinfo;                                                    /* op_userinfo.c */
signer_op_fn op_logout_token;                                                /* op_logout.c */
/* The digests of signer_looked_up, for both operations that answer it (op_identity.c). */
CHECKED enum err signer_digests(struct arena *a, const struct signer *s, struct str kind,
                                struct str value, struct str *out);
signer_op_fn op_import_digests, op_import_compare;                 /* op_import.c */
signer_op_fn op_identity_open, op_lookup_digests, op_address_open; /* op_identity.c */
signer_op_fn op_person, op_password_words;                         /* op_person.c */

signer_op_fn op_sandbox_forge; /* op_forge.c */

/* Encodes an answer; most need no more room. */
#define ANSWER_ROOM 2048
#define ANSWER(a, type, value, answer)                                                             \
    do {                                                                                           \
        struct buf answer_buf_ = buf_in(a);                                                        \
        buf_room(&answer_buf_, ANSWER_ROOM);                                                       \
        put_##type(&answer_buf_, (value));                                                         \
        *(answer) = buf_str(&answer_buf_);                                                         \
    } while (0)

#endif
