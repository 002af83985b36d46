-- From an authorization request to tokens.  Handles are looked up by the SHA-256 of their secret; the
-- bucket in front is carried, masked, by the handle itself.  Rows before anybody is known use the bucket
-- of their own random id.
CREATE TABLE session (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    subject_id  uuid NOT NULL,
    actor_id    uuid NOT NULL,
    mandate_id  uuid,
    proof       bytea NOT NULL,                 -- login proof; worthless without the cookie's secret
    account_level smallint NOT NULL,
    authentication_level smallint NOT NULL,
    amr         integer NOT NULL,
    auth_time   timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,           -- absolute
    ended_at    timestamptz,
    end_reason  text,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, hash)
)/*distributed*/;
-- Not partial: a plan made while the table is empty would read a partial index from end to end.
CREATE INDEX session_subject ON session (bucket, subject_id);
CREATE INDEX session_expiry ON session (expires_at);

-- Every authorization request, pushed (RFC 9126) or not, is one row.
CREATE TABLE authorization_request (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    client_id   text NOT NULL,
    pushed      boolean NOT NULL,
    parameters  jsonb NOT NULL,                 -- as validated
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, hash)
)/*distributed*/;
CREATE INDEX authorization_request_expiry ON authorization_request (expires_at);

-- A login in progress: where authn and oidc meet.  Transitions are the table in store/login.c.
CREATE TABLE login (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32), -- of the browser's cookie
    request_id  uuid NOT NULL,                  -- authorization_request of the same bucket
    client_id   text NOT NULL,
    state       text NOT NULL CHECK (state IN ('login', 'select', 'consent', 'done', 'refused')),
    session_bucket smallint,
    session_id  uuid,
    authenticated_at timestamptz,               -- a login happened for this very request
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, hash)
)/*distributed*/;
CREATE INDEX login_expiry ON login (expires_at);

CREATE TABLE "grant" (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL,
    subject_id  uuid NOT NULL,
    actor_id    uuid NOT NULL,
    mandate_id  uuid,
    client_id   text NOT NULL,
    session_id  uuid NOT NULL,
    sid         text NOT NULL,                  -- the session as this client knows it
    scope       text NOT NULL,
    claims      jsonb,
    cnf         jsonb,
    authorization_details jsonb,
    resource    text[] NOT NULL DEFAULT '{}',
    offline     boolean NOT NULL DEFAULT false, -- survives the end of the session
    proof       bytea NOT NULL,
    auth_time   timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    revoke_reason text,
    PRIMARY KEY (bucket, id)
)/*distributed*/;
CREATE INDEX grant_session ON "grant" (bucket, session_id);
CREATE INDEX grant_subject ON "grant" (bucket, subject_id);
CREATE INDEX grant_expiry ON "grant" (expires_at);

CREATE TABLE code (
    bucket      smallint NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    grant_id    uuid NOT NULL,
    client_id   text NOT NULL,
    redirect_uri text NOT NULL,
    code_challenge text,                        -- S256; NULL only for a client registered without PKCE
    proof       bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    PRIMARY KEY (bucket, hash)
)/*distributed*/;
CREATE INDEX code_expiry ON code (expires_at);

CREATE TABLE refresh (
    bucket      smallint NOT NULL,
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    grant_id    uuid NOT NULL,                  -- the family
    client_id   text NOT NULL,
    predecessor bytea,                          -- hash of the token it replaced
    proof       bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,                    -- first time it was exchanged
    superseded_at timestamptz,                  -- a successor has been used: any use is reuse now
    successor   bytea,                          -- … this one; its siblings may not be used any more
    PRIMARY KEY (bucket, hash)
)/*distributed*/;
CREATE INDEX refresh_grant ON refresh (bucket, grant_id);
CREATE INDEX refresh_expiry ON refresh (expires_at);

CREATE TABLE consent (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    subject_id  uuid NOT NULL,
    actor_id    uuid NOT NULL,
    mandate_id  uuid,
    client_id   text NOT NULL,
    scope       text NOT NULL,
    claims      jsonb NOT NULL DEFAULT '[]',    -- names, never values
    purpose     text NOT NULL DEFAULT '',
    given_at    timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    PRIMARY KEY (bucket, id)
)/*distributed*/;
CREATE UNIQUE INDEX consent_current ON consent (bucket, subject_id, actor_id, client_id)
    WHERE withdrawn_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON session, authorization_request, login, "grant", code, refresh, consent
    TO authd_web;
GRANT SELECT, UPDATE, DELETE ON session, authorization_request, login, "grant", code, refresh TO authd_clerk;
GRANT SELECT, UPDATE ON session, "grant", consent TO authd_admin;
