/* keys list, keys history: the rows of the key store as people read them.  No key material, not
 * even public. */
#include "admin/commands.h"

#include "keyring/keyring.h"

static json_t *key_entry(const struct keystore_row *row)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "kid", json_str(row->kid));
    json_object_set_new(entry, "use", json_str(row->use));
    json_object_set_new(entry, "alg", json_str(str_is(row->alg) ? row->alg : STR("")));
    json_object_set_new(entry, "state", json_str(row->state));
    json_object_set_new(entry, "created", answer_time(row->created_at));
    json_object_set_new(entry, "published", answer_time(row->published_at));
    json_object_set_new(entry, "activates",
                        str_eqz(row->state, "next") ? answer_time(row->activate_at) : json_null());
    json_object_set_new(entry, "activated", answer_time(row->activated_at));
    json_object_set_new(entry, "unpublished", answer_time(row->unpublish_at));
    return entry;
}

static bool is_past(const struct keystore_row *row)
{
    return str_eqz(row->state, "retired") || str_eqz(row->state, "revoked");
}

enum err cmd_keys_list(struct call *c, json_t **result)
{
    struct keyring ring;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    bool all = call_flag(c, "all");
    json_t *rows = json_array();
    for (size_t i = 0; i < ring.n; i++) {
        if (all || !is_past(&ring.rows[i])) {
            json_array_append_new(rows, key_entry(&ring.rows[i]));
        }
    }
    *result = answer_rows(c->task->arena, rows);
    return OK;
}

enum err cmd_keys_history(struct call *c, json_t **result)
{
    struct keyring ring;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    json_t *rows = json_array();
    for (size_t i = 0; i < ring.n; i++) {
        const struct keystore_row *row = &ring.rows[i];
        if (!str_eqz(row->use, "sign")) {
            continue;
        }
        json_t *entry = key_entry(row);
        json_object_set_new(entry, "retired", answer_time(row->retired_at));
        json_object_set_new(entry, "revoked", answer_time(row->revoked_at));
        if (str_is(row->revoke_reason)) {
            json_object_set_new(entry, "reason", json_str(row->revoke_reason));
        }
        json_array_append_new(rows, entry);
    }
    *result = answer_rows(c->task->arena, rows);
    return OK;
}
