/* The signer's operations as functions: encode, call, decode.  A refused warrant is the signer's
 * alarm (signer_body.c); here a line beside it says which request it was. */
#include "peer/signer_client.h"

#include "base/clock.h"
#include "log/log.h"

/* A signer that has just been started again has no keys until the clerk brings them: that long a
 * call waits. Signers keep no state, so repeating a call is safe. */
#define KEYLESS_MS 3000
#define KEYLESS_PAUSE_MS 50

static enum err ask(struct task *t, struct peer *signers, enum signer_op op, struct str request,
                    struct str *answer)
{
    int64_t until_ms = clock_mono_ms() + KEYLESS_MS;
    enum err e = peer_call(t, signers, (uint16_t)op, request, 0, answer);
    /* The key set is asked for every second and has its own cache: it does not wait. */
    while (e == ERR_UNAVAILABLE && op != SIGNER_KEY_SET && clock_mono_ms() < until_ms) {
        TRY(task_sleep(t, KEYLESS_PAUSE_MS));
        e = peer_call(t, signers, (uint16_t)op, request, 0, answer);
    }
    if (e == ERR_DENIED) {
        log_failure(LOG_WARN, PEER_REFUSED, e, LOG_INT("op", op));
    }
    return e;
}

/* At most so many are on their way for one task: what a citizen asks meanwhile waits for no more.
 */
#define EACH_AT_ONCE 64

/* Calls that found no signer with keys are made again, one by one. */
static enum err ask_some(struct task *t, struct peer *signers, enum signer_op op,
                         const struct str *requests, size_t n, struct str *answers)
{
    enum err result[EACH_AT_ONCE];
    enum err e = peer_call_each(t, signers, (uint16_t)op, requests, n, result, answers);
    if (e == ERR_DENIED) {
        log_failure(LOG_WARN, PEER_REFUSED, e, LOG_INT("op", op));
    }
    if (e != ERR_UNAVAILABLE) {
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        if (result[i] != OK) {
            TRY(ask(t, signers, op, requests[i], &answers[i]));
        }
    }
    return OK;
}

static enum err ask_each(struct task *t, struct peer *signers, enum signer_op op,
                         const struct str *requests, size_t n, struct str *answers)
{
    for (size_t i = 0; i < n; i += EACH_AT_ONCE) {
        size_t some = n - i < EACH_AT_ONCE ? n - i : EACH_AT_ONCE;
        TRY(ask_some(t, signers, op, requests + i, some, answers + i));
    }
    return OK;
}

#define ASK_EACH(function, op, request_type, answer_type)                                          \
    enum err function(struct task *t, struct peer *signers, const struct request_type *in,         \
                      size_t n, struct answer_type *out)                                           \
    {                                                                                              \
        struct str *requests = arena_array(t->arena, n, sizeof *requests);                         \
        struct str *answers = arena_array(t->arena, n, sizeof *answers);                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            struct buf request = buf_in(t->arena);                                                 \
            put_##request_type(&request, &in[i]);                                                  \
            requests[i] = buf_str(&request);                                                       \
        }                                                                                          \
        TRY(ask_each(t, signers, op, requests, n, answers));                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            TRY(get_##answer_type(t->arena, answers[i], &out[i]));                                 \
        }                                                                                          \
        return OK;                                                                                 \
    }

#define ASK(function, op, request_type, answer_type)                                               \
    enum err function(struct task *t, struct peer *signers, const struct request_type *in,         \
                      struct answer_type *out)                                                     \
    {                                                                                              \
        struct buf request = buf_in(t->arena);                                                     \
        struct str answer;                                                                         \
        put_##request_type(&request, in);                                                          \
        TRY(ask(t, signers, op, buf_str(&request), &answer));                                      \
        return get_##answer_type(t->arena, answer, out);                                           \
    }

ASK(ask_generate_key, SIGNER_GENERATE_KEY, signer_generate_key, signer_generated_key)
ASK(ask_rewrap, SIGNER_REWRAP, signer_rewrap, signer_rewrapped)
ASK(ask_seal, SIGNER_SEAL, signer_seal, signer_sealed)
ASK(ask_issue_code, SIGNER_ISSUE_CODE, signer_issue_code, signer_issued_code)
ASK(ask_issue_tokens, SIGNER_ISSUE_TOKENS, signer_issue_tokens, signer_issued_tokens)
ASK(ask_client_token, SIGNER_CLIENT_TOKEN, signer_client_token, signer_client_tokened)
ASK(ask_userinfo, SIGNER_USERINFO, signer_userinfo, signer_userinfoed)
ASK(ask_logout_token, SIGNER_LOGOUT_TOKEN, signer_logout_token, signer_logout_tokened)
ASK(ask_identity_open, SIGNER_IDENTITY_OPEN, signer_identity_open, signer_identity_opened)
ASK(ask_lookup_digests, SIGNER_LOOKUP_DIGESTS, signer_lookup_digests, signer_looked_up)
ASK_EACH(ask_seal_each, SIGNER_SEAL, signer_seal, signer_sealed)
ASK_EACH(ask_import_digests_each, SIGNER_IMPORT_DIGESTS, signer_import_digests, signer_looked_up)
ASK_EACH(ask_import_compare_each, SIGNER_IMPORT_COMPARE, signer_import_compare,
         signer_import_compared)
ASK(ask_address_open, SIGNER_ADDRESS_OPEN, signer_address_open, signer_address_opened)
ASK(ask_person, SIGNER_PERSON, signer_person, signer_personed)
ASK(ask_sandbox_forge, SIGNER_SANDBOX_FORGE, signer_sandbox_forge, signer_sandbox_forged)
ASK(ask_password_words, SIGNER_PASSWORD_WORDS, signer_password_words, signer_password_worded)

enum err ask_key_set(struct task *t, struct peer *signers, struct signer_key_set *out)
{
    struct buf request = buf_in(t->arena);
    struct str answer;
    TRY(ask(t, signers, SIGNER_KEY_SET, buf_str(&request), &answer));
    return get_signer_key_set(t->arena, answer, out);
}

enum err ask_load_keys(struct task *t, struct peer *signers, const struct signer_load_keys *in)
{
    struct buf request = buf_in(t->arena);
    put_signer_load_keys(&request, in);
    return peer_call_all(t, signers, SIGNER_LOAD_KEYS, buf_str(&request));
}
