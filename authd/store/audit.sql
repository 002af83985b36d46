-- The audit on its own. Entries that go with an act are written by the act's statement (:audit).

-- name: audit_write
-- roles: web verifier clerk courier admin
-- kind: write-sync
WITH input AS (
    SELECT n FROM generate_series(1, cardinality($1::smallint[])) AS n
), :audit(input)
SELECT n::bigint FROM input

-- Was the backend that had the lost commit in hand still at work?
-- name: backend_alive
-- roles: web clerk courier admin
-- kind: read
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE pid = $1::integer AND backend_start = $2::timestamptz)

-- Which of these entries were committed?
-- name: audit_committed
-- roles: web clerk courier admin
-- kind: read
SELECT id FROM audit WHERE request_id = ANY ($1::uuid[]) AND id = ANY ($2::uuid[])

-- name: clock_read
-- roles: web clerk courier admin
-- kind: read
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint
