/* client list, client show: registrations, their weaknesses by name, never a secret. */
#include "admin/client_answer.h"
#include "admin/commands.h"

enum err cmd_client_list(struct call *c, json_t **result)
{
    struct client_row *rows;
    size_t n;
    TRY(store_client_list(c->task, c->admin->db, &rows, &n));
    json_t *list = json_own(c->task->arena, json_array());
    for (size_t i = 0; i < n; i++) {
        json_t *entry;
        TRY(client_answer(c, &rows[i], &entry));
        json_array_append(list, entry);
    }
    *result = answer_rows(c->task->arena, json_incref(list));
    return OK;
}

enum err cmd_client_show(struct call *c, json_t **result)
{
    struct client_row row;
    TRY(store_client_find(c->task, c->admin->db, call_text(c, "client_id"), &row));
    TRY(client_answer(c, &row, result));
    json_object_set_new(*result, "secrets", json_integer((json_int_t)row.n_secrets));
    return OK;
}
