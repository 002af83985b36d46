/* consent withdraw: what a person asks for at a counter.  Takes effect with the statement's commit.
 */
#include "admin/commands.h"

#include "store/grant.h"

enum err cmd_consent_withdraw(struct call *c, json_t **result)
{
    struct uuid id;
    TRY(call_identity(c, &id));
    struct str client = call_text(c, "client");
    struct str reason = call_text(c, "reason");
    struct audit audit = call_audit(c, AUDIT_CONSENT_WITHDRAWN, &id);
    audit.client_id = client;
    audit.ground = str_is(reason) ? reason : STR("asked for by the person");
    TRY(store_consent_withdraw(c->task, c->admin->db, &id, client, &audit));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "id", answer_uuid(c->task->arena, &id));
    json_object_set_new(answer, "client_id", json_str(client));
    json_object_set_new(answer, "consent", json_string("withdrawn"));
    *result = answer;
    return OK;
}
