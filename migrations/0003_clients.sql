-- Registered relying parties and resource servers.  Small tables, the same everywhere.
CREATE TABLE client (
    id          text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
    state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    metadata    jsonb NOT NULL,                -- names of RFC 7591 and OpenID's registration
    -- floors of assurance, never lowered by a request
    account_level_floor        smallint NOT NULL DEFAULT 0 CHECK (account_level_floor BETWEEN 0 AND 2),
    authentication_level_floor smallint NOT NULL DEFAULT 1
        CHECK (authentication_level_floor BETWEEN 1 AND 4),
    consent_exempt boolean NOT NULL DEFAULT false,  -- the law exempts it; shown to the administrator
    sector      text NOT NULL,                 -- of pairwise subjects; fixed at registration
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);
CREATE TABLE client_secret (
    client_id  text NOT NULL REFERENCES client (id),
    hash       bytea NOT NULL CHECK (length(hash) = 32),  -- SHA-256 of 256 random bits
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,                    -- set when a newer one replaces it
    PRIMARY KEY (client_id, hash)
);
CREATE TABLE resource_server (
    audience   text PRIMARY KEY,
    name       text NOT NULL,
    scopes     text[] NOT NULL DEFAULT '{}',
    client_id  text REFERENCES client (id),    -- with which it authenticates for introspection
    may_introspect boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION client_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_client', coalesce(NEW.id, OLD.id));
    RETURN NULL;
END
$$;
CREATE TRIGGER client_changed AFTER INSERT OR UPDATE OR DELETE ON client
    FOR EACH ROW EXECUTE FUNCTION client_changed();
CREATE FUNCTION client_secret_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_client', coalesce(NEW.client_id, OLD.client_id));
    RETURN NULL;
END
$$;
CREATE TRIGGER client_secret_changed AFTER INSERT OR UPDATE OR DELETE ON client_secret
    FOR EACH ROW EXECUTE FUNCTION client_secret_changed();

GRANT SELECT ON client, client_secret, resource_server TO authd_web;
GRANT SELECT ON client TO authd_courier, authd_clerk, authd_verifier;
GRANT SELECT, INSERT, UPDATE ON client, client_secret, resource_server TO authd_admin;
GRANT DELETE ON client_secret TO authd_admin, authd_clerk;
GRANT SELECT ON client_secret TO authd_clerk;

-- One-time identifiers of client assertions (RFC 7523 jti) and the like.
CREATE TABLE replay (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX replay_expiry ON replay (expires_at);
GRANT SELECT, INSERT ON replay TO authd_web;
GRANT SELECT, DELETE ON replay TO authd_clerk;
