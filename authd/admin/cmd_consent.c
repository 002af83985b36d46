/* consent list, consent withdraw: what a person asks for at a counter.  A withdrawal takes effect
 * with the statement's commit. */
#include "admin/commands.h"

#include "base/buf.h"
#include "store/grant.h"

static struct str names_of(struct arena *a, struct str claims)
{
    struct buf b = buf_in(a);
    json_t *list = NULL, *name;
    size_t i;
    if (json_read_in(a, claims, &list) != OK) {
        return STR_NONE;
    }
    json_array_foreach(list, i, name)
    {
        buf_fmt(&b, "%s%s", i > 0 ? " " : "", json_is_string(name) ? json_string_value(name) : "");
    }
    return buf_str(&b);
}

enum err cmd_consent_list(struct call *c, json_t **result)
{
    struct uuid id;
    struct consent_listed *list;
    size_t n;
    TRY(call_identity(c, &id));
    TRY(store_consent_list(c->task, c->admin->db, &id, &list, &n));
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "client_id", json_str(list[i].client_id));
        json_object_set_new(row, "given", answer_time(list[i].given_at));
        json_object_set_new(row, "scope", json_str(list[i].scope));
        json_object_set_new(row, "claims", json_str(names_of(c->task->arena, list[i].claims)));
        json_array_append_new(rows, row);
    }
    *result = answer_rows(c->task->arena, rows);
    return OK;
}

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
