/* identity password: hands a new password to a verifier, which judges and hashes it and writes the
 * row and the audit entry.  Whoever logged in with the old password is logged out in the same
 * statement: it may have been somebody else. */
#include "admin/commands.h"

#include <string.h>

#include "peer/verifier_client.h"

enum err cmd_identity_password(struct call *c, json_t **result)
{
    struct uuid id;
    struct str password = call_text(c, "password");
    if (!str_is(password)) {
        return fail(ERR_INPUT, "identity password: the password is missing on standard input");
    }
    TRY(call_identity(c, &id));
    struct str words;
    TRY(admin_password_words(c->task, c->admin, &id, &words));
    struct verifier_set_password ask = {
        .identity = id,
        .password = password,
        .words = words,
        .operator_name = c->operator_name,
    };
    memcpy(ask.request_id, c->task->request_uuid, sizeof ask.request_id);
    TRY(ask_set_password(c->task, c->admin->process->verifiers, &ask));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "id", answer_uuid(c->task->arena, &id));
    json_object_set_new(answer, "password", json_string("set"));
    *result = answer;
    return OK;
}
