/* When a process says that it is ready: at once, or as an heir (upgrade.c) when it can serve.  Must
 * not look at the database itself: bodies know what they need. */
#include "log/log.h"
#include "process/inside.h"

#define WELL_WITHIN_MS 60000
#define WELL_ARENA ((size_t)8 * 1024 * 1024)

struct becoming {
    struct process *self;
    process_well_fn *well;
};

void process_unwell(struct process *self, const char *why)
{
    log_event(LOG_ERROR, UPGRADE_REFUSED, LOG_Z("why", why));
    (void)!control_send(self->control_fd, CONTROL_UNWELL, str_from(why), -1);
}

static void become(struct task *t, void *arg)
{
    const struct becoming *b = arg;
    err_clear();
    enum err e = b->well(t, b->self);
    if (e == OK) {
        process_ready(b->self);
    } else {
        process_unwell(b->self, err_reason()[0] == '\0' ? err_name(e) : err_reason());
    }
}

void process_ready_when(struct process *self, process_well_fn *well)
{
    static struct becoming becoming; /* one per process */
    if (!self->heir) {
        process_ready(self);
        return;
    }
    becoming = (struct becoming){self, well};
    if (task_start(self->loop, "becoming ready", WELL_ARENA, WELL_WITHIN_MS, become, &becoming) !=
        OK) {
        process_unwell(self, err_reason());
    }
}
