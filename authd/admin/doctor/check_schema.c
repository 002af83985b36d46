/* The schema: every migration of this program is applied, with the text this program has. */
#include <stdlib.h>
#include <string.h>

#include "doctor/inside.h"
#include "sql/migrations.h"

static void check_migration(struct doctor *d, const PGresult *r, const struct migration *m)
{
    for (int i = 0; i < PQntuples(r); i++) {
        if (atoi(PQgetvalue(r, i, 0)) != m->version) {
            continue;
        }
        if (strcmp(PQgetvalue(r, i, 2), m->sha256) != 0) {
            found(
                d, FOUND_ERROR,
                SAY(d, "migration %s was applied with another text than this program has", m->name),
                "use the build that applied it; applied migrations never change");
        }
        return;
    }
    found(d, FOUND_ERROR, SAY(d, "migration %s is not applied", m->name), "authctl migrate");
}

static void check_newer(struct doctor *d, const PGresult *r)
{
    int newest = migrations_count ? migrations[migrations_count - 1].version : 0;
    for (int i = 0; i < PQntuples(r); i++) {
        int needs = atoi(PQgetvalue(r, i, 3));
        if (atoi(PQgetvalue(r, i, 0)) > newest) {
            found(d, needs > newest ? FOUND_ERROR : FOUND_WARNING,
                  SAY(d, "the database has migration %s, which this program does not know",
                      PQgetvalue(r, i, 1)),
                  "install the version of authd that brought it, on every node");
        }
    }
}

void check_schema(struct doctor *d)
{
    PGresult *r =
        PQexec(d->db, "SELECT version, name, sha256, needs_program FROM schema_migration");
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        found(d, FOUND_ERROR, STR("the database has no schema of authd"), "authctl migrate");
    } else {
        for (size_t i = 0; i < migrations_count; i++) {
            check_migration(d, r, &migrations[i]);
        }
        check_newer(d, r);
    }
    PQclear(r);
}
