/* identity show: state, history and attributes of one identity.  Opening the attributes takes the
 * operator's warrant: the signer counts them, and the audit entry is written first, so that nothing
 * is seen unseen. */
#include "admin/commands.h"

#include "peer/signer_client.h"
#include "signer/handle.h"
#include "store/grant.h"
#include "store/identity.h"

static enum err history(struct call *c, const struct uuid *id, json_t *answer)
{
    struct identity_change_row *rows;
    size_t n;
    TRY(store_identity_history(c->task, c->admin->db, id, &rows, &n));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "at", answer_time(rows[i].at));
        json_object_set_new(
            row, "from", str_is(rows[i].from_state) ? json_str(rows[i].from_state) : json_null());
        json_object_set_new(row, "to", json_str(rows[i].to_state));
        json_object_set_new(row, "actor", json_str(rows[i].actor));
        json_object_set_new(row, "ground", json_str(rows[i].legal_ground));
        json_array_append_new(list, row);
    }
    json_object_set_new(answer, "history", list);
    return OK;
}

static enum err attributes(struct call *c, const struct uuid *id, struct str reason, json_t *answer)
{
    struct sealed_document *documents;
    size_t n;
    TRY(store_documents(c->task, c->admin->db, id, &documents, &n));
    struct audit audit = call_audit(c, AUDIT_IDENTITY_SHOWN, id);
    audit.ground = reason;
    TRY(store_audit_write(c->task, c->admin->db, &audit));
    for (size_t i = 0; i < n; i++) {
        struct signer_identity_open ask = {c->operator_name, reason, documents[i]};
        struct signer_identity_opened opened;
        json_t *values;
        TRY(ask_identity_open(c->task, c->admin->process->signers, &ask, &opened));
        TRY(json_read_in(c->task->arena, opened.attributes, &values));
        json_object_set(answer, "attributes", values);
    }
    return OK;
}

enum err cmd_identity_show(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    struct uuid id;
    struct identity_row row;
    TRY(call_identity(c, &id));
    TRY(store_identity_find(c->task, c->admin->db, &id, &row));
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "id", answer_uuid(a, &row.id));
    json_object_set_new(answer, "kind", json_str(row.kind));
    json_object_set_new(answer, "state", json_str(row.state));
    json_object_set_new(answer, "account_level", json_integer(row.account_level));
    json_object_set_new(answer, "created", answer_time(row.created_at));
    json_object_set_new(answer, "state_changed", answer_time(row.state_changed_at));
    struct str reason = call_text(c, "reason");
    TRY(attributes(c, &id, str_is(reason) ? reason : STR("not stated"), answer));
    TRY(history(c, &id, answer));
    *result = answer;
    return OK;
}
