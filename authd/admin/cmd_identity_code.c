/* identity code: a one-time code with which the person sets a password, made and kept (hashed) by a
 * verifier.  It is shown once, here. */
#include "admin/commands.h"

#include <string.h>

#include "peer/verifier_client.h"

enum err cmd_identity_code(struct call *c, json_t **result)
{
    struct uuid id;
    struct verifier_made_code made;
    TRY(call_identity(c, &id));
    struct verifier_make_code ask = {
        .identity = id,
        .recover = call_flag(c, "recover"),
        .operator_name = c->operator_name,
    };
    memcpy(ask.request_id, c->task->request_uuid, sizeof ask.request_id);
    TRY(ask_make_code(c->task, c->admin->process->verifiers, &ask, &made));
    const char *issuer = c->admin->process->config->issuer;
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "id", answer_uuid(c->task->arena, &id));
    json_object_set_new(answer, "code", json_str(made.code));
    json_object_set_new(answer, "page",
                        json_str(str_fmt(c->task->arena, "%s/account/first", issuer)));
    json_object_set_new(answer, "expires", answer_time(made.expires_at));
    json_object_set_new(answer, "replaces_password", json_boolean(made.had_password));
    *result = answer;
    return OK;
}
