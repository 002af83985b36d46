/* A bar on standard error for commands that take long.  Where that is not a terminal nothing, or a
 * line now and then for what takes hours. */
#include "authctl/authctl.h"

#include <unistd.h>

#include "base/clock.h"

#define BAR 40
#define TERMINAL_EVERY_MS 200
#define LINE_EVERY_MS 30000

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

static void put_bar(uint64_t done, uint64_t total)
{
    uint64_t filled = done < total ? done * BAR / total : BAR;
    fputc('[', stderr);
    for (uint64_t i = 0; i < BAR; i++) {
        fputc(i < filled ? '#' : '.', stderr);
    }
    fputs("] ", stderr);
}

static void put_time(double seconds)
{
    uint64_t s = (uint64_t)seconds;
    if (s >= 3600) {
        fprintf(stderr, ", %llu h %02llu min left", (unsigned long long)s / 3600,
                (unsigned long long)s / 60 % 60);
    } else {
        fprintf(stderr, ", %llu min %02llu s left", (unsigned long long)s / 60,
                (unsigned long long)s % 60);
    }
}

void progress_load(struct progress_load *p, uint64_t rows, uint64_t bytes, uint64_t size)
{
    int64_t now = clock_mono_ms();
    bool terminal = isatty(STDERR_FILENO);
    bool first = terminal && !shown; /* at once: who sits there sees that it runs */
    if (!first && now - p->shown_ms < (terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS)) {
        return;
    }
    p->shown_ms = now;
    double passed = (double)(now - p->started_ms + 1) / 1000;
    if (terminal) {
        shown = true;
        fputs("\r\033[K", stderr);
        if (size) {
            put_bar(bytes, size);
        }
    } else {
        fputs("authctl: ", stderr);
    }
    fprintf(stderr, "%llu %s, %.0f a second", (unsigned long long)rows, p->what,
            (double)(rows - p->rows_before) / passed);
    if (size > bytes && bytes > p->from) {
        put_time((double)(size - bytes) * passed / (double)(bytes - p->from));
    }
    fputs(terminal ? "" : "\n", stderr);
}
