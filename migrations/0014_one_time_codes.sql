-- One-time codes with which people set a password: the first one, or a new one at the counter.  At most
-- one a person; a new one takes the place of the old one, using it removes it.
CREATE TABLE one_time_code (
    bucket      smallint NOT NULL,
    identity_id uuid NOT NULL,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    digest      bytea NOT NULL CHECK (length(digest) = 32), -- HMAC under the pepper over 80 random bits
    pepper_version integer NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (bucket, identity_id),
    FOREIGN KEY (bucket, identity_id) REFERENCES identity (bucket, id)
)/*distributed*/;

GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_code TO authd_verifier;

-- A new password ends what the old one opened in the statement that sets it.  No handle, no proof.
GRANT SELECT (bucket, id, subject_id, actor_id, mandate_id, expires_at, ended_at),
      UPDATE (ended_at, end_reason) ON session TO authd_verifier;
GRANT SELECT (bucket, id, subject_id, actor_id, mandate_id, client_id, session_id, revoked_at),
      UPDATE (revoked_at, revoke_reason) ON "grant" TO authd_verifier;
GRANT INSERT ON outbox TO authd_verifier;
GRANT USAGE ON SEQUENCE outbox_seq TO authd_verifier;

-- What kind of browser a session is in ("firefox linux"), for the person to tell their sessions apart.
ALTER TABLE session ADD COLUMN device text;
