/* The machine: clocks and disks. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "doctor/inside.h"

#define OFF_ERROR_MS 5000 /* as the clerk judges: this node says it is not ready */
#define OFF_WARNING_MS 1000
#define MEGABYTE (1024 * 1024)

/* Database time minus ours, at the middle of the question. */
static bool database_offset(struct doctor *d, int64_t *out)
{
    int64_t before_ms = clock_now_ms();
    PGresult *r = ask_database(d, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    int64_t after_ms = clock_now_ms();
    if (!r) {
        return false;
    }
    *out = strtoll(PQgetvalue(r, 0, 0), NULL, 10) - (before_ms + after_ms) / 2;
    PQclear(r);
    return true;
}

static void judge_offset(struct doctor *d, const char *whose, int64_t offset_ms)
{
    int64_t off_ms = llabs(offset_ms);
    if (off_ms > OFF_WARNING_MS) {
        found(d, off_ms > OFF_ERROR_MS ? FOUND_ERROR : FOUND_WARNING,
              SAY(d, "%s clock and the database's differ by %lld ms", whose, (long long)off_ms),
              "synchronise both machines by NTP: timedatectl set-ntp true");
    }
}

/* Every node's clerk writes down once a minute how it sees the database's clock. */
static void check_nodes(struct doctor *d)
{
    PGresult *r = ask_database(
        d,
        "SELECT name, version, clock_offset_ms, (extract(epoch FROM now() - seen_at) / 60)::int, "
        "seen_at < now() - interval '5 minutes' FROM node ORDER BY name");
    for (int i = 0; r && i < PQntuples(r); i++) {
        const char *name = PQgetvalue(r, i, 0);
        if (!strcmp(PQgetvalue(r, i, 4), "t")) {
            found(d, FOUND_NOTE,
                  SAY(d, "node %s has been silent for %s min", name, PQgetvalue(r, i, 3)),
                  "if it should run, see there; a day after its end it is forgotten");
            continue;
        }
        judge_offset(d, str_z(d->arena, SAY(d, "node %s: its", name)),
                     strtoll(PQgetvalue(r, i, 2), NULL, 10));
        if (strcmp(PQgetvalue(r, i, 1), d->version) != 0) {
            found(
                d, FOUND_WARNING,
                SAY(d, "node %s runs authd %s, here is %s", name, PQgetvalue(r, i, 1), d->version),
                "during an upgrade that is as it should be; afterwards upgrade it too");
        }
    }
    PQclear(r);
}

void check_clocks(struct doctor *d)
{
    int64_t offset_ms;
    struct timex kernel = {.modes = 0};
    if (adjtimex(&kernel) == TIME_ERROR && (kernel.status & STA_UNSYNC)) {
        found(d, FOUND_NOTE,
              STR("nothing on this machine tells the kernel that its clock is right"),
              "install chrony or systemd-timesyncd (in a container the host's clock counts)");
    }
    if (!d->db) {
        found(d, FOUND_NOTE, STR("the database's clock is not compared: no connection"), "");
    } else if (database_offset(d, &offset_ms)) {
        judge_offset(d, "this machine's", offset_ms);
        check_nodes(d);
    }
}

enum severity disk_severity(uint64_t free_bytes, uint64_t all_bytes)
{
    uint64_t percent = all_bytes ? free_bytes / (all_bytes / 100 + 1) : 100;
    if (percent < 3 || free_bytes < 256ULL * MEGABYTE) {
        return FOUND_ERROR;
    }
    return percent < 10 || free_bytes < 1024ULL * MEGABYTE ? FOUND_WARNING : FOUND_NOTE;
}

static void check_filesystem(struct doctor *d, const char *path, const char *what)
{
    struct statvfs about;
    if (statvfs(path, &about) != 0) {
        return;
    }
    uint64_t free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
    uint64_t all_bytes = (uint64_t)about.f_blocks * about.f_frsize;
    enum severity severity = disk_severity(free_bytes, all_bytes);
    if (severity != FOUND_NOTE) {
        found(d, severity,
              SAY(d, "%s has %llu MB left of %llu", what,
                  (unsigned long long)(free_bytes / MEGABYTE),
                  (unsigned long long)(all_bytes / MEGABYTE)),
              "make room; a full disk stops every login");
    }
}

/* The server works in its data directory; only root and its own user may look where that is. */
static bool data_directory(struct doctor *d, char path[4096])
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (!d->db || getsockopt(PQsocket(d->db), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return false;
    }
    ssize_t n = readlink(str_z(d->arena, SAY(d, "/proc/%ld/cwd", (long)peer.pid)), path, 4095);
    if (n <= 0) {
        return false;
    }
    path[n] = '\0';
    return true;
}

void check_disk(struct doctor *d)
{
    char path[4096];
    if (data_directory(d, path)) {
        check_filesystem(d, path, "the database's disk");
    } else {
        found(d, FOUND_NOTE,
              STR("the database's disk is not looked at: its place is not known here"),
              "run authctl doctor as root on the database's machine");
    }
    check_filesystem(d, "/var/log", "the log's disk");
}
