"""Promise 2, the part of the database: a role can do what its process needs, and nothing else.

migrations/rights.list is the whole list of what migrations grant.  A new grant makes a test here fail until it
stands there: that is the decision.  What may be written is said by column where only some columns may."""
from contextlib import closing

import psycopg2
import pytest
from harness.postgres import ROOT

ROLES = ("web", "verifier", "courier", "clerk", "admin")


def listed(wanted):
    """{role: {object: rights}} of the lines whose rights are `wanted`."""
    out = {name: {} for name in ROLES}
    with open(ROOT + "/migrations/rights.list") as lines:
        for line in lines:
            if not line.startswith("#"):
                name, thing, rights = line.rstrip("\n").split(" ", 2)
                if wanted(rights):
                    assert thing not in out[name], line
                    out[name][thing] = rights
    return out


WANTED = listed(lambda rights: rights not in ("X", "USAGE"))
WANTED_SEQUENCES = {name: {s: {"USAGE"} for s in have} for name, have in
                    listed(lambda rights: rights == "USAGE").items()}
WANTED_FUNCTIONS = {name: set(have) for name, have in listed(lambda rights: rights == "X").items()}

LETTERS = {"SELECT": "S", "INSERT": "I", "UPDATE": "U", "DELETE": "D"}


def role(service, name):
    with open(service.secret_path("database-" + name)) as file:
        password = file.read()
    return psycopg2.connect(host=service.postgres.socket, user="authd_" + name, password=password,
                            dbname=service.database)


def asked(service, name, sql, *values):
    """What PostgreSQL says a role may do, by whatever way it got there."""
    return service.query(sql, *[f"authd_{name}" if v is ROLES else v for v in values])


def rights_on_tables(service, name):
    out = {}
    tables = asked(service, name, """
        SELECT c.oid, c.relname, p.privilege, has_table_privilege(%s, c.oid, p.privilege)
        FROM pg_class c, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER'])
            WITH ORDINALITY AS p (privilege, place)
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace NOT IN
            (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
        ORDER BY c.relname, p.place""", ROLES)
    for _, table, privilege, has in tables:
        if has:
            out.setdefault(table, []).append(LETTERS.get(privilege, privilege))
    columns = asked(service, name, """
        SELECT c.relname, p.privilege, string_agg(a.attname, ',' ORDER BY a.attname)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum <> 0 AND NOT a.attisdropped,
            unnest(ARRAY['SELECT','INSERT','UPDATE','REFERENCES']) WITH ORDINALITY AS p (privilege, place)
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace NOT IN
            (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
          AND NOT has_table_privilege(%s, c.oid, p.privilege)
          AND has_column_privilege(%s, c.oid, a.attnum, p.privilege)
        GROUP BY c.relname, p.privilege, p.place ORDER BY c.relname, p.place""", ROLES, ROLES)
    for table, privilege, names in columns:
        out.setdefault(table, []).append(f"{LETTERS.get(privilege, privilege)}({names})")
    return {table: " ".join(rights) for table, rights in out.items()}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_exactly_the_listed_rights_on_tables(service, name):
    assert rights_on_tables(service, name) == WANTED[name]


@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_no_other_rights(service, name):
    """Sequences, functions, schemas, the database, types, languages, servers, parameters, large objects."""
    sequences = asked(service, name, """
        SELECT c.relname, p FROM pg_class c, unnest(ARRAY['USAGE','SELECT','UPDATE']) p
        WHERE c.relkind = 'S' AND has_sequence_privilege(%s, c.oid, p)""", ROLES)
    have = {}
    for sequence, privilege in sequences:
        have.setdefault(sequence, set()).add(privilege)
    assert have == WANTED_SEQUENCES.get(name, {})
    functions = asked(service, name, """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE has_function_privilege(%s, p.oid, 'EXECUTE') AND p.pronamespace NOT IN
            (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
          AND p.prorettype <> 'trigger'::regtype""", ROLES)
    assert {row[0] for row in functions} == WANTED_FUNCTIONS.get(name, set())
    schemas = asked(service, name, """
        SELECT nspname, has_schema_privilege(%s, oid, 'USAGE'), has_schema_privilege(%s, oid, 'CREATE')
        FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'""", ROLES, ROLES)
    assert {row[0] for row in schemas if row[1]} == {"authd"} and not [row for row in schemas if row[2]]
    assert asked(service, name, """
        SELECT has_database_privilege(%s, current_database(), 'CREATE'),
               has_database_privilege(%s, current_database(), 'TEMPORARY'),
               (SELECT count(*) FROM pg_language WHERE lanpltrusted AND lanname NOT IN ('sql', 'plpgsql')
                    AND has_language_privilege(%s, oid, 'USAGE')),
               (SELECT count(*) FROM pg_foreign_server), (SELECT count(*) FROM pg_largeobject_metadata),
               (SELECT count(*) FROM pg_parameter_acl),
               (SELECT count(*) FROM pg_tablespace WHERE has_tablespace_privilege(%s, oid, 'CREATE')
                    AND spcname <> 'pg_default')""", ROLES, ROLES, ROLES, ROLES) == [(False, False, 0, 0, 0, 0, 0)]


@pytest.mark.parametrize("name", ROLES)
def test_no_role_is_powerful(service, name):
    rows = service.query("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication, rolinherit "
                         "FROM pg_roles WHERE rolname = %s", "authd_" + name)
    assert rows == [(False,) * 6]
    assert not service.query("SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
                             "WHERE r.rolname = %s", "authd_" + name), "a member of another role"
    owned = service.query("SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid "
                          "WHERE r.rolname = %s AND d.deptype = 'o'", "authd_" + name)
    assert owned == [(0,)], "owns something"


def test_there_are_no_other_roles_and_no_rights_of_everybody(service):
    roles = {row[0] for row in service.query("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper")}
    assert roles == {"authd_" + name for name in ROLES + ("owner",)}
    everybody = service.query("""
        SELECT c.relname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
        WHERE a.grantee = 0 AND c.relnamespace = 'authd'::regnamespace""")
    assert everybody == []


def test_what_runs_with_the_owners_rights_is_known(service):
    """A SECURITY DEFINER function is a grant in disguise; each fixes its search path."""
    rows = service.query("""SELECT p.oid::regprocedure::text, array_to_string(proconfig, ' ') FROM pg_proc p
                            WHERE prosecdef AND pronamespace = 'authd'::regnamespace ORDER BY 1""")
    assert [row[0] for row in rows] == ["audit_partitions(integer)", "audit_retire(integer)",
                                      "identity_lock_own(smallint,uuid,uuid)", "keystore_changed()"]
    assert all(row[1].startswith("search_path=authd, pg_temp") for row in rows)
    views = service.query("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') "
                          "AND relnamespace = 'authd'::regnamespace")
    assert views == [("keystore_verifier",)]


# The list is what PostgreSQL says; these are what it does.
FORBIDDEN = [
    ("web", "SELECT * FROM credential"), ("web", "SELECT * FROM keystore_key"),
    ("web", "SELECT sealed FROM keystore_verifier"), ("web", "SELECT * FROM lookup_digest"),
    ("web", "SELECT * FROM throttle"), ("web", "UPDATE client SET state = 'active'"),
    ("web", "INSERT INTO client (id, metadata, sector) VALUES ('x', '{}', 'x')"),
    ("web", "INSERT INTO client_secret (client_id, hash) VALUES ('first', '\\x00')"),
    ("web", "UPDATE client_keys SET jwks = '{}'"),
    ("web", "UPDATE audit SET event = 'x'"), ("web", "DELETE FROM audit"),
    ("web", "UPDATE identity SET state = 'active'"), ("web", "DELETE FROM session"),
    ("web", "SELECT * FROM outbox"), ("web", "TRUNCATE code"),
    ("web", "SELECT audit_partitions(1)"), ("web", "CREATE TABLE x (y int)"),
    ("web", "CREATE TEMPORARY TABLE x (y int)"),
    ("web", "COPY province TO PROGRAM 'true'"), ("web", "SELECT pg_read_file('/etc/passwd')"),
    ("web", "SELECT lo_import('/etc/passwd')"), ("web", "SELECT * FROM pg_authid"),
    ("web", "SET ROLE authd_admin"), ("web", "SET session_replication_role = replica"),
    ("web", "ALTER SYSTEM SET log_statement = 'all'"), ("web", "BEGIN; LOCK TABLE province IN EXCLUSIVE MODE"),
    ("verifier", "SELECT * FROM keystore_key"), ("verifier", "SELECT * FROM session"),
    ("verifier", "SELECT * FROM identity_document"), ("verifier", "SELECT * FROM code"),
    ("verifier", "UPDATE audit SET event = 'x'"), ("verifier", "SELECT * FROM client_secret"),
    ("courier", "SELECT * FROM session"), ("courier", "SELECT * FROM identity_document"),
    ("courier", "SELECT * FROM credential"), ("courier", "SELECT * FROM keystore_key"),
    ("clerk", "SELECT * FROM credential"), ("clerk", "SELECT * FROM identity_document"),
    ("clerk", "UPDATE audit SET event = 'x'"), ("clerk", "DELETE FROM audit"),
    ("admin", "SELECT * FROM credential"), ("admin", "UPDATE audit SET event = 'x'"),
    ("admin", "DELETE FROM audit"), ("admin", "DELETE FROM identity"),
]


@pytest.mark.parametrize("name,sql", FORBIDDEN, ids=[f"{n}: {s}" for n, s in FORBIDDEN])
def test_a_role_can_do_no_more_than_its_process_needs(service, name, sql):
    connection = role(service, name)
    connection.autocommit = True
    with closing(connection), connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(sql)
