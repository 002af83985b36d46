/* Applies the embedded migrations.  libpq's blocking calls; everything after the lock is safe from
 * a second node.  Text is given to the server only from the migrations themselves and through
 * libpq's own quoting (role names, SCRAM verifiers). */
#include "migrate/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/ct.h"
#include "sql/migrations.h"
#include "store/blocking.h"

/* "auth" "migr": shared by every version of this program. */
#define LOCK "SELECT pg_advisory_lock(1635087464, 1835624306)"

/* Whoever waits for a table keeps all waiting who come later, and the daemon's statements wait 5 s
 * at most (store/hello.c).  So a migration gives up sooner, lets them pass and tries again. */
#define SETTINGS "SET LOCAL search_path = authd; SET LOCAL lock_timeout = '2s'"
#define TRIES 30
#define PAUSE_S 2

struct run {
    const struct config *config;
    const struct migrate_options *options;
    migrate_report_fn *report;
    void *arg;
    struct arena *arena;
    PGconn *pq;
};

static void tell(const struct run *run, enum migrate_step step, int version, const char *name,
                 const char *text)
{
    if (run->report != NULL) {
        struct migrate_report r = {step, version, name, text};
        run->report(run->arg, &r);
    }
}

static enum err connect_owner(struct run *run)
{
    const struct config *c = run->config;
    char port[24];
    struct str password = STR("");
    (void)snprintf(port, sizeof port, "%ld", c->db_port);
    struct hosts hosts;
    size_t host = 0;
    if (c->db_owner.password_file != NULL && c->db_owner.password_file[0] != '\0') {
        TRY(config_secret(run->arena, c->db_owner.password_file, &password));
    }
    struct conninfo_where where = {.port = port,
                                   .database = c->db_name,
                                   .user = c->db_owner.user,
                                   .password = str_z(run->arena, password),
                                   .name = "authctl migrate"};
    TRY(hosts_init(c->db_host, &hosts));
    enum err e = blocking_connect(&hosts, &host, &where, &run->pq);
    hosts_done(&hosts);
    if (e != OK) {
        return fail(e, "no connection to database %s as %s: %s", c->db_name, c->db_owner.user,
                    str_z(run->arena, str_from(err_reason())));
    }
    return OK;
}

static enum err refused(const PGresult *r, const char *what)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    bool rights = state != NULL && strcmp(state, "42501") == 0;
    bool locked = state != NULL && strcmp(state, "55P03") == 0;
    return fail(rights   ? ERR_DENIED
                : locked ? ERR_UNAVAILABLE
                         : ERR_INTERNAL,
                "%s: %s (%s)%s", what, message == NULL ? "the connection was lost" : message,
                state == NULL ? "-" : state,
                rights   ? "; the owner must own the database and have CREATEROLE"
                : locked ? "; somebody else uses the table (a backup, a long query): repeat it then"
                         : "");
}

/* Runs text that gives no rows. */
static enum err run_text(const struct run *run, const char *text, const char *what)
{
    PGresult *r = PQexec(run->pq, text);
    ExecStatusType status = PQresultStatus(r);
    enum err e = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? OK : refused(r, what);
    PQclear(r);
    return e;
}

static enum err query(const struct run *run, const char *text, PGresult **out)
{
    PGresult *r = PQexec(run->pq, text);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        enum err e = refused(r, "migrate");
        PQclear(r);
        return e;
    }
    *out = r;
    return OK;
}

static const struct migration *known(int version)
{
    for (size_t i = 0; i < migrations_count; i++) {
        if (migrations[i].version == version) {
            return &migrations[i];
        }
    }
    return NULL;
}

/* One row of schema_migration against what we know. */
static enum err check_row(const struct run *run, const PGresult *r, int row, int newest)
{
    int version = atoi(PQgetvalue(r, row, 0));
    const char *name = PQgetvalue(r, row, 1);
    const char *sum = PQgetvalue(r, row, 2);
    int needs = atoi(PQgetvalue(r, row, 3));
    const struct migration *m = known(version);
    if (m == NULL && version > newest) {
        if (needs > newest) {
            return fail(
                ERR_CONFLICT,
                "the database is at migration %d (%s), which this program (newest %d) does not "
                "work with; install the version of authd that brought it",
                version, name, newest);
        }
        tell(run, MIGRATE_WARNING, version, name,
             "the database is newer than this program, but compatible with it");
        return OK;
    }
    if (m == NULL) {
        return fail(
            ERR_CONFLICT,
            "migration %d (%s) was applied but is not part of this program; the database was "
            "made by another build: use that one",
            version, name);
    }
    if (strcmp(sum, m->sha256) != 0) {
        return fail(
            ERR_CONFLICT,
            "migration %04d was applied with another text than this program holds (checksum "
            "%.12s…, here %.12s…); applied migrations never change: restore the file and put the "
            "change into a new migration",
            version, sum, m->sha256);
    }
    return OK;
}

static enum err check_applied(const struct run *run, bool *applied)
{
    int newest = migrations_count == 0 ? 0 : migrations[migrations_count - 1].version;
    PGresult *r = NULL;
    TRY(query(run, "SELECT to_regclass('authd.schema_migration') IS NOT NULL", &r));
    bool exists = strcmp(PQgetvalue(r, 0, 0), "t") == 0;
    PQclear(r);
    if (!exists) {
        return OK;
    }
    TRY(query(run,
              "SELECT version, name, sha256, needs_program FROM authd.schema_migration "
              "ORDER BY version",
              &r));
    enum err e = OK;
    for (int i = 0; i < PQntuples(r) && e == OK; i++) {
        e = check_row(run, r, i, newest);
        int version = atoi(PQgetvalue(r, i, 0));
        for (size_t k = 0; k < migrations_count; k++) {
            applied[k] = applied[k] || migrations[k].version == version;
        }
    }
    PQclear(r);
    return e;
}

/* `-- needs-program: N` in a migration: a program whose newest migration is below N does not work
 * on the schema any more.  Without it the migration only expands. */
static const char *needs_program(const struct migration *m)
{
    static const char MARK[] = "-- needs-program: ";
    const char *at = strstr(m->text, MARK);
    return at == NULL ? "0" : at + sizeof MARK - 1;
}

static enum err try_apply(const struct run *run, const struct migration *m)
{
    char version[16], needs[16], what[96];
    (void)snprintf(version, sizeof version, "%d", m->version);
    (void)snprintf(needs, sizeof needs, "%ld", strtol(needs_program(m), NULL, 10));
    (void)snprintf(what, sizeof what, "migration %s", m->name);
    TRY(run_text(run, "BEGIN", what));
    enum err e = run_text(run, SETTINGS, what);
    if (e == OK) {
        e = run_text(run, m->text, what);
    }
    if (e == OK) {
        const char *values[] = {version, m->name, m->sha256, needs};
        PGresult *r = PQexecParams(run->pq,
                                   "INSERT INTO authd.schema_migration (version, name, sha256, "
                                   "needs_program) VALUES ($1, $2, $3, $4)",
                                   4, NULL, values, NULL, NULL, 0);
        e = PQresultStatus(r) == PGRES_COMMAND_OK ? OK : refused(r, what);
        PQclear(r);
    }
    if (e == OK) {
        return run_text(run, "COMMIT", what);
    }
    PGresult *r = PQexec(run->pq, "ROLLBACK");
    PQclear(r);
    return e;
}

static enum err apply(const struct run *run, const struct migration *m)
{
    enum err e = try_apply(run, m);
    if (e == ERR_UNAVAILABLE) {
        tell(run, MIGRATE_WARNING, m->version, m->name, "waits for who uses its tables");
    }
    for (int i = 1; e == ERR_UNAVAILABLE && i < TRIES; i++) {
        sleep(PAUSE_S);
        e = try_apply(run, m);
    }
    return e;
}

static enum err apply_missing(const struct run *run, const bool *applied)
{
    size_t missing = 0;
    if (!run->options->dry_run) {
        TRY(run_text(run,
                     "CREATE SCHEMA IF NOT EXISTS authd; "
                     "CREATE TABLE IF NOT EXISTS authd.schema_migration ("
                     "version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, "
                     "needs_program integer NOT NULL DEFAULT 0, "
                     "applied_at timestamptz NOT NULL DEFAULT now())",
                     "schema authd"));
    }
    for (size_t i = 0; i < migrations_count; i++) {
        const struct migration *m = &migrations[i];
        if (applied[i]) {
            continue;
        }
        missing++;
        if (run->options->dry_run) {
            tell(run, MIGRATE_WOULD_APPLY, m->version, m->name, NULL);
            continue;
        }
        TRY(apply(run, m));
        tell(run, MIGRATE_APPLIED, m->version, m->name, NULL);
    }
    if (missing == 0 && migrations_count > 0) {
        const struct migration *last = &migrations[migrations_count - 1];
        tell(run, MIGRATE_UP_TO_DATE, last->version, last->name, NULL);
    }
    return OK;
}

/* A database is a sandbox's from its first migration on, or never: what people are in it decides. */
static enum err check_sandbox(const struct run *run)
{
    PGresult *r = NULL;
    TRY(query(run, "SELECT to_regnamespace('authd_sandbox') IS NOT NULL", &r));
    bool is_sandbox = strcmp(PQgetvalue(r, 0, 0), "t") == 0;
    PQclear(r);
    if (is_sandbox && !run->config->sandbox) {
        return fail(ERR_CONFLICT,
                    "database %s belongs to a sandbox, and the configuration does not say "
                    "development.sandbox; give production a database of its own (database.name)",
                    run->config->db_name);
    }
    return OK;
}

static enum err apply_sandbox(const struct run *run)
{
    if (!run->config->sandbox) {
        return OK;
    }
    if (run->options->dry_run) {
        tell(run, MIGRATE_WOULD_APPLY, 0, "sandbox", NULL);
        return OK;
    }
    TRY(run_text(run, "BEGIN", "sandbox"));
    enum err e = run_text(run, "SET LOCAL search_path = authd", "sandbox");
    if (e == OK) {
        e = run_text(run, migrations_sandbox, "sandbox");
    }
    if (e == OK) {
        TRY(run_text(run, "COMMIT", "sandbox"));
        tell(run, MIGRATE_APPLIED, 0, "sandbox", NULL);
        return OK;
    }
    PGresult *r = PQexec(run->pq, "ROLLBACK");
    PQclear(r);
    return e;
}

/* The server gets a SCRAM-SHA-256 verifier, computed here. */
static enum err set_password(const struct run *run, const struct config_role *role)
{
    struct str password;
    TRY(config_secret(run->arena, role->password_file, &password));
    if (password.n == 0) {
        return fail(ERR_INPUT, "%s holds no password", role->password_file);
    }
    char *plain = str_z(run->arena, password);
    char *verifier = PQencryptPasswordConn(run->pq, plain, role->user, "scram-sha-256");
    ct_wipe(plain, password.n);
    char *name = PQescapeIdentifier(run->pq, role->user, strlen(role->user));
    char *literal = verifier == NULL ? NULL : PQescapeLiteral(run->pq, verifier, strlen(verifier));
    enum err e = ERR_INTERNAL;
    if (literal == NULL || name == NULL) {
        e = fail(ERR_INTERNAL, "the password of %s could not be prepared", role->user);
    } else {
        struct str text = str_fmt(run->arena, "ALTER ROLE %s PASSWORD %s", name, literal);
        char what[96];
        (void)snprintf(what, sizeof what, "password of role %.60s", role->user);
        e = run_text(run, text.p, what);
    }
    PQfreemem(literal);
    PQfreemem(name);
    PQfreemem(verifier);
    return e;
}

static enum err set_passwords(const struct run *run)
{
    const struct config *c = run->config;
    const struct config_role *roles[] = {&c->db_web, &c->db_verifier, &c->db_clerk, &c->db_courier,
                                         &c->db_admin};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (roles[i]->password_file == NULL || roles[i]->password_file[0] == '\0') {
            continue;
        }
        if (run->options->dry_run) {
            tell(run, MIGRATE_WOULD_SET, 0, roles[i]->user, NULL);
            continue;
        }
        TRY(set_password(run, roles[i]));
        tell(run, MIGRATE_PASSWORD_SET, 0, roles[i]->user, NULL);
    }
    return OK;
}

static enum err run_all(struct run *run)
{
    bool *applied = arena_array(run->arena, migrations_count, sizeof *applied);
    TRY(connect_owner(run));
    if (!run->options->dry_run) {
        TRY(run_text(run, LOCK, "lock")); /* released with the connection */
    }
    TRY(check_sandbox(run));
    TRY(check_applied(run, applied));
    TRY(apply_missing(run, applied));
    TRY(apply_sandbox(run));
    return set_passwords(run);
}

enum err migrate_run(const struct config *c, const struct migrate_options *options,
                     migrate_report_fn *report, void *arg)
{
    struct run run = {.config = c, .options = options, .report = report, .arg = arg};
    run.arena = arena_new(0);
    if (run.arena == NULL) {
        return fail(ERR_NO_MEMORY, "migrate: no memory");
    }
    enum err e = run_all(&run);
    PQfinish(run.pq);
    arena_free(run.arena);
    return e;
}
