-- People and organisations.  Everything that tells who somebody is, is sealed; in the clear stands only
-- what operations and statistics need.  Every table leads with the bucket: the first 12 bits of the id.
CREATE TABLE identity (
    bucket        smallint NOT NULL CHECK (bucket BETWEEN 0 AND 4095),
    id            uuid NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('person', 'organisation')),
    account_level smallint NOT NULL CHECK (account_level BETWEEN 0 AND 2), -- organisations: 0, no level
    state         text NOT NULL DEFAULT 'issued' CHECK (state IN ('issued', 'active', 'locked', 'closed')),
    province      smallint,                     -- code inside the personal number
    created_at    timestamptz NOT NULL DEFAULT now(),
    state_changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, id),
    CHECK ((kind = 'organisation') = (account_level = 0))
)/*distributed*/;

-- Every change of state or level: actor, legal ground, time.
CREATE TABLE identity_change (
    bucket       smallint NOT NULL,
    identity_id  uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    at           timestamptz NOT NULL DEFAULT now(),
    from_state   text,
    to_state     text NOT NULL,
    account_level smallint NOT NULL,
    actor        text NOT NULL,                 -- operator's name, or "self"
    legal_ground text NOT NULL,
    request_id   uuid,
    PRIMARY KEY (bucket, identity_id, id),
    FOREIGN KEY (bucket, identity_id) REFERENCES identity (bucket, id)
)/*distributed*/;

CREATE TABLE identity_key (
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    bucket_key_version integer NOT NULL,
    wrapped     bytea NOT NULL,                 -- under the bucket key; destroyed by erasure
    PRIMARY KEY (bucket, identity_id),
    FOREIGN KEY (bucket, identity_id) REFERENCES identity (bucket, id)
)/*distributed*/;

CREATE TABLE identity_document (
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    kind        text NOT NULL,
    version     integer NOT NULL,
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, identity_id, kind, version),
    FOREIGN KEY (bucket, identity_id) REFERENCES identity (bucket, id)
)/*distributed*/;

-- Keyed digests of personal number, phone, e-mail, organisation code.  Two key versions may stand side by
-- side while the look-up key changes.
CREATE TABLE lookup_digest (
    kind        text NOT NULL CHECK (kind IN ('personal_number', 'organisation_code', 'phone', 'email')),
    key_version integer NOT NULL,
    digest      bytea NOT NULL CHECK (length(digest) = 32),
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    PRIMARY KEY (kind, key_version, digest)
);
CREATE INDEX lookup_digest_identity ON lookup_digest (bucket, identity_id);

-- Credentials and account throttles: verifiers only.
CREATE TABLE credential (
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('password', 'passkey', 'otp', 'recovery')),
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    verifier    text NOT NULL,                  -- Argon2id over HMAC(pepper, password), PHC string
    pepper_version integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bucket, identity_id, kind, id),
    FOREIGN KEY (bucket, identity_id) REFERENCES identity (bucket, id)
)/*distributed*/;
CREATE UNIQUE INDEX credential_one_password ON credential (bucket, identity_id) WHERE kind = 'password';
CREATE UNLOGGED TABLE throttle (
    key          bytea PRIMARY KEY,             -- keyed digest of account or address
    failures     integer NOT NULL,
    window_start timestamptz NOT NULL,
    blocked_until timestamptz
);

-- The ledger of erasures is copied outside the backups and replayed before a restored authd serves.
CREATE TABLE erasure (
    identity_id  uuid PRIMARY KEY,
    bucket       smallint NOT NULL,
    erased_at    timestamptz NOT NULL DEFAULT now(),
    actor        text NOT NULL,
    legal_ground text NOT NULL
);

-- Facts that an administrator can extend.
CREATE TABLE province (
    code smallint PRIMARY KEY CHECK (code BETWEEN 1 AND 999),
    name text NOT NULL
);

GRANT SELECT ON identity, identity_key, identity_document TO authd_web;
GRANT SELECT ON identity TO authd_verifier, authd_clerk, authd_courier;
GRANT SELECT ON lookup_digest TO authd_verifier;
GRANT SELECT, INSERT, UPDATE ON credential TO authd_verifier;
GRANT SELECT, INSERT, UPDATE, DELETE ON throttle TO authd_verifier;
GRANT SELECT, DELETE ON throttle TO authd_clerk;
GRANT SELECT, INSERT, UPDATE ON identity, identity_key TO authd_admin;
GRANT SELECT, INSERT ON identity_change, identity_document, lookup_digest, erasure TO authd_admin;
GRANT DELETE ON identity_key, lookup_digest TO authd_admin;
GRANT SELECT ON province TO authd_admin, authd_web;
GRANT INSERT, UPDATE ON province TO authd_admin;
