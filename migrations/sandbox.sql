-- What makes a database a sandbox's (docs/sandbox.md).  Applied by `authctl migrate` after the migrations when
-- the configuration says development.sandbox, and never to a database that holds real people.  Safe to repeat.
--
-- Production has none of this.  The connections of a sandbox look for names in authd_sandbox first, so that now()
-- in the same statements is the function below.
DO $$
BEGIN
    IF to_regnamespace('authd_sandbox') IS NULL AND EXISTS (
        SELECT FROM authd.identity_change
        WHERE from_state IS NULL AND legal_ground NOT IN ('sandbox', 'invented person')) THEN
        RAISE EXCEPTION 'this database holds people who were not invented, so it cannot become a sandbox; '
            'give the sandbox a database of its own (database.name)';
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS authd_sandbox;

-- How far the clock is ahead of the machine's, at most ten years.
CREATE TABLE IF NOT EXISTS authd_sandbox.clock (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift_s bigint NOT NULL CHECK (shift_s BETWEEN 0 AND 315360000)
);
INSERT INTO authd_sandbox.clock (shift_s) VALUES (0) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION authd_sandbox.now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN pg_catalog.now() + make_interval(secs => (SELECT c.shift_s FROM authd_sandbox.clock c));
END
$$;
CREATE OR REPLACE FUNCTION authd_sandbox.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN pg_catalog.clock_timestamp() + make_interval(secs => (SELECT c.shift_s FROM authd_sandbox.clock c));
END
$$;

-- What binds names when it is made: defaults of columns, and functions with a search_path of their own.
DO $$
DECLARE
    it record;
BEGIN
    FOR it IN
        SELECT d.adrelid::regclass AS tab, a.attname AS col
        FROM pg_attrdef d
        JOIN pg_class t ON t.oid = d.adrelid AND t.relnamespace = 'authd'::regnamespace
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE pg_get_expr(d.adbin, d.adrelid) = 'now()' AND t.relname <> 'schema_migration'
        ORDER BY t.relispartition
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT authd_sandbox.now()', it.tab, it.col);
    END LOOP;
    FOR it IN
        SELECT p.oid::regprocedure AS name
        FROM pg_proc p, unnest(p.proconfig) AS setting
        WHERE p.pronamespace = 'authd'::regnamespace AND setting LIKE 'search_path=%'
          AND setting NOT LIKE '%authd_sandbox%'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = authd_sandbox, authd, pg_catalog, pg_temp', it.name);
    END LOOP;
END
$$;

-- Moves the clock; 0: back to the real time.  Months the audit will need are there at once.
CREATE OR REPLACE FUNCTION authd_sandbox.clock_set(to_s bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd_sandbox, authd, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE clock SET shift_s = least(greatest(to_s, 0), 315360000);
    -- Keys that changed in a time that has not come yet would be the newest for ever.
    UPDATE keystore_key k
    SET created_at = least(k.created_at, now()),
        published_at = CASE WHEN k.published_at > now() THEN now() ELSE k.published_at END,
        activate_at = CASE WHEN k.state = 'next' THEN NULL WHEN k.activate_at > now() THEN now() ELSE k.activate_at END,
        activated_at = CASE WHEN k.activated_at > now() THEN now() ELSE k.activated_at END,
        retired_at = CASE WHEN k.retired_at > now() THEN now() ELSE k.retired_at END,
        unpublish_at = CASE WHEN k.unpublish_at > now() THEN now() + interval '1 day' ELSE k.unpublish_at END
    WHERE greatest(k.created_at, k.published_at, k.activated_at, k.retired_at) > now();
    PERFORM audit_partitions(1);
    PERFORM pg_notify('authd_sandbox', '');
    RETURN (SELECT shift_s FROM clock);
END
$$;

-- Foreigners' numbers begin with a country's code.
INSERT INTO authd.province (code, name) VALUES (101, 'Nước ngoài (thử nghiệm)') ON CONFLICT DO NOTHING;

-- The people of the sandbox who have been made (authd/fixture), and what only a sandbox may keep of them.
CREATE TABLE IF NOT EXISTS authd_sandbox.person (
    key         text PRIMARY KEY,
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    code        text,          -- the one-time code of who sets the first password
    throttle    bytea          -- under which the wrong passwords of this person are counted
);

-- What became of them: the code while it can be used, the state.
CREATE OR REPLACE FUNCTION authd_sandbox.people() RETURNS TABLE (key text, code text, state text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = authd_sandbox, authd, pg_catalog, pg_temp AS $$
    SELECT p.key, CASE WHEN o.expires_at > now() THEN p.code END, i.state
    FROM person p
    JOIN identity i ON i.bucket = p.bucket AND i.id = p.identity_id
    LEFT JOIN one_time_code o ON o.bucket = p.bucket AND o.identity_id = p.identity_id
$$;

-- Back to a state.  forget: nothing is known either of what the person did, and there is no password.
CREATE OR REPLACE FUNCTION authd_sandbox.person_restore(b smallint, person uuid, to_state text, forget boolean)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd_sandbox, authd, pg_catalog, pg_temp AS $$
BEGIN
    IF forget THEN
        UPDATE session s SET ended_at = now(), end_reason = 'sandbox reset'
        WHERE s.bucket = b AND s.subject_id = person AND s.ended_at IS NULL;
        UPDATE "grant" g SET revoked_at = now(), revoke_reason = 'sandbox reset'
        WHERE g.bucket = b AND g.subject_id = person AND g.revoked_at IS NULL;
        DELETE FROM consent c WHERE c.bucket = b AND c.subject_id = person;
        DELETE FROM credential c WHERE c.bucket = b AND c.identity_id = person;
        DELETE FROM one_time_code c WHERE c.bucket = b AND c.identity_id = person;
    END IF;
    UPDATE identity i SET state = to_state, state_changed_at = now()
    WHERE i.bucket = b AND i.id = person AND i.state <> to_state;
    RETURN 1;
END
$$;

-- What was ordered to go wrong: for one client, or for everybody ('*').
CREATE TABLE IF NOT EXISTS authd_sandbox.fault (
    client_id text NOT NULL,
    name      text NOT NULL,
    times     bigint,          -- that many more requests; NULL: until then only
    until     timestamptz,     -- by the machine's clock; NULL: until the times are used up
    amount    bigint NOT NULL, -- seconds, where the fault has an amount
    PRIMARY KEY (client_id, name)
);

-- What clients asked lately and what they heard.
CREATE TABLE IF NOT EXISTS authd_sandbox.request (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id text NOT NULL,
    at        timestamptz NOT NULL DEFAULT authd_sandbox.now(),
    method    text NOT NULL,
    path      text NOT NULL,
    status    integer NOT NULL,
    error     text,
    advice    text,
    fault     text
);
CREATE INDEX IF NOT EXISTS request_client ON authd_sandbox.request (client_id, id);

-- Messages about ended sessions: logout_late holds one back, logout_twice has it delivered again, the same one,
-- as after an answer that was lost.
CREATE OR REPLACE FUNCTION authd_sandbox.logout_spoil() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd_sandbox, authd, pg_catalog, pg_temp AS $$
DECLARE
    wanted text := CASE TG_OP WHEN 'INSERT' THEN 'logout_late' ELSE 'logout_twice' END;
    later  bigint;
BEGIN
    IF NEW.kind <> 'backchannel_logout' THEN
        RETURN NEW;
    END IF;
    UPDATE fault f SET times = f.times - 1
    WHERE f.client_id = NEW.recipient AND f.name = wanted AND coalesce(f.times, 1) > 0
      AND coalesce(f.until, 'infinity') > pg_catalog.now()
    RETURNING f.amount INTO later;
    IF FOUND THEN
        NEW.next_attempt_at := now() + make_interval(secs => later);
        NEW.delivered_at := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER sandbox_logout_late BEFORE INSERT ON authd.outbox
    FOR EACH ROW EXECUTE FUNCTION authd_sandbox.logout_spoil();
CREATE OR REPLACE TRIGGER sandbox_logout_twice BEFORE UPDATE ON authd.outbox
    FOR EACH ROW WHEN (OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL)
    EXECUTE FUNCTION authd_sandbox.logout_spoil();

-- Now and then: whoever must wait goes on waiting; old requests and spent faults are forgotten.
CREATE OR REPLACE FUNCTION authd_sandbox.tick() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd_sandbox, authd, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO throttle (key, failures, window_start, blocked_until)
    SELECT p.throttle, 10, now(), now() + interval '15 minutes' FROM person p WHERE p.throttle IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET window_start = excluded.window_start, blocked_until = excluded.blocked_until;
    DELETE FROM request r WHERE r.id <= (SELECT max(x.id) - 2000 FROM request x);
    DELETE FROM fault f WHERE f.times <= 0 OR f.until <= pg_catalog.now();
    RETURN 1;
END
$$;

-- Whoever is not named below may call nothing here.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA authd_sandbox FROM PUBLIC;
GRANT USAGE ON SCHEMA authd_sandbox TO authd_web, authd_verifier, authd_clerk, authd_courier, authd_admin;
GRANT SELECT ON authd_sandbox.clock TO authd_web, authd_verifier, authd_clerk, authd_courier, authd_admin;
GRANT EXECUTE ON FUNCTION authd_sandbox.now(), authd_sandbox.clock_timestamp()
    TO authd_web, authd_verifier, authd_clerk, authd_courier, authd_admin;
GRANT EXECUTE ON FUNCTION authd_sandbox.clock_set(bigint), authd_sandbox.people() TO authd_web, authd_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON authd_sandbox.fault TO authd_web, authd_admin;
GRANT SELECT, INSERT ON authd_sandbox.request TO authd_web;
GRANT SELECT, DELETE ON authd_sandbox.request TO authd_admin;
GRANT SELECT, INSERT, UPDATE ON authd_sandbox.person TO authd_admin;
GRANT EXECUTE ON FUNCTION authd_sandbox.person_restore(smallint, uuid, text, boolean) TO authd_admin;
GRANT EXECUTE ON FUNCTION authd_sandbox.tick() TO authd_clerk, authd_admin;
