/* upgrade: asks the parent to exchange all processes for those of the program installed now
 * (process/upgrade.c), and waits for what becomes of it.  The act is in the log, not in the audit:
 * it concerns nobody's data.  Must not start anything itself. */
#include "admin/commands.h"

#include "process/control.h"

#define LOOK_AGAIN_MS 20

/* What the parent last told of its attempts; NULL: nothing yet. */
static const json_t *attempt(struct call *c)
{
    json_t *told;
    struct str status = c->admin->process->status;
    if (!str_is(status) || json_read_in(c->task->arena, status, &told) != OK) {
        return NULL;
    }
    return json_object_get(told, "upgrade");
}

static int64_t number_of(const json_t *upgrade)
{
    int64_t n = 0;
    return upgrade != NULL && json_member_i64(upgrade, "number", &n) ? n : 0;
}

enum err cmd_upgrade(struct call *c, json_t **result)
{
    int64_t before = number_of(attempt(c));
    struct str known = STR_NONE;
    TRY(control_send(c->admin->process->control_fd, CONTROL_UPGRADE, STR(""), -1));
    for (;;) {
        TRY(task_sleep(c->task, LOOK_AGAIN_MS));
        if (c->admin->process->status.p == known.p) {
            continue; /* nothing new was told */
        }
        known = c->admin->process->status;
        const json_t *now = attempt(c);
        struct str state = json_member(now, "state");
        if (number_of(now) == before || str_eq(state, STR("preparing"))) {
            continue;
        }
        if (!str_eq(state, STR("done"))) {
            return fail(ERR_CONFLICT, "the old processes stay: %.*s",
                        STR_FMT(json_member(now, "why")));
        }
        int64_t pid = 0;
        (void)json_member_i64(now, "pid", &pid);
        json_t *answer = json_own(c->task->arena, json_object());
        json_object_set_new(answer, "upgraded", json_true());
        json_object_set_new(answer, "pid", json_integer(pid));
        *result = answer;
        return OK;
    }
}
