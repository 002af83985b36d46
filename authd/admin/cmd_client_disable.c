/* client disable: nobody can use it any more.  Its registration and its history stay. */
#include "admin/commands.h"

#include "store/client.h"

enum err cmd_client_disable(struct call *c, json_t **result)
{
    struct str id = call_text(c, "client_id");
    struct audit audit = call_audit(c, AUDIT_CLIENT_DISABLED, NULL);
    audit.client_id = id;
    audit.ground = call_text(c, "reason");
    TRY(store_client_disable(c->task, c->admin->db, id, &audit));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "client_id", json_str(id));
    json_object_set_new(answer, "state", json_string("disabled"));
    *result = answer;
    return OK;
}
