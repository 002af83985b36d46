/* A bar on standard error for commands that take long.  Nothing where that is not a terminal. */
#include "authctl/authctl.h"

#include <unistd.h>

#define BAR 40

static bool shown; /* there is a bar to wipe */

void progress_show(int64_t done, int64_t total)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    shown = true;
    if (total <= 0) {
        fprintf(stderr, "\r%lld done", (long long)done);
        return;
    }
    int filled = (int)(done * BAR / total);
    fprintf(stderr, "\r[");
    for (int i = 0; i < BAR; i++) {
        fputc(i < filled ? '#' : '.', stderr);
    }
    fprintf(stderr, "] %lld of %lld", (long long)done, (long long)total);
}

void progress_end(void)
{
    if (shown) {
        fprintf(stderr, "\r\033[K");
        shown = false;
    }
}
