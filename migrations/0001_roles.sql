-- One database role per process, with the least rights (DESIGN.md section 5).  Rights on tables stand
-- beside the tables.  Passwords, where used, are set by `authctl migrate` from the configured files.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['authd_web', 'authd_verifier', 'authd_clerk', 'authd_courier',
                                     'authd_admin'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', role_name);
        END IF;
        EXECUTE format('ALTER ROLE %I SET search_path = authd', role_name);
        EXECUTE format('GRANT USAGE ON SCHEMA authd TO %I', role_name);
        EXECUTE format('GRANT SELECT ON authd.schema_migration TO %I', role_name);
    END LOOP;
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Functions are not executable by everybody unless granted.  Not "IN SCHEMA": what a schema's default says
-- only adds to the global one.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
