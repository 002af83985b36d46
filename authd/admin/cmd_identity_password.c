/* identity password: hands a new password to a verifier, which hashes it, writes the row and the
 * audit entry. This process neither keeps nor judges it.  Whoever logged in with the old password
 * is logged out: it may have been somebody else. */
#include "admin/commands.h"

#include <string.h>

#include "peer/verifier_client.h"
#include "signer/handle.h"
#include "store/session.h"

static enum err end_sessions(struct call *c, const struct uuid *id)
{
    struct session_row *rows;
    size_t n;
    TRY(store_session_list(c->task, c->admin->db, bucket_of(id), id, &rows, &n));
    if (n == 0) {
        return OK; /* a first password, mostly: nothing to write down */
    }
    struct audit audit = call_audit(c, AUDIT_LOGOUT, id);
    audit.ground = STR("new password");
    return store_session_end_all(c->task, c->admin->db, bucket_of(id), id, audit.ground, &audit);
}

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
    TRY(end_sessions(c, &id));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "id", answer_uuid(c->task->arena, &id));
    json_object_set_new(answer, "password", json_string("set"));
    *result = answer;
    return OK;
}
