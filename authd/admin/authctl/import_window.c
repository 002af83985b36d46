/* See import_window.h. */
#include "authctl/import_window.h"

#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_MS 60000
#define FIRST_PATIENCE_MS 1000
#define PAUSE_US 250000

void import_send(const char *socket_path, struct import_outgoing *b)
{
    if (socket_begin(b->arena, socket_path, b->request, &b->fd) != OK) {
        b->fd = -1;
    }
}

/* What passes: restarts, a database that fails over, more commands than are served at once. */
static bool will_pass(enum err e)
{
    return e == ERR_UNAVAILABLE || e == ERR_TIMEOUT || e == ERR_LIMIT || e == ERR_CANCELLED;
}

enum err import_answer(const char *socket_path, struct import_outgoing *b, bool has_answered,
                       json_t **outcomes)
{
    int64_t until = clock_mono_ms() + (has_answered ? PATIENCE_MS : FIRST_PATIENCE_MS);
    for (;;) {
        json_t *result = NULL;
        enum err e = b->fd >= 0 ? OK : socket_begin(b->arena, socket_path, b->request, &b->fd);
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
