-- The key store: every secret key of the service, sealed; and the wrapped keys of buckets of people.
CREATE TABLE keystore_key (
    kid          text PRIMARY KEY,
    use          text NOT NULL CHECK (use IN ('sign', 'root', 'subject', 'proof', 'pepper', 'lookup',
                                              'handle', 'audit')),
    alg          text NOT NULL DEFAULT '' CHECK (alg IN ('', 'ES256', 'EdDSA', 'PS256', 'RS256')),
    state        text NOT NULL CHECK (state IN ('next', 'active', 'retiring', 'retired', 'revoked')),
    version      integer NOT NULL DEFAULT 1,   -- of look-up keys and peppers: the number rows refer to
    public_jwk   text,
    sealed       bytea,                        -- NULL once destroyed
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,                  -- first time it stood in the JWKS
    activate_at  timestamptz,                  -- planned switch, judged by the database's clock
    activated_at timestamptz,
    retired_at   timestamptz,                  -- replaced: published until unpublish_at
    unpublish_at timestamptz,
    revoked_at   timestamptz,
    revoke_reason text,
    CHECK ((use = 'sign') = (alg <> '') OR use = 'root'),
    CHECK (state <> 'revoked' OR revoked_at IS NOT NULL)
);
-- One active signing key per algorithm, one active key of each other use.
CREATE UNIQUE INDEX keystore_one_active ON keystore_key (use, alg) WHERE state = 'active';
CREATE UNIQUE INDEX keystore_one_next ON keystore_key (use, alg) WHERE state = 'next';

-- Grows with every change; what processes compare to know whether they are current.
CREATE TABLE keystore_generation (
    single     boolean PRIMARY KEY DEFAULT true CHECK (single),
    generation bigint NOT NULL DEFAULT 0
);
INSERT INTO keystore_generation DEFAULT VALUES;

CREATE FUNCTION keystore_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd, pg_temp AS $$
BEGIN
    UPDATE keystore_generation SET generation = generation + 1;
    PERFORM pg_notify('authd_keystore', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER keystore_changed AFTER INSERT OR UPDATE OR DELETE ON keystore_key
    FOR EACH ROW EXECUTE FUNCTION keystore_changed();

CREATE TABLE bucket_key (
    bucket     smallint NOT NULL CHECK (bucket BETWEEN 0 AND 4095),
    version    integer NOT NULL,
    wrapped    bytea NOT NULL,                 -- under the master key; names the master's kid
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, version)
)/*distributed*/;

-- What a verifier may open: pepper, proof and look-up keys only.
CREATE VIEW keystore_verifier AS
    SELECT kid, use, state, version, sealed FROM keystore_key
    WHERE use IN ('pepper', 'proof', 'lookup') AND state <> 'revoked' AND sealed IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON keystore_key TO authd_clerk, authd_admin;
-- UPDATE is needed to lock the row while changes are applied.
GRANT SELECT, UPDATE ON keystore_generation TO authd_clerk, authd_admin;
GRANT SELECT ON keystore_verifier TO authd_verifier;
GRANT SELECT, INSERT, UPDATE ON bucket_key TO authd_clerk, authd_admin;
GRANT SELECT ON bucket_key TO authd_web;
