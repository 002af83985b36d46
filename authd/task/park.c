/* Waiting, as tasks see it: the same on real stacks and on the caller's.  What a park does until
 * somebody wakes the task is the scheduler's. */
#include "base/clock.h"
#include "task/core.h"

enum err task_park(struct task *t, const char *doing)
{
    return core_park_until(t, doing, t->deadline_ms);
}

enum err task_sleep(struct task *t, int64_t ms)
{
    int64_t until = clock_mono_ms() + ms;
    while (clock_mono_ms() < until) {
        bool deadline_first = t->deadline_ms < until;
        enum err e = core_park_until(t, "sleep", deadline_first ? t->deadline_ms : until);
        if (e != OK && deadline_first) {
            return e;
        }
    }
    return OK;
}
