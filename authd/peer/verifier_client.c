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
    F(uuid, old_session) F(uuid, old_subject) F(str, client_id) F(id16, request_id)                \
        F(i64, session_expires_at)
MESSAGE(verifier_password)

#define FIELDS_verifier_answer(F)                                                                  \
    F(u8, outcome)                                                                                 \
    F(u32, retry_after_s)                                                                          \
    F(str, proof)                                                                                  \
    F(uuid, subject)                                                                               \
    F(uuid, session)                                                                               \
    F(u8, account_level)                                                                           \
    F(u8, authentication_level) F(u32, amr) F(i64, auth_time)
MESSAGE(verifier_answer)

#define FIELDS_verifier_set_password(F)                                                            \
    F(uuid, identity) F(str, password) F(str, words) F(str, operator_name) F(id16, request_id)
MESSAGE(verifier_set_password)

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
