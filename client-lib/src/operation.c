/* The event-driven driver: gives out what a body asks for, takes the answer, enters it again.  Must
 * not wait, and must not send. */
#include "libeid/operation.h"
#include <stdio.h>
#include <stdlib.h>
#include "libeid/exchange.h"

struct eid_operation {
    struct work w;
    struct eid_client *client;
    work_fn *body;
    struct made *own; /* in the arena */
    struct made nothing;
    bool waits; /* for an answer to w.asked */
    bool done;
};

void made_free(struct made *m)
{
    eid_login_free(m->login);
    eid_identity_free(m->identity);
    eid_token_free(m->token);
    eid_logout_free(m->logout);
    eid_text_free(m->text);
    *m = (struct made){0};
}

const char *operation_text(struct arena *a, const char *text)
{
    return text == NULL ? NULL : str_z(a, str_from(text));
}

/* The arguments, while memory may end. */
static bool copy_arguments(struct eid_operation *op, const struct operation_kind *kind,
                           const void *arguments)
{
    if (setjmp(op->w.exhausted) != 0) {
        return false;
    }
    op->own = kind->copy != NULL ? kind->copy(op->w.arena, arguments) : &op->nothing;
    return true;
}

enum eid_code operation_start(struct eid_client *client, const struct operation_kind *kind,
                              const void *arguments, struct eid_operation **out,
                              struct eid_error *err)
{
    struct eid_operation *op = calloc(1, sizeof(*op));
    if (op == NULL) {
        return work_no_memory(err);
    }
    if (!work_begin(&op->w, NULL) || !copy_arguments(op, kind, arguments)) {
        arena_free(op->w.arena);
        free(op);
        return work_no_memory(err);
    }
    op->client = client;
    op->body = kind->body;
    *out = op;
    return EID_OK;
}

enum eid_next eid_operation_next(struct eid_operation *op, const struct eid_request **request,
                                 struct eid_response **response)
{
    if (!op->done && !op->waits) {
        op->done = work_enter(&op->w, op->client, op->body, op->own) != EID_WAITING;
        op->waits = !op->done && op->w.asked != NULL;
    }
    if (op->done) {
        return EID_NEXT_DONE;
    }
    if (!op->waits) {
        return EID_NEXT_WAIT;
    }
    *request = &op->w.asked->request;
    *response = &op->w.asked->response;
    return EID_NEXT_SEND;
}

void eid_operation_answer(struct eid_operation *op)
{
    if (op->waits) {
        op->w.asked->answered = true;
        op->waits = false;
    }
}

void eid_operation_fail(struct eid_operation *op, const char *why)
{
    if (op->waits) {
        struct exchange *x = op->w.asked;
        snprintf(x->why, sizeof(x->why), "%s", why == NULL ? "no answer" : why);
        x->failed = true;
        eid_operation_answer(op);
    }
}

enum eid_code eid_operation_result(const struct eid_operation *op, struct eid_error *err)
{
    struct work w = {.code = op->w.code, .error = op->w.error, .caller = err};
    if (!op->done) {
        w.error = (struct eid_error){0};
        w.code = work_fail(&w, EID_BAD_ARGUMENT, "the operation is not done");
    }
    return work_end(&w);
}

static bool succeeded(const struct eid_operation *op)
{
    return op->done && op->w.code == EID_OK;
}

struct eid_login *eid_operation_login(struct eid_operation *op)
{
    struct eid_login *taken = succeeded(op) ? op->own->login : NULL;
    if (taken != NULL) {
        op->own->login = NULL;
    }
    return taken;
}

struct eid_identity *eid_operation_identity(struct eid_operation *op)
{
    struct eid_identity *taken = succeeded(op) ? op->own->identity : NULL;
    if (taken != NULL) {
        op->own->identity = NULL;
    }
    return taken;
}

struct eid_token *eid_operation_token(struct eid_operation *op)
{
    struct eid_token *taken = succeeded(op) ? op->own->token : NULL;
    if (taken != NULL) {
        op->own->token = NULL;
    }
    return taken;
}

struct eid_logout *eid_operation_logout(struct eid_operation *op)
{
    struct eid_logout *taken = succeeded(op) ? op->own->logout : NULL;
    if (taken != NULL) {
        op->own->logout = NULL;
    }
    return taken;
}

char *eid_operation_text(struct eid_operation *op)
{
    char *taken = succeeded(op) ? op->own->text : NULL;
    if (taken != NULL) {
        op->own->text = NULL;
    }
    return taken;
}

void eid_operation_free(struct eid_operation *op)
{
    if (op != NULL) {
        made_free(op->own);
        arena_free(op->w.arena);
        free(op);
    }
}
