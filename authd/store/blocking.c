/* Waits of libpq that end. */
#include "store/blocking.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define CONNECT_LIMIT_MS 4000
#define CONNECT_LIMIT_OF_SEVERAL_MS 2000 /* a host that is cut off must not hold up the others */

static bool wait_for(PGconn *pq, short what, int64_t until_ms)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = what};
    for (;;) {
        int64_t left = until_ms - clock_mono_ms();
        if (left <= 0) {
            return false;
        }
        int n = poll(&fd, 1, (int)left);
        if (n > 0 || (n < 0 && errno != EINTR)) {
            return true;
        }
    }
}

bool blocking_wait(PGconn *pq, int64_t until_ms)
{
    while (PQisBusy(pq) != 0) {
        if (!wait_for(pq, POLLIN, until_ms)) {
            return false;
        }
        if (PQconsumeInput(pq) != 1) {
            return true;
        }
    }
    return true;
}

static bool connected(PGconn *pq, int64_t until_ms)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK) {
        if (PQstatus(pq) == CONNECTION_BAD || PQsocket(pq) < 0 || status == PGRES_POLLING_FAILED ||
            !wait_for(pq, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ms)) {
            return false;
        }
        status = PQconnectPoll(pq);
    }
    return true;
}

enum answer { TAKES_WRITES, READ_ONLY, NO_ANSWER };

static enum answer takes_writes(PGconn *pq, int64_t until_ms)
{
    enum answer answer = NO_ANSWER;
    if (PQsendQuery(pq, "SELECT " HOSTS_TAKES_NO_WRITES) != 1) {
        return answer;
    }
    while (blocking_wait(pq, until_ms)) {
        PGresult *r = PQgetResult(pq);
        if (r == NULL) {
            return answer;
        }
        if (PQresultStatus(r) == PGRES_TUPLES_OK) {
            answer = PQgetvalue(r, 0, 0)[0] == 'f' ? TAKES_WRITES : READ_ONLY;
        }
        PQclear(r);
    }
    return NO_ANSWER;
}

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

enum err blocking_connect(const struct hosts *hosts, size_t *host,
                          const struct conninfo_where *where, PGconn **out)
{
    char why[400] = "";
    for (size_t i = 0; i < hosts->n; i++) {
        struct conninfo_where at = *where;
        at.host = hosts->of[*host];
        struct conninfo info = conninfo_of(&at);
        int64_t until_ms =
            clock_mono_ms() + (hosts->n > 1 ? CONNECT_LIMIT_OF_SEVERAL_MS : CONNECT_LIMIT_MS);
        PGconn *pq = PQconnectStartParams(info.keys, info.values, 0);
        if (pq == NULL) {
            return fail(ERR_NO_MEMORY, "pg: no memory");
        }
        (void)PQsetNoticeReceiver(pq, ignore_notice, NULL);
        enum answer answer = connected(pq, until_ms) ? takes_writes(pq, until_ms) : NO_ANSWER;
        if (answer == TAKES_WRITES) {
            *out = pq;
            return OK;
        }
        const char *said = PQerrorMessage(pq);
        size_t n = strlen(why);
        (void)snprintf(why + n, sizeof why - n, "%s%s: %.*s", n > 0 ? "; " : "", at.host,
                       said[0] != '\0' ? (int)strcspn(said, "\n") : 40,
                       answer == READ_ONLY ? "a standby"
                       : said[0] != '\0'   ? said
                                           : "no answer in time");
        PQfinish(pq);
        *host = hosts_next(hosts, *host);
    }
    return fail(ERR_UNAVAILABLE, "no server that takes writes: %s", why);
}
