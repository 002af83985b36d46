/* client update: changes the members that are named and keeps the others; null takes one away. What
 * comes out is validated as a whole, as if it were new.  The sector stays what it was at
 * registration: people keep their pairwise subjects. */
#include "admin/client_answer.h"
#include "admin/commands.h"

static enum err merge(struct call *c, const struct client_row *old, json_t **out)
{
    const json_t *change = json_object_get(c->arguments, "json");
    json_t *merged;
    TRY(json_read_in(c->task->arena, old->metadata, &merged));
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)change, name, value)
    {
        if (str_eqz(STR("client_id"), name)) {
            if (!str_eq(json_member(change, name), old->id)) {
                return fail(ERR_INPUT, "client_id: a client keeps its id");
            }
        } else if (json_is_null(value)) {
            json_object_del(merged, name);
        } else {
            json_object_set(merged, name, value);
        }
    }
    *out = merged;
    return OK;
}

enum err cmd_client_update(struct call *c, json_t **result)
{
    struct client_row old, row;
    struct words ignored;
    json_t *metadata;
    TRY(store_client_find(c->task, c->admin->db, call_text(c, "client_id"), &old));
    TRY(merge(c, &old, &metadata));
    TRY(client_row_make(c, old.id, metadata, old.sector, &row, &ignored));
    TRY(client_sector_check(c, &old, &row));
    row.active = old.active;
    struct audit audit = call_audit(c, AUDIT_CLIENT_UPDATED, NULL);
    audit.client_id = row.id;
    TRY(store_client_update(c->task, c->admin->db, &row, &audit));
    TRY(client_answer(c, &row, result));
    client_answer_ignored(*result, &ignored);
    return OK;
}
