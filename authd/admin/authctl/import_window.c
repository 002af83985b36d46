/* See import_window.h. */
#include "authctl/import_window.h"

#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_MS 60000
#define FIRST_PATIENCE_MS 1000
#define PAUSE_US 250000

enum err import_window_init(struct import_window *w)
{
    enum err e = OK;
    for (size_t i = 0; i <= IMPORT_BATCHES; i++) {
        w->batches[i].fd = -1;
        w->batches[i].arena = arena_new(0);
        e = w->batches[i].arena ? e : fail(ERR_NO_MEMORY, "import: no memory");
    }
    return e;
}

void import_window_done(struct import_window *w)
{
    for (size_t i = 0; i <= IMPORT_BATCHES; i++) {
        if (w->batches[i].fd >= 0) {
            close(w->batches[i].fd);
        }
        arena_free(w->batches[i].arena);
    }
}

struct import_outgoing *import_filling(struct import_window *w)
{
    return &w->batches[(w->oldest + w->on_their_way) % (IMPORT_BATCHES + 1)];
}

void import_fill(struct import_window *w)
{
    struct import_outgoing *b = import_filling(w);
    arena_reset(b->arena);
    b->v = arena_array(b->arena, IMPORT_BATCH_ROWS, sizeof *b->v);
    b->rows = json_own(b->arena, json_array());
    b->n = b->bytes = 0;
    b->fd = -1;
}

void import_send(struct import_window *w)
{
    struct import_outgoing *b = import_filling(w);
    if (json_array_size(b->rows) &&
        socket_begin(b->arena, w->socket_path, b->request, &b->fd) != OK) {
        b->fd = -1;
    }
    w->on_their_way++;
}

bool import_is_full(const struct import_window *w)
{
    return w->on_their_way == IMPORT_BATCHES;
}

struct import_outgoing *import_oldest(struct import_window *w)
{
    return w->on_their_way ? &w->batches[w->oldest] : NULL;
}

void import_forget(struct import_window *w)
{
    w->oldest = (w->oldest + 1) % (IMPORT_BATCHES + 1);
    w->on_their_way--;
}

/* What passes: restarts, a database that fails over, more commands than are served at once. */
static bool will_pass(enum err e)
{
    return e == ERR_UNAVAILABLE || e == ERR_TIMEOUT || e == ERR_LIMIT || e == ERR_CANCELLED;
}

enum err import_answer(struct import_window *w, bool has_answered, json_t **outcomes)
{
    struct import_outgoing *b = &w->batches[w->oldest];
    if (!json_array_size(b->rows)) {
        return OK;
    }
    int64_t until = clock_mono_ms() + (has_answered ? PATIENCE_MS : FIRST_PATIENCE_MS);
    for (;;) {
        json_t *result = NULL;
        enum err e = b->fd >= 0 ? OK : socket_begin(b->arena, w->socket_path, b->request, &b->fd);
        if (e == OK) {
            e = socket_finish(b->arena, b->fd, &result);
            b->fd = -1;
        }
        if (e == OK) {
            *outcomes = json_object_get(result, "outcomes");
            return json_array_size(*outcomes) == json_array_size(b->rows)
                       ? OK
                       : fail(ERR_INTERNAL, "import: the daemon's answer is of another batch");
        }
        if (!will_pass(e) || clock_mono_ms() > until) {
            return e;
        }
        usleep(PAUSE_US);
    }
}
