/* Every statement is prepared against the migrated schema under every role that uses it, and no
 * role can do what it must not (promises 1 and 2). */
#include "fixture.h"

#include "sql/statements.h"

static const struct {
    const char *role;
    unsigned bit;
} ROLES[] = {{"authd_web", ROLE_BIT_WEB},
             {"authd_verifier", ROLE_BIT_VERIFIER},
             {"authd_clerk", ROLE_BIT_CLERK},
             {"authd_courier", ROLE_BIT_COURIER},
             {"authd_admin", ROLE_BIT_ADMIN}};
#define DENIED "42501"

static void every_statement_is_prepared_for_its_roles(void **state)
{
    (void)state;
    size_t prepared = 0, failed = 0;
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        const char *keys[] = {"host", "dbname", "user", NULL};
        const char *values[] = {socket_dir(), getenv("STORE_DB"), ROLES[i].role, NULL};
        PGconn *pq = PQconnectdbParams(keys, values, 0);
        for (enum sql_name s = 0; s < SQL_COUNT; s++) {
            if ((sql_statements[s].roles & ROLES[i].bit) == 0 || sql_statements[s].sandbox) {
                continue; /* of a sandbox: tests/flow/test_sandbox.py, where no process is ready
                             without them */
            }
            PGresult *r = PQprepare(pq, sql_statements[s].name, sql_statements[s].text, 0, NULL);
            if (PQresultStatus(r) != PGRES_COMMAND_OK) {
                print_message("%s %s: %s", ROLES[i].role, sql_statements[s].name,
                              PQerrorMessage(pq));
                failed++;
            }
            PQclear(r);
            /* Planning it checks the rights as well. */
            char text[1024] = "";
            r = PQdescribePrepared(pq, sql_statements[s].name);
            int n = PQnparams(r);
            PQclear(r);
            (void)snprintf(text, sizeof text, "EXPLAIN EXECUTE %s%s", sql_statements[s].name,
                           n > 0 ? "(NULL" : "");
            for (int k = 1; k < n; k++) {
                (void)strncat(text, ", NULL", sizeof text - strlen(text) - 1);
            }
            (void)strncat(text, n > 0 ? ")" : "", sizeof text - strlen(text) - 1);
            r = PQexec(pq, text);
            if (PQresultStatus(r) != PGRES_TUPLES_OK) {
                print_message("%s %s: %s", ROLES[i].role, sql_statements[s].name,
                              PQerrorMessage(pq));
                failed++;
            }
            PQclear(r);
            prepared++;
        }
        PQfinish(pq);
    }
    assert_int_equal(failed, 0);
    assert_true(prepared >= SQL_COUNT);
}

/* Small tables that are read whole, and one rare statement. */
static const char *const WHOLE[] = {"resource_list", "province_list", "vault_keys",
                                    "consent_withdraw", "audit_committed"};

static bool reads_whole(const char *name)
{
    for (size_t i = 0; i < sizeof WHOLE / sizeof WHOLE[0]; i++) {
        if (strcmp(name, WHOLE[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Does a line of the plan read a table of ours without a condition on an index? */
static bool line_reads_whole(const PGresult *plan, int line)
{
    const char *text = PQgetvalue(plan, line, 0);
    const char *next = line + 1 < PQntuples(plan) ? PQgetvalue(plan, line + 1, 0) : "";
    if (strstr(text, "Seq Scan") != NULL) {
        return true;
    }
    return strstr(text, "Index") != NULL && strstr(text, "Scan") != NULL &&
           strstr(text, "Bitmap Heap") == NULL && strstr(next, "Index Cond") == NULL;
}

/* Plans are made once, perhaps while the tables are empty, and kept: they must use conditions on
 * indexes whatever the statistics say. */
static void statements_of_web_and_verifier_read_through_index_conditions(void **state)
{
    (void)state;
    PGconn *pq = hold("SET search_path = authd; SET plan_cache_mode = force_generic_plan; "
                      "SET enable_seqscan = off; SET enable_mergejoin = off; "
                      "SET enable_bitmapscan = off; SET enable_hashjoin = off");
    size_t failed = 0;
    for (enum sql_name s = 0; s < SQL_COUNT; s++) {
        const struct sql_statement *q = &sql_statements[s];
        if ((q->roles & (ROLE_BIT_WEB | ROLE_BIT_VERIFIER)) == 0 || q->sandbox ||
            reads_whole(q->name)) {
            continue;
        }
        PGresult *r = PQprepare(pq, q->name, q->text, 0, NULL);
        PQclear(r);
        r = PQdescribePrepared(pq, q->name);
        int n = PQnparams(r);
        PQclear(r);
        char text[1024];
        int at = snprintf(text, sizeof text, "EXPLAIN EXECUTE %s", q->name);
        for (int k = 0; k < n; k++) {
            at += snprintf(text + at, sizeof text - (size_t)at, "%sNULL%s", k == 0 ? "(" : ",",
                           k == n - 1 ? ")" : "");
        }
        r = PQexec(pq, text);
        assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
        for (int line = 0; line < PQntuples(r); line++) {
            if (line_reads_whole(r, line)) {
                print_message("%s: %s\n", q->name, PQgetvalue(r, line, 0));
                failed++;
            }
        }
        PQclear(r);
    }
    let_go(pq);
    assert_int_equal(failed, 0);
}

static size_t allowed;

static void nobody_can(const char *role, const char *text)
{
    const char *state = state_as(role, text);
    if (strcmp(state, DENIED) != 0) {
        print_message("%s may: %s ('%s')\n", role, text, state);
        allowed++;
    }
}

static void a_role_cannot_do_what_it_must_not(void **state)
{
    (void)state;
    static const char *const WEB[] = {"SELECT verifier FROM credential",
                                      "SELECT * FROM keystore_key",
                                      "SELECT sealed FROM keystore_key",
                                      "SELECT * FROM keystore_verifier",
                                      "UPDATE audit SET event = 'x'",
                                      "DELETE FROM audit",
                                      "UPDATE client SET state = 'active'",
                                      "INSERT INTO client (id) VALUES ('x')",
                                      "SELECT * FROM lookup_digest",
                                      "SELECT * FROM throttle",
                                      "UPDATE identity SET state = 'active'",
                                      "DELETE FROM session",
                                      "INSERT INTO identity (id) VALUES (gen_random_uuid())",
                                      "SELECT * FROM outbox",
                                      "DELETE FROM replay",
                                      "UPDATE client_keys SET jwks = '{}'",
                                      "INSERT INTO client_keys (client_id) VALUES ('x')",
                                      "CREATE TABLE x ()",
                                      "SELECT * FROM pg_authid",
                                      "CREATE TABLE public.x ()",
                                      "SET ROLE authd_admin",
                                      "TRUNCATE audit",
                                      "SELECT subject_id FROM audit",
                                      "SELECT identity_lock_own(1::smallint, gen_random_uuid(), "
                                      "gen_random_uuid())",
                                      "SELECT audit_partitions(1)"};
    static const char *const VERIFIER[] = {
        "SELECT * FROM keystore_key", "SELECT * FROM identity_document",
        "SELECT * FROM session",      "SELECT * FROM audit",
        "SELECT * FROM \"grant\"",    "UPDATE identity SET state = 'active'",
        "SELECT detail FROM audit",   "INSERT INTO identity_change (bucket) VALUES (1)"};
    static const char *const CLERK[] = {
        "SELECT * FROM credential", "SELECT detail FROM audit", "SELECT * FROM identity_document",
        "UPDATE client SET state = 'x'", "SELECT * FROM keystore_verifier"};
    static const char *const COURIER[] = {"SELECT * FROM credential",
                                          "SELECT * FROM keystore_key",
                                          "SELECT * FROM session",
                                          "SELECT subject_id FROM audit",
                                          "INSERT INTO outbox (bucket) VALUES (1)",
                                          "SELECT * FROM client_secret",
                                          "UPDATE client_keys SET uri = 'x'",
                                          "INSERT INTO client_keys (client_id) VALUES ('x')"};
    static const char *const ADMIN[] = {
        "SELECT * FROM credential", "UPDATE audit SET event = 'x'", "DELETE FROM identity",
        "UPDATE identity_change SET actor = 'x'", "SELECT * FROM throttle"};
#define ALL(role, list)                                                                            \
    for (size_t i = 0; i < sizeof(list) / sizeof(list)[0]; i++)                                    \
    nobody_can(role, (list)[i])
    ALL("authd_web", WEB);
    ALL("authd_verifier", VERIFIER);
    ALL("authd_clerk", CLERK);
    ALL("authd_courier", COURIER);
    ALL("authd_admin", ADMIN);
    assert_int_equal(allowed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_cannot_do_what_it_must_not),
        cmocka_unit_test(every_statement_is_prepared_for_its_roles),
        cmocka_unit_test(statements_of_web_and_verifier_read_through_index_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
