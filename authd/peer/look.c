/* See look.h. */
#include "peer/look.h"

#include "base/clock.h"

/* {"tasks":3,"stacks":512,"stack_high_water":…} */
static json_t *look_status(struct arena *a, struct loop *l)
{
    json_t *status = json_own(a, json_object());
    json_object_set_new(status, "tasks", json_integer((json_int_t)loop_tasks_running(l)));
    json_object_set_new(status, "stacks", json_integer((json_int_t)loop_stacks(l)));
    json_object_set_new(status, "stack_high_water",
                        json_integer((json_int_t)loop_stack_high_water(l)));
    return status;
}

static void add_task(const struct task *t, void *arg)
{
    json_t *row = json_object();
    json_object_set_new(row, "label", json_string(t->label));
    json_object_set_new(row, "doing", json_string(t->doing ? t->doing : ""));
    json_object_set_new(row, "age_ms", json_integer(clock_mono_ms() - t->started_ms));
    json_object_set_new(row, "request_id", json_str(t->request_id));
    json_array_append_new(arg, row);
}

json_t *look_tasks(struct arena *a, struct loop *l)
{
    json_t *rows = json_own(a, json_array());
    loop_tasks_each(l, add_task, rows);
    return rows;
}

enum err look_answer(struct task *t, struct loop *l, uint16_t op, const json_t *more,
                     struct str *answer)
{
    if (op == LOOK_STATUS) {
        json_t *status = look_status(t->arena, l);
        if (more && json_object_update(status, (json_t *)(uintptr_t)more) != 0) {
            return fail(ERR_NO_MEMORY, "look: no memory");
        }
        *answer = json_text(t->arena, status);
        return OK;
    }
    if (op == LOOK_TASKS) {
        *answer = json_text(t->arena, look_tasks(t->arena, l));
        return OK;
    }
    return fail(ERR_INPUT, "look: there is no operation %u", (unsigned)op);
}

enum err ask_look(struct task *t, struct peer *p, size_t member, enum look_op op, json_t **out)
{
    struct str answer;
    TRY(peer_call_member(t, p, member, (uint16_t)op, STR(""), &answer));
    return json_read_in(t->arena, answer, out);
}
