/* Preloaded into a node or a PostgreSQL whose clock a test steps (LD_PRELOAD, CLOCK_SHIFT=FILE):
 * wall clocks show what the kernel says plus the 64-bit number of nanoseconds in FILE.  The file is
 * mapped before any sandbox closes, so a step needs no call of the kernel and works at once in
 * every process. Clocks that only count (CLOCK_MONOTONIC) are left alone, as at a real step.  Must
 * not be installed. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

typedef int (*gettime)(clockid_t, struct timespec *);

static const volatile int64_t *shift;
static gettime kernel_gettime;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CLOCK_SHIFT");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *found = dlsym(RTLD_NEXT, "clock_gettime");
    __builtin_memcpy(&kernel_gettime, &found, sizeof found);
    if (fd >= 0) {
        void *p = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
        shift = p == MAP_FAILED ? NULL : p;
        close(fd);
    }
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int e =
        kernel_gettime != NULL ? kernel_gettime(id, out) : (int)syscall(SYS_clock_gettime, id, out);
    if (e != 0 || shift == NULL || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) {
        return e;
    }
    int64_t ns = (int64_t)out->tv_sec * NS_PER_S + out->tv_nsec + *shift;
    out->tv_sec = ns / NS_PER_S;
    out->tv_nsec = ns % NS_PER_S;
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int e = clock_gettime(CLOCK_REALTIME, &now);
    if (e == 0) {
        *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    }
    return e;
}

time_t time(time_t *out)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return (time_t)-1;
    }
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
