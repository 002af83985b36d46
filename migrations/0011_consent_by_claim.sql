-- Consent claim by claim: what a person declined is remembered beside what was agreed to.  NULL: written by a
-- program that knew whole scopes only.  And the pictures of services, which we serve ourselves.
ALTER TABLE consent ADD COLUMN declined jsonb;

CREATE TABLE client_logo (
    name       text PRIMARY KEY CHECK (name ~ '^[0-9a-f]{64}\.(png|jpeg|webp)$'),
    bytes      bytea NOT NULL CHECK (length(bytes) <= 32768),
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON client_logo TO authd_web;
GRANT SELECT, INSERT ON client_logo TO authd_admin;
