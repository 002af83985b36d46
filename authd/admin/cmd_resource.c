/* resource add, resource list: APIs that take our access tokens. */
#include "admin/commands.h"

#include "base/url.h"
#include "store/client.h"

enum err cmd_resource_add(struct call *c, json_t **result)
{
    struct resource_row row = {
        .audience = call_text(c, "audience"),
        .name = call_text(c, "name"),
        .scopes = call_text(c, "scopes"),
        .client_id = call_text(c, "client"),
        .may_introspect = !call_flag(c, "no-introspection"),
    };
    struct url url;
    /* spec: RFC 8707 §2 resource MUST be an absolute URI and MUST NOT include a fragment */
    if (url_parse(row.audience, &url) != OK || url.fragment.p) {
        return fail(ERR_INPUT, "audience: an absolute URL without fragment, as in resource=…");
    }
    if (!row.scopes.p) {
        row.scopes = STR("");
    }
    if (str_is(row.client_id)) {
        struct client_row client;
        if (store_client_find(c->task, c->admin->db, row.client_id, &client) == ERR_NOT_FOUND) {
            return fail(ERR_NOT_FOUND, "client: %.*s is not registered", STR_FMT(row.client_id));
        }
    }
    struct audit audit = call_audit(c, AUDIT_RESOURCE_PUT, NULL);
    audit.client_id = row.client_id;
    TRY(store_resource_put(c->task, c->admin->db, &row, &audit));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "audience", json_str(row.audience));
    json_object_set_new(answer, "name", json_str(row.name));
    *result = answer;
    return OK;
}

enum err cmd_resource_list(struct call *c, json_t **result)
{
    const struct resource_row *rows;
    size_t n;
    TRY(store_resource_list(c->task, c->admin->db, &rows, &n));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *entry = json_object();
        json_object_set_new(entry, "audience", json_str(rows[i].audience));
        json_object_set_new(entry, "name", json_str(rows[i].name));
        json_object_set_new(entry, "scopes", json_str(rows[i].scopes));
        json_object_set_new(entry, "client_id",
                            str_is(rows[i].client_id) ? json_str(rows[i].client_id) : json_null());
        json_object_set_new(entry, "introspection", json_boolean(rows[i].may_introspect));
        json_array_append_new(list, entry);
    }
    *result = answer_rows(c->task->arena, list);
    return OK;
}
