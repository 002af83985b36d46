/* See handover.h; writer and reader stand together.  Must not be used by a child. */
#include "process/handover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "proc/frame.h"
#include "proc/wire.h"

int handover_take(void)
{
    uint64_t n = 0;
    const char *text = getenv(HANDOVER_VARIABLE);
    bool given = text != NULL && str_u64(str_from(text), &n) && n < 1024;
    (void)unsetenv(HANDOVER_VARIABLE);
    if (!given) {
        return -1;
    }
    /* Children get their control socket under this number. */
    int fd = fcntl((int)n, F_DUPFD_CLOEXEC, 10);
    close((int)n);
    return fd;
}

enum err handover_say(int fd, enum handover_op op, const char *text, bool authctl, int passed)
{
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "handover");
    }
    struct buf payload = buf_in(a);
    wire_put_str(&payload, str_from(text));
    wire_put_u8(&payload, authctl);
    struct buf b = buf_in(a);
    struct message m = {.op = (uint16_t)op, .payload = buf_str(&payload)};
    enum err e = frame_put(&b, &m);
    if (e == OK) {
        e = frame_send_fd(fd, buf_str(&b), passed);
    }
    arena_free(a);
    return e;
}

static void text_take(struct str from, char out[HANDOVER_TEXT_MAX])
{
    size_t n = from.n < HANDOVER_TEXT_MAX - 1 ? from.n : HANDOVER_TEXT_MAX - 1;
    memcpy(out, from.p, n);
    out[n] = '\0';
}

enum err handover_hear(int fd, uint8_t *frame, struct handover_said *out, bool *any)
{
    struct str bytes;
    struct message m;
    int passed = -1;
    bool broken = false;
    *any = false;
    TRY(frame_receive(fd, frame, &bytes, &passed));
    *any = frame_next(&bytes, &m, &broken);
    if (broken || !*any) {
        if (passed >= 0) {
            close(passed);
        }
        return broken ? fail(ERR_INPUT, "handover: a broken frame") : OK;
    }
    struct wire w = wire_read(m.payload);
    struct str text = wire_str(&w);
    bool authctl = wire_u8(&w) != 0; /* what a later version adds behind it is passed over */
    struct handover_said said = {.op = (enum handover_op)m.op, .authctl = authctl, .fd = passed};
    if (str_is(text)) {
        text_take(text, said.text);
    }
    *out = said;
    return OK;
}
