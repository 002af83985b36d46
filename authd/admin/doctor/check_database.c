/* The database: can every process connect, and does it keep what it acknowledges? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "doctor/inside.h"
#include "store/blocking.h"

static struct str first_line(struct doctor *d, const char *text)
{
    return str_dup(d->arena, str_of(text, strcspn(text, "\n")));
}

PGconn *connect_as(struct doctor *d, const struct config_role *role, struct str *why)
{
    const struct config *c = d->config;
    struct str password = STR("");
    if (role->password_file[0] && config_secret(d->arena, role->password_file, &password) != OK) {
        *why = SAY(d, "%s", err_reason());
        return NULL;
    }
    struct conninfo_where where = {
        .port = str_z(d->arena, SAY(d, "%ld", c->db_port)),
        .database = c->db_name,
        .user = role->user,
        .password = str_z(d->arena, password),
    };
    struct hosts hosts;
    size_t first = 0;
    PGconn *db = NULL;
    enum err e = hosts_init(c->db_host, &hosts);
    if (e == OK) {
        e = blocking_connect(&hosts, &first, &where, &db);
        hosts_done(&hosts);
    }
    if (e != OK) {
        *why = first_line(d, err_reason());
    }
    return db;
}

PGresult *ask_database(struct doctor *d, const char *text)
{
    PGresult *r = PQexec(d->db, text);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        found(d, FOUND_ERROR, first_line(d, PQerrorMessage(d->db)),
              "the admin role lacks a right or the schema a table: see rights and schema");
        PQclear(r);
        return NULL;
    }
    return r;
}

void check_roles(struct doctor *d)
{
    const struct config *c = d->config;
    const struct {
        const char *name;
        const struct config_role *role;
    } roles[] = {{"admin", &c->db_admin},       {"web", &c->db_web},
                 {"verifier", &c->db_verifier}, {"clerk", &c->db_clerk},
                 {"courier", &c->db_courier},   {"owner", &c->db_owner}};
    struct str why = STR_NONE;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        PGconn *db = connect_as(d, roles[i].role, &why);
        if (db && !i) {
            d->db = db;
            continue; /* the other checks use it */
        }
        if (!db) {
            bool owner = roles[i].role == &c->db_owner;
            bool peer = !roles[i].role->password_file[0];
            found(d, owner || peer ? FOUND_NOTE : FOUND_ERROR,
                  SAY(d, "%s can't connect as %s: %.*s", roles[i].name, roles[i].role->user,
                      STR_FMT(why)),
                  peer ? "without a password file PostgreSQL's peer rule decides; run as that user"
                  : owner ? "only authctl migrate needs it"
                          : "database.host and .port, pg_hba.conf, the password (authctl migrate "
                            "sets it from the file)");
        }
        PQfinish(db);
    }
    if (d->db) {
        (void)PQclear(PQexec(d->db, "SET search_path = authd"));
    }
}

/* What PostgreSQL may be set to, and what that breaks. */
static const struct {
    const char *name, *wanted;
    enum severity severity;
    const char *danger;
} settings[] = {
    {"fsync", "on", FOUND_ERROR, "a power cut loses or destroys what was acknowledged"},
    {"full_page_writes", "on", FOUND_ERROR, "a power cut can tear pages apart"},
    {"synchronous_commit", "on local remote_write remote_apply", FOUND_ERROR,
     "consumed codes and revocations can come back after a crash"},
    {"default_transaction_isolation", "read committed", FOUND_ERROR,
     "statements are written for it and fail under another"},
    {"log_statement", "none ddl", FOUND_WARNING,
     "hashes and sealed documents of every write end up in PostgreSQL's log"},
    {"data_checksums", "on", FOUND_NOTE, "a failing disk goes unnoticed"},
    {"autovacuum", "on", FOUND_ERROR, "tables grow until the database stops"},
};

static bool is_wanted(const char *wanted, struct str value)
{
    return str_eqz(value, wanted) || str_words_have(str_from(wanted), value);
}

static void check_connections(struct doctor *d, long have, long reserved)
{
    const struct config *c = d->config;
    long need = c->web_processes * (c->db_read_connections + c->db_write_connections) +
                c->verifier_processes + 3 * 2 + 1 +
                2; /* clerk, courier, admin (two to write); authctl */
    if (have - reserved < need) {
        found(d, FOUND_ERROR,
              SAY(d, "this node needs %ld connections, PostgreSQL gives %ld to all", need,
                  have - reserved),
              "raise max_connections, or lower database.read_connections and write_connections");
    }
}

void check_settings(struct doctor *d)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        PGresult *r = ask_database(d, str_z(d->arena, SAY(d, "SHOW %s", settings[i].name)));
        if (!r) {
            continue;
        }
        struct str value = str_dup(d->arena, str_from(PQgetvalue(r, 0, 0)));
        PQclear(r);
        if (!is_wanted(settings[i].wanted, value)) {
            found(d, settings[i].severity,
                  SAY(d, "%s = %.*s: %s", settings[i].name, STR_FMT(value), settings[i].danger),
                  !strcmp(settings[i].name, "data_checksums")
                      ? "pg_checksums --enable while PostgreSQL is stopped"
                      : "take it out of postgresql.conf, ALTER SYSTEM, ALTER DATABASE or ALTER "
                        "ROLE, wherever it stands, then reload PostgreSQL");
        }
    }
    PGresult *r =
        ask_database(d, "SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), "
                        "current_setting('max_connections')::int, "
                        "current_setting('superuser_reserved_connections')::int");
    if (!r) {
        return;
    }
    if (atoi(PQgetvalue(r, 0, 0)) < 150000) {
        found(d, FOUND_ERROR, SAY(d, "PostgreSQL %s is too old", PQgetvalue(r, 0, 0)),
              "15 or later is needed");
    }
    check_connections(d, atol(PQgetvalue(r, 0, 2)), atol(PQgetvalue(r, 0, 3)));
    PQclear(r);
}
