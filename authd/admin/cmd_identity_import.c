/* identity import: one batch of rows, as authctl sends them (authctl/import.c); answers an outcome
 * for each, in their order.  A batch that comes twice finds its people there. */
#include "admin/commands.h"

#include "admin/import_batch.h"

static json_t *outcome(const struct import_row *r)
{
    static const char *const names[] = {
        [IMPORT_PENDING] = "refused",   [IMPORT_ADDED] = "added",     [IMPORT_PRESENT] = "present",
        [IMPORT_CONFLICT] = "conflict", [IMPORT_REFUSED] = "refused",
    };
    if (!str_is(r->reason)) {
        return json_string(names[r->outcome]);
    }
    json_t *both = json_object();
    json_object_set_new(both, "outcome", json_string(names[r->outcome]));
    json_object_set_new(both, "reason", json_str(r->reason));
    return both;
}

enum err cmd_identity_import(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    const json_t *rows = json_object_get(c->arguments, "rows");
    struct str ground = call_text(c, "ground");
    struct import_batch b = {
        .admin = c->admin,
        .operator_name = c->operator_name,
        .ground = ground,
        .dry_run = call_flag(c, "dry-run"),
        .n = json_array_size(rows),
    };
    if (b.n < 1 || b.n > NEWCOMERS_MAX) {
        return fail(ERR_INPUT, "identity import: 1 to %d rows at a time", NEWCOMERS_MAX);
    }
    b.rows = arena_array(a, b.n, sizeof *b.rows);
    for (size_t i = 0; i < b.n; i++) {
        b.rows[i].given = json_array_get(rows, i);
        if (!json_is_object(b.rows[i].given)) {
            return fail(ERR_INPUT, "identity import: a row is no object");
        }
    }
    TRY(import_batch_run(c->task, &b));
    json_t *answer = json_own(a, json_object());
    json_t *outcomes = json_array();
    for (size_t i = 0; i < b.n; i++) {
        json_array_append_new(outcomes, outcome(&b.rows[i]));
    }
    json_object_set_new(answer, "outcomes", outcomes);
    *result = answer;
    return OK;
}
