-- The machines that serve: each clerk tells once a minute that it is there, and how it sees the database's clock.
-- What authctl status and doctor compare; nothing in the service depends on it.
CREATE TABLE node (
    name            text PRIMARY KEY,           -- host and address it listens on
    version         text NOT NULL,
    clock_offset_ms bigint NOT NULL,            -- the database's clock minus its own
    seen_at         timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON node TO authd_clerk;
GRANT SELECT ON node TO authd_admin;
