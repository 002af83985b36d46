/* tasks: what every request in progress waits for, in all web processes and here. */
#include "admin/commands.h"

#include "peer/look.h"

static void take(json_t *rows, json_t *tasks, struct str process)
{
    size_t i;
    json_t *row;
    json_array_foreach(tasks, i, row)
    {
        json_object_set_new(row, "process", json_str(process));
        json_array_append(rows, row);
    }
}

enum err cmd_tasks(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    struct process *self = c->admin->process;
    json_t *rows = json_own(a, json_array());
    take(rows, look_tasks(a, self->loop), STR("admin"));
    size_t webs = self->webs ? peer_members(self->webs) : 0;
    for (size_t i = 0; i < webs; i++) {
        json_t *tasks;
        if (ask_look(c->task, self->webs, i, LOOK_TASKS, &tasks) == OK) {
            take(rows, tasks, str_fmt(a, "web %zu", i));
        }
    }
    *result = answer_rows(a, json_incref(rows));
    return OK;
}
