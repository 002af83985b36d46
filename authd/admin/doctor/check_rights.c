/* What each database role may do, against migrations/rights.list: too little stops the service, too
 * much breaks the promise that a hijacked process is poor. */
#include <string.h>

#include "doctor/inside.h"
#include "sql/rights.h"

/* Lines as in the list, of one role: "object rights".  left_out: a further schema, as a condition.
 */
#define ACTUAL(left_out)                                                                           \
    "WITH t AS (SELECT c.oid, c.relname, c.relkind FROM pg_class c "                               \
    "WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname " \
    "= 'information_schema'" left_out ")), "                                                       \
    "whole AS (SELECT t.relname, string_agg(p.letter, ' ' ORDER BY p.place) AS rights FROM t, "    \
    "(VALUES ('SELECT','S',1), ('INSERT','I',2), ('UPDATE','U',3), ('DELETE','D',4), "             \
    "('TRUNCATE','TRUNCATE',5), ('REFERENCES','REFERENCES',6), ('TRIGGER','TRIGGER',7)) AS p "     \
    "(privilege, letter, place) WHERE t.relkind IN ('r','p','v','m','f') "                         \
    "AND has_table_privilege($1, t.oid, p.privilege) GROUP BY t.relname), "                        \
    "parts AS (SELECT x.relname, string_agg(x.letter || '(' || x.names || ')', ' ' ORDER BY "      \
    "x.place) AS rights FROM (SELECT t.relname, p.letter, p.place, string_agg(a.attname, ',' "     \
    "ORDER BY a.attname) AS names FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum "  \
    "<> 0 AND NOT a.attisdropped, (VALUES ('SELECT','S',1), ('INSERT','I',2), ('UPDATE','U',3), "  \
    "('REFERENCES','REFERENCES',4)) AS p (privilege, letter, place) WHERE t.relkind IN "           \
    "('r','p','v','m','f') AND NOT has_table_privilege($1, t.oid, p.privilege) AND "               \
    "has_column_privilege($1, t.oid, a.attnum, p.privilege) GROUP BY 1, 2, 3) AS x GROUP BY "      \
    "x.relname) "                                                                                  \
    "SELECT coalesce(w.relname, p.relname), concat_ws(' ', w.rights, p.rights) FROM whole w FULL " \
    "JOIN parts p ON p.relname = w.relname "                                                       \
    "UNION ALL SELECT t.relname, string_agg(p, ' ' ORDER BY p) FROM t, "                           \
    "unnest(ARRAY['USAGE','SELECT','UPDATE']) p WHERE t.relkind = 'S' AND "                        \
    "has_sequence_privilege($1, t.oid, p) GROUP BY t.relname "                                     \
    "UNION ALL SELECT replace(f.oid::regprocedure::text, 'authd.', ''), 'X' FROM pg_proc f WHERE " \
    "f.pronamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = "     \
    "'information_schema'" left_out ") AND f.prorettype <> 'trigger'::regtype AND "                \
    "has_function_privilege($1, f.oid, 'EXECUTE') ORDER BY 1"

#define POWERS                                                                                     \
    "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication, "          \
    "EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid), "                              \
    "has_schema_privilege(r.oid, 'authd', 'CREATE') OR has_schema_privilege(r.oid, 'public', "     \
    "'CREATE') OR has_database_privilege(r.oid, current_database(), 'CREATE') OR "                 \
    "has_database_privilege(r.oid, current_database(), 'TEMPORARY') "                              \
    "FROM pg_roles r WHERE rolname = $1"

/* What the list says of role and object; absent: nothing. */
static struct str listed(struct str role, struct str object)
{
    struct str rest = str_from(sql_rights);
    struct str line, word;
    while (str_split(&rest, '\n', &line)) {
        struct str words = line;
        if (str_word(&words, &word) && str_eq(word, role) && str_word(&words, &word) &&
            str_eq(word, object)) {
            return str_trim(words);
        }
    }
    return STR_NONE;
}

static bool has_object(const PGresult *r, struct str object)
{
    for (int i = 0; i < PQntuples(r); i++) {
        if (str_eqz(object, PQgetvalue(r, i, 0))) {
            return true;
        }
    }
    return false;
}

static void differs(struct doctor *d, struct str role, struct str object, struct str have,
                    struct str wanted)
{
    bool narrower = !str_is(have) || (str_is(wanted) && have.n < wanted.n);
    found(d, FOUND_ERROR,
          SAY(d, "authd_%.*s has the rights \"%.*s\" on %.*s, not \"%.*s\"", STR_FMT(role),
              STR_FMT(str_is(have) ? have : STR("none")), STR_FMT(object),
              STR_FMT(str_is(wanted) ? wanted : STR("none"))),
          narrower
              ? "as the database's owner GRANT what is missing; the process that lacks it fails"
              : "as the database's owner REVOKE what is too much; ask who granted it");
}

static PGresult *about_role(struct doctor *d, const char *text, const char *role)
{
    PGresult *r = PQexecParams(d->db, text, 1, NULL, &role, NULL, NULL, 0);
    if (PQresultStatus(r) == PGRES_TUPLES_OK) {
        return r;
    }
    const char *why = PQerrorMessage(d->db);
    found(d, FOUND_ERROR, SAY(d, "%s: %.*s", role, (int)strcspn(why, "\n"), why),
          "authctl migrate");
    PQclear(r);
    return NULL;
}

static void check_objects(struct doctor *d, struct str role, const char *full_name)
{
    /* What a sandbox may besides is in migrations/sandbox.sql; anywhere else it is too much. */
    PGresult *r = about_role(
        d, d->config->sandbox ? ACTUAL(" OR nspname = 'authd_sandbox'") : ACTUAL(""), full_name);
    if (!r) {
        return;
    }
    for (int i = 0; i < PQntuples(r); i++) {
        struct str object = str_from(PQgetvalue(r, i, 0));
        struct str have = str_from(PQgetvalue(r, i, 1));
        struct str wanted = listed(role, object);
        /* the list may name the letters in another order */
        struct str rest = have, word;
        bool same = have.n == wanted.n;
        while (same && str_word(&rest, &word)) {
            same = str_words_have(wanted, word);
        }
        if (!same) {
            differs(d, role, object, have, wanted);
        }
    }
    struct str rest = str_from(sql_rights);
    struct str line, word;
    while (str_split(&rest, '\n', &line)) {
        if (str_word(&line, &word) && str_eq(word, role) && str_word(&line, &word) &&
            !has_object(r, word)) {
            differs(d, role, word, STR_NONE, str_trim(line));
        }
    }
    PQclear(r);
}

static void check_powers(struct doctor *d, const char *role)
{
    static const char *const powers[] = {
        "is superuser, or may create roles or databases, pass row security or replicate",
        "is a member of another role", "may create things in the database"};
    PGresult *r = about_role(d, POWERS, role);
    for (int i = 0; r && PQntuples(r) == 1 && i < 3; i++) {
        if (!strcmp(PQgetvalue(r, 0, i), "t")) {
            found(d, FOUND_ERROR, SAY(d, "%s %s", role, powers[i]),
                  "take it away as superuser; no process of authd needs it");
        }
    }
    PQclear(r);
}

void check_rights(struct doctor *d)
{
    static const char *const roles[] = {"web", "verifier", "courier", "clerk", "admin"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const char *full_name = str_z(d->arena, SAY(d, "authd_%s", roles[i]));
        check_objects(d, str_from(roles[i]), full_name);
        check_powers(d, full_name);
    }
}
