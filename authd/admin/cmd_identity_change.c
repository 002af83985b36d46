/* identity activate, lock, unlock, close: one change of state with its legal ground.  The database
 * allows only the transitions of store/identity.h; locking and closing end sessions and grants in
 * the same statement. */
#include "admin/commands.h"

#include "signer/handle.h"
#include "store/identity.h"

static enum err change(struct call *c, const char *to, enum audit_event event, json_t **result)
{
    struct arena *a = c->task->arena;
    struct uuid id;
    TRY(call_identity(c, &id));
    struct str ground = call_text(c, "ground");
    struct audit audit = call_audit(c, event, &id);
    audit.ground = ground;
    TRY(store_identity_change(c->task, c->admin->db, &id, str_from(to), c->operator_name, ground,
                              &audit));
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "id", answer_uuid(a, &id));
    json_object_set_new(answer, "state", json_string(to));
    *result = answer;
    return OK;
}

enum err cmd_identity_activate(struct call *c, json_t **result)
{
    return change(c, "active", AUDIT_IDENTITY_ACTIVATED, result);
}

enum err cmd_identity_lock(struct call *c, json_t **result)
{
    return change(c, "locked", AUDIT_IDENTITY_LOCKED, result);
}

enum err cmd_identity_unlock(struct call *c, json_t **result)
{
    return change(c, "active", AUDIT_IDENTITY_UNLOCKED, result);
}

enum err cmd_identity_close(struct call *c, json_t **result)
{
    return change(c, "closed", AUDIT_IDENTITY_CLOSED, result);
}
