/* The set of connections of a process, and what concerns all of them: readiness, the database's
 * clock, connections that say nothing any more. */
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "store/database_clock.h"
#include "store/engine.h"
#include "store/kept.h"

#define TICK_S 1
#define CLOCK_TICKS 5 /* how often the database's clock is read */
#define CLOCK_WARN_MS 5000
#define ATTEMPTS_BEFORE_AWAY 2 /* a restarted pooler or a killed backend is back before that */

static const struct {
    const char *name;
    unsigned bit;
} ROLES[] = {{"web", ROLE_BIT_WEB},
             {"clerk", ROLE_BIT_CLERK},
             {"courier", ROLE_BIT_COURIER},
             {"admin", ROLE_BIT_ADMIN}};

bool pg_uses(const struct pg *db, enum sql_name sql)
{
    return (sql_statements[sql].roles & db->role) != 0 &&
           (!sql_statements[sql].sandbox || db->sandbox);
}

void pg_sandbox_mismatch(bool wanted)
{
    log_event(LOG_ERROR, DB_FAILED, LOG_Z("statement", "sandbox"),
              LOG_Z("why", wanted ? "this is a sandbox, the database is none"
                                  : "the database belongs to a sandbox"),
              LOG_Z("cure", wanted ? "authctl migrate makes an empty database a sandbox's"
                                   : "give production a database of its own (database.name)"));
}

static enum err password_keep(struct pg *db, struct str password)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (!str_is(password)) {
        return OK;
    }
    if (password.n >= page) {
        return fail(ERR_LIMIT, "pg: password too long");
    }
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    (void)mlock(p, page);
    (void)madvise(p, page, MADV_DONTDUMP);
    memcpy(p, password.p, password.n);
    db->password = p;
    return OK;
}

static void on_tick(evutil_socket_t fd, short what, void *arg);

static enum err fill(struct pg *db, const struct pg_settings *s)
{
    char port[24];
    (void)snprintf(port, sizeof port, "%ld", s->port);
    db->database = strdup(s->database);
    db->user = strdup(s->user);
    db->port = strdup(port);
    if (db->database == NULL || db->user == NULL || db->port == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    db->sandbox = s->sandbox;
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        if (strcmp(ROLES[i].name, s->role) == 0) {
            db->role = ROLES[i].bit;
        }
    }
    if (db->role == 0) {
        return fail(ERR_INPUT, "pg: no role '%s'", s->role);
    }
    enum err e = password_keep(db, s->password);
    if (e != OK) {
        return e;
    }
    bool async = false;
    for (enum sql_name q = 0; q < SQL_COUNT; q++) {
        async = async || (pg_uses(db, q) && sql_statements[q].kind == SQL_WRITE_ASYNC);
    }
    size_t numbers[CONN_CLASS_COUNT] = {
        [CONN_READ] = s->read_connections > 0 ? s->read_connections : 1,
        [CONN_SYNC] = s->write_connections > 0 ? s->write_connections : 1,
        [CONN_ASYNC] = async};
    size_t total = numbers[CONN_READ] + numbers[CONN_SYNC] + numbers[CONN_ASYNC];
    db->conns = calloc(total, sizeof *db->conns);
    if (db->conns == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    for (enum conn_class class = 0; class < CONN_CLASS_COUNT; class ++) {
        db->queues[class].last = &db->queues[class].first;
        db->of_class[class] = &db->conns[db->n_conns];
        db->n_of_class[class] = numbers[class];
        for (size_t i = 0; i < numbers[class]; i++) {
            e = conn_init(&db->conns[db->n_conns++], db, class, i);
            if (e != OK) {
                return e;
            }
        }
    }
    db->clock_timer = event_new(loop_base(db->loop), -1, EV_PERSIST, on_tick, db);
    struct timeval tick = {.tv_sec = TICK_S};
    if (db->clock_timer == NULL || event_add(db->clock_timer, &tick) != 0) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    return OK;
}

enum err pg_new(struct loop *l, const struct pg_settings *s, struct pg **out)
{
    struct hosts hosts;
    TRY(hosts_init(s->host, &hosts));
    struct pg *db = calloc(1, sizeof *db);
    if (db == NULL) {
        hosts_done(&hosts);
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    db->hosts = hosts;
    db->loop = l;
    enum err e = fill(db, s);
    if (e != OK) {
        pg_free(db);
        return e;
    }
    for (size_t i = 0; i < db->n_conns; i++) {
        conn_open(&db->conns[i]);
    }
    *out = db;
    return OK;
}

void pg_free(struct pg *db)
{
    if (db == NULL) {
        return;
    }
    for (size_t i = 0; i < db->n_conns; i++) {
        conn_done(&db->conns[i]);
    }
    batch_free(db);
    find_free(db);
    outcome_free(db);
    listen_free(db);
    client_cache_free(db);
    resource_cache_free(db);
    kept_free(db);
    if (db->clock_timer != NULL) {
        event_free(db->clock_timer);
    }
    if (db->password != NULL) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        ct_wipe(db->password, page);
        (void)munmap(db->password, page);
    }
    free(db->conns);
    hosts_done(&db->hosts);
    free(db->database);
    free(db->user);
    free(db->port);
    free(db);
}

struct conn *pg_pick(struct pg *db, enum conn_class class)
{
    struct conn *best = NULL;
    for (size_t i = 0; i < db->n_of_class[class]; i++) {
        struct conn *c = &db->of_class[class][i];
        if (c->state == CONN_READY && !c->broken && (best == NULL || c->depth < best->depth)) {
            best = c;
        }
    }
    return best;
}

bool pg_class_away(const struct pg *db, enum conn_class class)
{
    for (size_t i = 0; i < db->n_of_class[class]; i++) {
        const struct conn *c = &db->of_class[class][i];
        if (c->state == CONN_READY ? !watch_stuck(c) : c->failures < ATTEMPTS_BEFORE_AWAY) {
            return false;
        }
    }
    return true;
}

bool pg_ready(const struct pg *db)
{
    for (enum conn_class class = 0; class < CONN_CLASS_COUNT; class ++) {
        if (db->n_of_class[class] > 0 && pg_pick((struct pg *)(uintptr_t)db, class) == NULL) {
            return false;
        }
    }
    return true;
}

const char *pg_host(const struct pg *db)
{
    return db->hosts.of[db->primary];
}

bool pg_away(const struct pg *db)
{
    for (enum conn_class class = 0; class < CONN_CLASS_COUNT; class ++) {
        if (db->n_of_class[class] > 0 && pg_class_away(db, class)) {
            return true;
        }
    }
    return false;
}

enum err pg_wait_well(struct task *t, struct pg *db)
{
    while (!pg_ready(db)) {
        if (pg_away(db)) {
            return fail(ERR_UNAVAILABLE, "the database: %s", db->failure);
        }
        TRY(task_sleep(t, 10));
    }
    return OK;
}

int64_t pg_clock_offset_ms(const struct pg *db)
{
    return db->clock_known ? clock_ahead_ms() : 0;
}

static void clock_result(struct group *g, size_t index, PGresult *result)
{
    struct clock_question *q = (struct clock_question *)(void *)g;
    (void)index;
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        struct row row = {result, 0, 0};
        q->answer_ms = row_int(&row);
        q->answered = true;
    }
    PQclear(result);
}

static void clock_done(struct group *g, bool lost)
{
    struct clock_question *q = (struct clock_question *)(void *)g;
    if (!lost && q->answered) {
        struct clock_sample sample = {q->asked_ms, clock_mono_ms(), q->answer_ms};
        clock_sample_follow(&sample, q->db->clock_known);
        q->db->clock_known = true;
        if (llabs(pg_clock_offset_ms(q->db)) > CLOCK_WARN_MS) {
            log_event(LOG_WARN, CLOCK_OFF, LOG_INT("ms", pg_clock_offset_ms(q->db)));
        }
    }
    q->asked = false;
}

void pg_clock_ask(struct conn *c)
{
    struct clock_question *q = &c->clock;
    if (q->asked) {
        return;
    }
    *q = (struct clock_question){.group = {.on_result = clock_result, .on_done = clock_done},
                                 .db = c->db,
                                 .asked = true,
                                 .asked_ms = clock_mono_ms()};
    (void)conn_statement(c, SQL_CLOCK_READ, NULL, 0);
    (void)conn_group_end(c, &q->group);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct pg *db = arg;
    watch_tick(db);
    struct conn *c = pg_pick(db, CONN_READ);
    if (++db->ticks % CLOCK_TICKS == 0 && c != NULL) {
        pg_clock_ask(c);
    }
}

void pg_conn_ready(struct conn *c)
{
    struct pg *db = c->db;
    for (size_t i = 0; i < db->n_conns; i++) {
        conn_try_now(&db->conns[i]);
    }
    if (c->class == CONN_READ) {
        pg_clock_ask(c);
        if (c->number == 0) {
            listen_start(c);
        }
    } else {
        outcome_try(db);
        batch_dispatch_soon(db);
    }
}

void pg_conn_lost(struct conn *c)
{
    struct pg *db = c->db;
    if (c->class == CONN_READ && c->number == 0) {
        listen_lost(db);
    }
    if (c->class != CONN_READ && pg_class_away(db, c->class)) {
        write_queue_fail(db, c->class);
    }
}

void pg_conn_idle(struct conn *c)
{
    if (c->class != CONN_READ) {
        batch_dispatch_soon(c->db);
    }
}

void pg_conn_notified(struct conn *c, const char *channel, const char *payload)
{
    listen_notified(c->db, channel, payload);
}

enum err pg_result_err(enum sql_name sql, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct str code = state == NULL ? STR("?????") : str_from(state);
    const char *name = sql_statements[sql].name;
    if (str_starts(code, STR("23"))) {
        if (table != NULL && str_starts(str_from(table), STR("bucket_key"))) {
            return fail(ERR_CONFLICT, "bucket key");
        }
        return fail(ERR_CONFLICT, "pg: %s: %s breaks a constraint of %s", name, state,
                    table == NULL ? "a table" : table);
    }
    if (str_starts(code, STR("22"))) {
        return fail(ERR_INPUT, "pg: %s: %s refused a value", name, state);
    }
    if (str_starts(code, STR("40")) || str_starts(code, STR("53")) || str_starts(code, STR("55")) ||
        str_starts(code, STR("57")) || str_starts(code, STR("25"))) {
        return fail(ERR_UNAVAILABLE, "pg: %s: %s", name, state);
    }
    log_event(LOG_ERROR, DB_FAILED, LOG_Z("statement", name), LOG_STR("sqlstate", code),
              LOG_Z("why", message == NULL ? "" : message));
    return fail(ERR_INTERNAL, "pg: %s: %.*s", name, STR_FMT(code));
}
