/* Operations: every call that may wait, for programs with an event loop.  libeid makes requests and
 * takes answers; it never waits, starts no thread and needs no file descriptor.
 *
 *   eid_login_finish_start(client, callback, transaction, &op, &err);
 *   for (;;) {
 *       switch (eid_operation_next(op, &request, &response)) {
 *       case EID_NEXT_SEND: …send it; when the answer is there fill the response, then
 *                           eid_operation_answer(op), or eid_operation_fail(op, why)…
 *       case EID_NEXT_WAIT: …call next again in EID_WAIT_MS, or when another operation ended…
 *       case EID_NEXT_DONE: eid_operation_result(op, &err); who = eid_operation_identity(op);
 *       }
 *   }
 *   eid_operation_free(op);
 *
 * An operation belongs to one thread at a time; different operations of one handle may be in
 * different threads.  Texts given to a *_start are copied; a handle or an identity given to it must
 * live until the operation is freed.  Freeing an operation that is not done cancels it: what was
 * sent was sent.  With EID_CACHE_FILE a small file is read once and written after each fetch;
 * nothing else touches the disk.  The blocking calls of the other headers are loops over the same
 * operations. */
#ifndef EID_OPERATION_H
#define EID_OPERATION_H
#include "eid/identity.h"
#include "eid/login.h"
#include "eid/token.h"
#include "eid/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_operation;

enum eid_next {
    EID_NEXT_SEND = 1, /* *request is to be sent; asked again, the same request is given again */
    EID_NEXT_WAIT = 2, /* another operation of this handle fetches metadata or keys for this one */
    EID_NEXT_DONE = 3
};
#define EID_WAIT_MS 50

/* Beginning.  Each is the call of the same name without _start.  Fails only for want of memory;
 * everything else is told by eid_operation_result. */
EID_API enum eid_code eid_client_prepare_start(struct eid_client *client,
                                               struct eid_operation **out, struct eid_error *err);
EID_API enum eid_code eid_login_begin_start(struct eid_client *client,
                                            const struct eid_login_ask *ask,
                                            struct eid_operation **out, struct eid_error *err);
EID_API enum eid_code eid_login_finish_start(struct eid_client *client, const char *callback,
                                             const char *transaction, struct eid_operation **out,
                                             struct eid_error *err);
EID_API enum eid_code eid_logout_url_start(struct eid_client *client, const char *id_token,
                                           const char *state, struct eid_operation **out,
                                           struct eid_error *err);
EID_API enum eid_code eid_identity_userinfo_start(struct eid_client *client,
                                                  struct eid_identity *identity,
                                                  struct eid_operation **out,
                                                  struct eid_error *err);
EID_API enum eid_code eid_identity_refresh_start(struct eid_client *client,
                                                 const struct eid_identity *identity,
                                                 struct eid_operation **out, struct eid_error *err);
EID_API enum eid_code eid_token_verify_start(struct eid_client *client, const char *access_token,
                                             const char *audience, struct eid_operation **out,
                                             struct eid_error *err);
EID_API enum eid_code eid_token_verify_dpop_start(struct eid_client *client,
                                                  const char *access_token, const char *audience,
                                                  const struct eid_dpop_request *request,
                                                  eid_replay_fn *replay, void *arg,
                                                  struct eid_operation **out,
                                                  struct eid_error *err);
EID_API enum eid_code eid_token_introspect_start(struct eid_client *client, const char *token,
                                                 struct eid_operation **out, struct eid_error *err);
EID_API enum eid_code eid_token_revoke_start(struct eid_client *client, const char *token,
                                             struct eid_operation **out, struct eid_error *err);
EID_API enum eid_code eid_logout_token_verify_start(struct eid_client *client,
                                                    const char *logout_token,
                                                    struct eid_operation **out,
                                                    struct eid_error *err);

/* What is to be done now.  With EID_NEXT_SEND both pointers are set; they are the operation's and
 * valid until it is answered, failed or freed. */
EID_API enum eid_next eid_operation_next(struct eid_operation *op,
                                         const struct eid_request **request,
                                         struct eid_response **response);
/* The response is filled: go on.  Call eid_operation_next afterwards. */
EID_API void eid_operation_answer(struct eid_operation *op);
/* There is no answer: why, for the log ("connection refused").  Call eid_operation_next afterwards.
 */
EID_API void eid_operation_fail(struct eid_operation *op, const char *why);

/* After EID_NEXT_DONE: EID_OK or why it failed; before: EID_BAD_ARGUMENT. */
EID_API enum eid_code eid_operation_result(const struct eid_operation *op, struct eid_error *err);
/* What it made, handed over to the caller, who frees it.  NULL: not done, failed, taken already, or
 * an operation that makes something else. */
EID_API struct eid_login *eid_operation_login(struct eid_operation *op);
EID_API struct eid_identity *eid_operation_identity(struct eid_operation *op);
EID_API struct eid_token *eid_operation_token(struct eid_operation *op);
EID_API struct eid_logout *eid_operation_logout(struct eid_operation *op);
EID_API char *eid_operation_text(struct eid_operation *op); /* eid_text_free */
EID_API void eid_operation_free(struct eid_operation *op);  /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
