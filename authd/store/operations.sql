-- What an administrator looks at.  Bounded: no statement here reads a large table whole.

-- name: operations_database
-- roles: admin
-- kind: read
SELECT current_setting('server_version'), pg_is_in_recovery(),
       (SELECT max(version) FROM schema_migration)::bigint,
       (SELECT count(*) FROM pg_stat_replication)::bigint,
       (SELECT (extract(epoch FROM max(replay_lag)) * 1000)::bigint FROM pg_stat_replication),
       current_setting('synchronous_standby_names')

-- name: operations_deliveries
-- roles: admin
-- kind: read
SELECT count(*), min(created_at), count(*) FILTER (WHERE attempts >= 3),
       (SELECT count(*) FROM outbox WHERE failed_at > now() - interval '1 day')
FROM (SELECT created_at, attempts FROM outbox
      WHERE delivered_at IS NULL AND failed_at IS NULL LIMIT 100000) AS waiting

-- name: operations_activity
-- roles: admin
-- kind: read
SELECT count(*) FILTER (WHERE event = 'login' AND outcome = 'ok'),
       count(*) FILTER (WHERE event = 'login.refused'),
       count(*) FILTER (WHERE event IN ('token.code', 'token.refresh', 'token.client'))
FROM audit
WHERE at > now() - interval '5 minutes'

-- name: operations_nodes
-- roles: admin
-- kind: read
SELECT name, version, clock_offset_ms, seen_at, (extract(epoch FROM now() - seen_at))::bigint
FROM node
ORDER BY name
LIMIT 100

-- A node that has been silent for a day is forgotten.
-- name: node_tell
-- roles: clerk
-- kind: write-async
-- batch: no
WITH gone AS (
    DELETE FROM node WHERE seen_at < now() - interval '1 day' AND name <> $1::text
)
INSERT INTO node (name, version, clock_offset_ms)
VALUES ($1::text, $2::text, $3::bigint)
ON CONFLICT (name) DO UPDATE
SET version = excluded.version, clock_offset_ms = excluded.clock_offset_ms, seen_at = now()
RETURNING 1::bigint
