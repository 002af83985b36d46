-- Public keys that clients publish at their jwks_uri, as the courier last fetched them.  A row per client that
-- registered a jwks_uri; it follows the registration, so keys of an address that is registered no more are gone.
CREATE TABLE client_keys (
    client_id     text PRIMARY KEY REFERENCES client (id),
    uri           text NOT NULL,               -- where the keys are from
    jwks          text CHECK (length(jwks) <= 65536),  -- the last set that was one
    fetched_at    timestamptz,                 -- when it was
    wanted_at     timestamptz NOT NULL DEFAULT '-infinity',  -- a key was not in it: fetch again
    tried_at      timestamptz NOT NULL DEFAULT '-infinity',  -- an attempt began
    settled_at    timestamptz NOT NULL DEFAULT '-infinity',  -- … and this one ended
    next_fetch_at timestamptz NOT NULL DEFAULT now(),
    failures      integer NOT NULL DEFAULT 0,  -- since the last success
    last_error    text
);
CREATE FUNCTION client_keys_follow() RETURNS trigger LANGUAGE plpgsql SET search_path = authd, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.metadata ->> 'jwks_uri' IS NOT DISTINCT FROM NEW.metadata ->> 'jwks_uri' THEN
        RETURN NULL;
    END IF;
    DELETE FROM client_keys WHERE client_id = NEW.id;
    IF NEW.metadata ->> 'jwks_uri' <> '' THEN
        INSERT INTO client_keys (client_id, uri) VALUES (NEW.id, NEW.metadata ->> 'jwks_uri');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER client_keys_follow AFTER INSERT OR UPDATE ON client
    FOR EACH ROW EXECUTE FUNCTION client_keys_follow();
CREATE FUNCTION client_keys_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_client_keys', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER client_keys_wanted AFTER INSERT OR UPDATE OF wanted_at ON client_keys
    FOR EACH ROW EXECUTE FUNCTION client_keys_wanted();
INSERT INTO client_keys (client_id, uri)
SELECT id, metadata ->> 'jwks_uri' FROM client WHERE metadata ->> 'jwks_uri' <> '';

-- A web process may wish for keys, and never write any.
GRANT SELECT ON client_keys TO authd_web;
GRANT UPDATE (wanted_at) ON client_keys TO authd_web;
GRANT SELECT ON client_keys TO authd_courier;
GRANT UPDATE (jwks, fetched_at, tried_at, settled_at, next_fetch_at, failures, last_error) ON client_keys
    TO authd_courier;
GRANT SELECT, INSERT, DELETE ON client_keys TO authd_admin;
