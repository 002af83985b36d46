/* The ledger of erasures outside the database (authd/ledger), on this node.
 *
 * A database that was restored from a backup does not know who was erased since: so before the
 * signers of this node get any key, the ledger must be the one this database goes with, and the
 * database must have every erasure in it.  Then the clerk appends what is new; every node's ledger
 * has the same lines.  Must not erase anybody: that is `authctl erasures replay`. */
#include "clerk/clerk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "log/log.h"
#include "signer/handle.h"
#include "store/erasure.h"

#define PERIOD_MS 1000
#define COMPLAIN_MS 60000
#define READ_SIZE ((size_t)64 * 1024)

/* Two clerks of one node work side by side during an upgrade. */
static bool lock(const struct clerk *c, short how)
{
    struct flock whole = {.l_type = how, .l_whence = SEEK_SET};
    return fcntl(c->process->ledger_fd, F_OFD_SETLK, &whole) == 0;
}

/* A disk that was full, or power that failed, may have left the beginning of a line. */
static enum err keep_tail(struct clerk *c, struct str tail)
{
    if (tail.n >= sizeof c->ledger_tail) {
        return fail(ERR_CONFLICT, "the ledger of erasures ends within a line");
    }
    memcpy(c->ledger_tail, tail.p, tail.n);
    c->ledger_tail_n = tail.n;
    return OK;
}

/* Reads what stands behind the part that is known; *last: the last line, when any came. */
static enum err read_on(struct task *t, struct clerk *c, struct ledger_line *last)
{
    char *bytes = arena_alloc(t->arena, READ_SIZE);
    c->ledger_tail_n = 0;
    for (;;) {
        if (lseek(c->process->ledger_fd, (off_t)c->ledger_bytes, SEEK_SET) < 0) {
            return fail(ERR_UNAVAILABLE, "the ledger of erasures: %s", strerror(errno));
        }
        ssize_t n = read(c->process->ledger_fd, bytes, READ_SIZE);
        if (n < 0) {
            return fail(ERR_UNAVAILABLE, "the ledger of erasures: %s", strerror(errno));
        }
        struct str rest = str_of(bytes, (size_t)n);
        size_t end;
        while ((end = str_find(rest, '\n')) < rest.n) {
            TRY(ledger_read(&c->ledger, str_of(rest.p, end), last));
            rest = str_of(rest.p + end + 1, rest.n - end - 1);
            c->ledger_bytes += (int64_t)end + 1;
        }
        if (rest.n == (size_t)n) {
            return keep_tail(c, rest);
        }
    }
}

static enum err append(struct task *t, struct clerk *c, int64_t at, const struct uuid *id)
{
    char text[LEDGER_LINE_MAX], head[LEDGER_MAC_HEX];
    struct ledger next = c->ledger;
    struct str line = ledger_write(&next, at, uuid_text(t->arena, id).p, text);
    struct str tail = str_of(c->ledger_tail, c->ledger_tail_n);
    if (!str_starts(line, tail)) {
        return fail(ERR_CONFLICT, "the ledger of erasures ends within a line that is not ours");
    }
    struct str rest = str_of(line.p + tail.n, line.n - tail.n);
    if (write(c->process->ledger_fd, rest.p, rest.n) != (ssize_t)rest.n) {
        return fail(ERR_UNAVAILABLE, "the ledger of erasures can't be written: %s",
                    strerror(errno));
    }
    c->ledger = next;
    c->ledger_tail_n = 0;
    c->ledger_bytes += (int64_t)line.n;
    ledger_head(&c->ledger, head);
    log_event(LOG_INFO, ERASURE_NOTED, LOG_INT("number", c->ledger.lines - 1), LOG_Z("head", head));
    return OK;
}

/* Neither database nor file knows of a ledger: both begin one.  The file first: a database that
 * goes with a ledger nobody has would get no keys any more. */
static enum err begin(struct task *t, struct clerk *c)
{
    struct uuid id, kept;
    int64_t number;
    rand_bytes(id.b, sizeof id.b);
    TRY(append(t, c, clock_now_s(), &id));
    TRY(store_erasure_ledger_begin(t, c->db, &id));
    TRY(store_erasure_head(t, c->db, &kept, &number));
    return memcmp(kept.b, id.b, sizeof id.b) == 0
               ? OK
               : fail(ERR_CONFLICT,
                      "another node has begun the ledger of erasures: copy its file over this one");
}

static enum err joins(struct task *t, struct clerk *c, const struct uuid *of_database,
                      const char *of_file)
{
    static const struct uuid none;
    struct uuid id;
    TRY(uuid_read(str_from(of_file), &id));
    if (memcmp(of_database->b, none.b, sizeof none.b) == 0) {
        return store_erasure_ledger_begin(t, c->db, &id); /* older than the ledger */
    }
    return memcmp(of_database->b, id.b, sizeof id.b) == 0
               ? OK
               : fail(ERR_CONFLICT, "this is the ledger of erasures of another database");
}

/* The line whose beginning ends the file must be the next one of this database: else it may be of
 * an erasure that the database has lost. */
static enum err tail_is_known(struct task *t, struct clerk *c)
{
    char text[LEDGER_LINE_MAX];
    struct erasure_row *rows;
    struct ledger next = c->ledger;
    size_t n;
    if (c->ledger_tail_n == 0) {
        return OK;
    }
    TRY(store_erasures_since(t, c->db, (int64_t)c->ledger.lines - 1, &rows, &n));
    return n > 0 && str_starts(ledger_write(&next, rows[0].at,
                                            uuid_text(t->arena, &rows[0].identity).p, text),
                               str_of(c->ledger_tail, c->ledger_tail_n))
               ? OK
               : fail(ERR_CONFLICT, "the ledger of erasures ends within a line that this database "
                                    "does not know: bring a copy of it");
}

static enum err compare(struct task *t, struct clerk *c)
{
    static const struct uuid none;
    struct ledger_line last = {0}, first;
    struct uuid of_database, there;
    int64_t number;
    TRY(store_erasure_head(t, c->db, &of_database, &number));
    bool known = memcmp(of_database.b, none.b, sizeof none.b) != 0;
    if (c->process->ledger_fd < 0) {
        return known ? fail(ERR_CONFLICT, "this database goes with a ledger of erasures, and "
                                          "erasures.ledger_file names none")
                     : OK;
    }
    ledger_begin(&c->ledger, c->ledger_key);
    c->ledger_bytes = 0;
    TRY(read_on(t, c, &last));
    if (c->ledger.lines == 0 && c->ledger_tail_n > 0) {
        return fail(ERR_CONFLICT, "the ledger of erasures ends within its first line");
    }
    if (c->ledger.lines == 0) {
        return known ? fail(ERR_CONFLICT,
                            "the ledger of erasures is empty, but this database goes with one: "
                            "bring a copy of it")
                     : begin(t, c);
    }
    char head[LEDGER_LINE_MAX];
    struct ledger again;
    if (lseek(c->process->ledger_fd, 0, SEEK_SET) != 0 ||
        read(c->process->ledger_fd, head, sizeof head) <= 0) {
        return fail(ERR_UNAVAILABLE, "the ledger of erasures: %s", strerror(errno));
    }
    ledger_begin(&again, c->ledger_key);
    TRY(ledger_read(&again, str_of(head, str_find(str_of(head, sizeof head), '\n')), &first));
    TRY(joins(t, c, &of_database, first.id));
    if (last.number == 0) {
        return OK;
    }
    if ((uint64_t)number < last.number) {
        return fail(ERR_CONFLICT,
                    "this database lacks %llu erasures of the ledger: it was restored; authctl "
                    "erasures replay",
                    (unsigned long long)last.number - (unsigned long long)number);
    }
    TRY(store_erasure_at(t, c->db, (int64_t)last.number, &there));
    return strcmp(uuid_text(t->arena, &there).p, last.id) == 0
               ? OK
               : fail(ERR_CONFLICT, "the database's erasure %llu is another one than the ledger's",
                      (unsigned long long)last.number);
}

static enum err keep_up(struct task *t, struct clerk *c)
{
    struct erasure_row *rows;
    struct ledger_line any;
    size_t n;
    TRY(read_on(t, c, &any)); /* another clerk of this node may have been here */
    TRY(store_erasures_since(t, c->db, (int64_t)c->ledger.lines - 1, &rows, &n));
    if (n == 0) {
        TRY(tail_is_known(t, c));
    }
    for (size_t i = 0; i < n; i++) {
        TRY(append(t, c, rows[i].at, &rows[i].identity));
    }
    return n == 0 ? OK : store_erasures_noted(t, c->db, rows[n - 1].number);
}

static enum err look(struct task *t, struct clerk *c)
{
    if (!c->ledger_agrees) {
        TRY(compare(t, c));
        TRY(tail_is_known(t, c));
        if (c->ledger.lines > 1) { /* a clerk that died may have noted, and not said so */
            TRY(store_erasures_noted(t, c->db, (int64_t)c->ledger.lines - 1));
        }
        c->ledger_agrees = true;
    }
    return c->process->ledger_fd < 0 ? OK : keep_up(t, c);
}

enum err clerk_erasures(struct task *t, struct clerk *c)
{
    bool has_file = c->process->ledger_fd >= 0;
    if (c->ledger_agrees && (!has_file || clock_mono_ms() < c->erasures_due_ms)) {
        return OK;
    }
    if (has_file && !lock(c, F_WRLCK)) {
        return c->ledger_agrees ? OK : fail(ERR_UNAVAILABLE, "the ledger of erasures is in use");
    }
    err_clear();
    bool agreed = c->ledger_agrees;
    enum err e = look(t, c);
    if (has_file) {
        (void)lock(c, F_UNLCK);
    }
    if (e == OK) {
        c->erasures_due_ms = clock_mono_ms() + PERIOD_MS;
        return OK;
    }
    if (e != ERR_UNAVAILABLE && clock_mono_ms() >= c->erasures_due_ms) {
        c->erasures_due_ms = clock_mono_ms() + COMPLAIN_MS;
        log_failure(LOG_ERROR, ERASURES_REFUSED, e);
    }
    return agreed ? OK
                  : e; /* what was noted before is not taken back; a full disk stops no login */
}
