/* The scheduler on real stacks, and the only file that switches them.  Stacks come from one mapping
 * made at start: a guard page below each, so that an overflow is a fault and not a neighbour's
 * data. Must not be used from more than one thread.
 *
 * A stack is entered the first time through ucontext, and from then on by _setjmp and _longjmp:
 * swapcontext sets the signal mask with each switch, which is a system call, nine for a token; the
 * mask is the same on all our stacks.  AddressSanitizer's longjmp would forget the red zones of all
 * frames of the stack it leaves, so that builds with it keep swapcontext. */
#undef _FORTIFY_SOURCE /* its longjmp takes a jump to another stack for an attack */
#include "task/core.h"
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES TASK_STACK_SIZE_ASAN
#else
#define STACK_BYTES TASK_STACK_SIZE
#endif

struct task_stack {
    ucontext_t context; /* the first way in; with AddressSanitizer every way */
#ifdef WITH_ASAN
    void *fake; /* AddressSanitizer's shadow frames of this stack while it does not run */
#else
    jmp_buf here; /* where it was left */
    jmp_buf top;  /* where each task begins, once `entered` */
    bool entered;
#endif
    char *bottom; /* lowest usable byte; the guard page is below */
    size_t size;
};

struct stacks {
    void *mapping;
    size_t mapped;
    size_t guard;
    struct task_stack *each;
    struct task_stack home; /* the loop's own */
};

static void stack_main(unsigned high, unsigned low);

static void context_make(struct task_core *c)
{
    struct task_stack *s = c->stack;
    uintptr_t address = (uintptr_t)c;
    if (getcontext(&s->context) != 0) {
        bug("task: getcontext");
    }
    s->context.uc_stack.ss_sp = s->bottom;
    s->context.uc_stack.ss_size = s->size;
    s->context.uc_link = NULL;
    makecontext(&s->context, (void (*)(void))stack_main, 2, (unsigned)(address >> 16 >> 16),
                (unsigned)address);
}

#ifdef WITH_ASAN

/* Leaves `from` for `to`.  When `from` is over for good, its shadow frames go with it. */
static void stack_switch(struct task_stack *from, struct task_stack *to, bool for_good)
{
    __sanitizer_start_switch_fiber(for_good ? NULL : &from->fake, to->bottom, to->size);
    if (swapcontext(&from->context, &to->context) != 0) {
        bug("task: swapcontext");
    }
    __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
}

/* First enters the stack of a task that has not begun. */
static void stack_enter(struct task_core *c)
{
    struct task_stack *s = c->stack;
    s->fake = NULL;
    /* A task that was ended in the middle left its frames' red zones. */
    __asan_unpoison_memory_region(s->bottom, s->size);
    context_make(c);
    stack_switch(&c->loop->memory->home, s, false);
}

static void arrived(struct task_core *c)
{
    struct task_stack *home = &c->loop->memory->home;
    const void *bottom;
    __sanitizer_finish_switch_fiber(NULL, &bottom, &home->size);
    home->bottom = (char *)(uintptr_t)bottom;
}

#else

static void stack_switch(struct task_stack *from, struct task_stack *to, bool for_good)
{
    if (for_good) {
        _longjmp(to->here, 1);
    }
    if (_setjmp(from->here) == 0) {
        _longjmp(to->here, 1);
    }
}

/* Enters the stack of a task that has not begun: at its top, whatever the last task left below. */
static void stack_enter(struct task_core *c)
{
    struct task_stack *s = c->stack;
    if (_setjmp(c->loop->memory->home.here) != 0) {
        return;
    }
    if (s->entered) {
        _longjmp(s->top, 1);
    }
    s->entered = true;
    context_make(c);
    setcontext(&s->context);
    bug("task: setcontext");
}

#endif

static _Noreturn void leave_for_good(struct task_core *c)
{
    c->finished = true;
    stack_switch(c->stack, &c->loop->memory->home, true);
    bug("task: an ended task was resumed");
}

/* First function on a stack, which never returns; makecontext passes ints only. */
static void stack_main(unsigned high, unsigned low)
{
    uintptr_t address = ((uintptr_t)high << 16 << 16) | low;
    struct task_core *c = (struct task_core *)address; /* NOLINT(performance-no-int-to-ptr) */
#ifdef WITH_ASAN
    arrived(c);
#else
    (void)_setjmp(c->stack->top); /* the next task of this stack begins here */
#endif
    c->fn(&c->task, c->arg);
    c->how = OK;
    leave_for_good(c);
}

void core_resume(struct task_core *c)
{
    int64_t began = core_run_begin(c);
    if (c->started) {
        stack_switch(&c->loop->memory->home, c->stack, false);
    } else {
        c->started = true;
        stack_enter(c);
    }
    core_run_finish(c, began);
    if (c->finished) {
        loop_core_give(c);
    }
}

enum err task_start(struct loop *l, const char *label, size_t arena_limit, int64_t deadline_ms,
                    task_fn *fn, void *arg)
{
    struct task_core *c;
    TRY(loop_core_take(l, label, arena_limit, deadline_ms, fn, arg, &c));
    if (l->current != NULL) {
        loop_ready(l, c);
    } else {
        core_resume(c);
    }
    return OK;
}

enum err core_park_until(struct task *t, const char *doing, int64_t at_ms)
{
    struct task_core *c = core_of(t);
    if (c->loop->current != c) {
        bug("task: %s waits for %s outside of its own stack", t->label, doing);
    }
    core_park_begin(c, doing, at_ms);
    stack_switch(c->stack, &c->loop->memory->home, false);
    return core_park_finish(c);
}

_Noreturn void task_end(struct task *t, enum err how)
{
    struct task_core *c = core_of(t);
    if (c->loop->current != c) {
        bug("task: %s is ended from outside", t->label);
    }
    c->how = how;
    leave_for_good(c);
}

/* Stacks. */

static enum err stacks_map(struct loop *l, struct stacks *m)
{
    m->guard = (size_t)sysconf(_SC_PAGESIZE);
    size_t step = STACK_BYTES + m->guard;
    m->mapped = step * l->stacks;
    m->mapping = mmap(NULL, m->mapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (m->mapping == MAP_FAILED) {
        m->mapping = NULL;
        return fail(ERR_NO_MEMORY, "task: no room for %zu stacks", l->stacks);
    }
    for (size_t i = 0; i < l->stacks; i++) {
        char *guard = (char *)m->mapping + i * step;
        if (mprotect(guard, m->guard, PROT_NONE) != 0) {
            return fail(ERR_NO_MEMORY, "task: no guard page for stack %zu", i);
        }
        m->each[i] = (struct task_stack){.bottom = guard + m->guard, .size = STACK_BYTES};
        l->cores[i].stack = &m->each[i];
    }
    return OK;
}

enum err loop_new(size_t stacks, struct loop **out)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return fail(ERR_NO_MEMORY, "loop");
    }
    enum err e = loop_init(l, stacks);
    if (e != OK) {
        free(l);
        return e;
    }
    l->memory = calloc(1, sizeof(*l->memory));
    if (l->memory != NULL) {
        l->memory->each = calloc(stacks, sizeof(*l->memory->each));
    }
    if (l->memory == NULL || l->memory->each == NULL) {
        e = fail(ERR_NO_MEMORY, "loop: %zu stacks", stacks);
    } else {
        e = stacks_map(l, l->memory);
    }
    if (e != OK) {
        loop_free(l);
        return e;
    }
    *out = l;
    return OK;
}

void loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    if (l->memory != NULL) {
        if (l->memory->mapping != NULL) {
            munmap(l->memory->mapping, l->memory->mapped);
        }
        free(l->memory->each);
        free(l->memory);
    }
    for (size_t i = 0; i < l->stacks; i++) {
        arena_free(l->cores[i].task.arena); /* of tasks that never ended */
    }
    loop_done(l);
    free(l);
}

/* Pages that were touched stay resident, so that the kernel knows how deep each stack ever was. */
size_t loop_stack_high_water(const struct loop *l)
{
    unsigned char resident[STACK_BYTES / 4096];
    size_t page = l->memory->guard;
    size_t deepest = 0;
    for (size_t i = 0; i < l->stacks; i++) {
        const struct task_stack *s = &l->memory->each[i];
        if (mincore(s->bottom, s->size, resident) != 0) {
            return 0;
        }
        for (size_t at = 0; at < s->size; at += page) {
            if ((resident[at / page] & 1) != 0) {
                deepest = s->size - at > deepest ? s->size - at : deepest;
                break;
            }
        }
    }
    return deepest;
}
