/* The verifier's operations as functions, and the wire form of its messages. */
#include "peer/verifier_client.h"

#include "signer/fields.h"

#define FIELDS_verifier_hello(F) F(str, verifier_key) F(str, verifier_key_previous)
MESSAGE(verifier_hello)

#define FIELDS_verifier_password(F)                                                                \
    F(str, login_name)                                                                             \
    F(str, password)                                                                               \
    F(str, address)                                                                                \
    F(str, address_sealed)                                                                         \
    F(sha256, bearer)                                                                              \
    F(uuid, session)                                                                               \
    F(uuid, old_session)                                                                           \
    F(uuid, old_subject)                                                                           \
    F(str, client_id) F(id16, request_id) F(i64, session_expires_at) F(u32, others) F(i64, asked_us)
MESSAGE(verifier_password)

#define FIELDS_verifier_answer(F)                                                                  \
    F(u8, outcome)                                                                                 \
    F(u32, retry_after_s)                                                                          \
    F(str, proof)                                                                                  \
    F(uuid, subject)                                                                               \
    F(uuid, session)                                                                               \
    F(u8, account_level)                                                                           \
    F(u8, authentication_level) F(u32, amr) F(i64, auth_time) F(u32, generation)
MESSAGE(verifier_answer)

#define FIELDS_verifier_set_password(F)                                                            \
    F(uuid, identity) F(str, password) F(str, words) F(str, operator_name) F(id16, request_id)
MESSAGE(verifier_set_password)

#define FIELDS_verifier_make_code(F)                                                               \
    F(uuid, identity) F(u8, recover) F(str, operator_name) F(id16, request_id)
MESSAGE(verifier_make_code)
#define FIELDS_verifier_made_code(F) F(str, code) F(u8, had_password) F(i64, expires_at)
MESSAGE(verifier_made_code)

#define FIELDS_verifier_code(F)                                                                    \
    F(str, login_name)                                                                             \
    F(str, code) F(str, address) F(str, address_sealed) F(sha256, bearer) F(id16, request_id)
MESSAGE(verifier_code)

#define FIELDS_verifier_first_password(F)                                                          \
    F(str, enrolment)                                                                              \
    F(str, secret)                                                                                 \
    F(str, password)                                                                               \
    F(str, words)                                                                                  \
    F(str, address_sealed)                                                                         \
    F(sha256, bearer) F(uuid, session) F(i64, session_expires_at) F(id16, request_id)
MESSAGE(verifier_first_password)

#define FIELDS_verifier_change_password(F)                                                         \
    F(str, session_proof)                                                                          \
    F(str, secret)                                                                                 \
    F(str, current)                                                                                \
    F(str, password)                                                                               \
    F(str, words)                                                                                  \
    F(str, address) F(str, address_sealed) F(u8, end_others) F(id16, request_id)
MESSAGE(verifier_change_password)

#define FIELDS_verifier_lock(F)                                                                    \
    F(str, session_proof)                                                                          \
    F(str, secret) F(str, current) F(str, address) F(str, address_sealed) F(id16, request_id)
MESSAGE(verifier_lock)

#define FIELDS_verifier_history(F) F(str, session_proof) F(str, secret) F(i64, before_us)
MESSAGE(verifier_history)
#define FIELDS_verifier_history_told(F) F(str, uses) F(i64, older_us)
MESSAGE(verifier_history_told)

#define FIELDS_verifier_changed(F)                                                                 \
    F(u8, outcome)                                                                                 \
    F(u8, fault)                                                                                   \
    F(u32, length_min)                                                                             \
    F(u32, retry_after_s)                                                                          \
    F(str, proof)                                                                                  \
    F(uuid, subject)                                                                               \
    F(uuid, session)                                                                               \
    F(u8, account_level)                                                                           \
    F(u8, authentication_level) F(u32, amr) F(i64, auth_time) F(u32, generation)
MESSAGE(verifier_changed)

enum err ask_password(struct task *t, struct peer *verifiers, const struct verifier_password *in,
                      size_t queue_max, struct verifier_answer *out)
{
    struct buf request = buf_in(t->arena);
    struct str answer;
    put_verifier_password(&request, in);
    TRY(peer_call(t, verifiers, VERIFIER_PASSWORD, buf_str(&request), queue_max, &answer));
    return get_verifier_answer(t->arena, answer, out);
}

enum err ask_set_password(struct task *t, struct peer *verifiers,
                          const struct verifier_set_password *in)
{
    struct buf request = buf_in(t->arena);
    struct str answer;
    put_verifier_set_password(&request, in);
    return peer_call(t, verifiers, VERIFIER_SET_PASSWORD, buf_str(&request), 0, &answer);
}

#define ASK(name, op, request_type, answer_type)                                                   \
    enum err name(struct task *t, struct peer *verifiers, const struct request_type *in,           \
                  size_t queue_max, struct answer_type *out)                                       \
    {                                                                                              \
        struct buf request = buf_in(t->arena);                                                     \
        struct str answer;                                                                         \
        put_##request_type(&request, in);                                                          \
        TRY(peer_call(t, verifiers, op, buf_str(&request), queue_max, &answer));                   \
        return get_##answer_type(t->arena, answer, out);                                           \
    }
ASK(ask_code, VERIFIER_CODE, verifier_code, verifier_answer)
ASK(ask_first_password, VERIFIER_FIRST_PASSWORD, verifier_first_password, verifier_changed)
ASK(ask_change_password, VERIFIER_CHANGE_PASSWORD, verifier_change_password, verifier_changed)
ASK(ask_lock, VERIFIER_LOCK, verifier_lock, verifier_changed)
ASK(ask_history, VERIFIER_HISTORY, verifier_history, verifier_history_told)

enum err ask_make_code(struct task *t, struct peer *verifiers, const struct verifier_make_code *in,
                       struct verifier_made_code *out)
{
    struct buf request = buf_in(t->arena);
    struct str answer;
    put_verifier_make_code(&request, in);
    TRY(peer_call(t, verifiers, VERIFIER_MAKE_CODE, buf_str(&request), 0, &answer));
    return get_verifier_made_code(t->arena, answer, out);
}
