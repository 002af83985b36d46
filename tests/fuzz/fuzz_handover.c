/* rooms: process proc base */
/* What a parent of another version says: whatever comes, the text ends within its place and no
 * descriptor is invented; and what was understood is understood the same when it is said again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "proc/frame.h"
#include "process/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool hear(int fd, struct handover_said *out)
{
    static uint8_t frame[FRAME_MAX];
    bool any = false;
    *out = (struct handover_said){.fd = -1};
    return handover_hear(fd, frame, out, &any) == OK && any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    struct handover_said said, again;
    if (size == 0 || size > FRAME_MAX) {
        return 0;
    }
    if (frame_pair(pair) != OK || frame_send(pair[0], str_of(data, size)) != OK) {
        abort();
    }
    if (hear(pair[1], &said)) {
        if (said.fd != -1 || memchr(said.text, '\0', sizeof(said.text)) == NULL) {
            abort();
        }
        if (handover_say(pair[0], said.op, said.text, said.authctl, -1) != OK ||
            !hear(pair[1], &again) || again.op != said.op || again.authctl != said.authctl ||
            strcmp(again.text, said.text) != 0) {
            abort();
        }
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
