-- The audit on its own. Entries that go with an act are written by the act's statement (:audit).

-- name: audit_write
-- roles: web verifier clerk courier admin
-- kind: write-sync
WITH input AS (
    SELECT n FROM generate_series(1, cardinality($1::smallint[])) AS n
), :audit(input)
SELECT n::bigint FROM input

-- Writes something that nobody reads: when its synchronous commit ends, all that was committed before is replicated.
-- name: replication_barrier
-- roles: web clerk courier admin
-- kind: write-sync
-- batch: no
SELECT pg_logical_emit_message(true, 'authd', '')

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
-- roles: web verifier clerk courier admin
-- kind: read
SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint

-- The audit read by an administrator: of a person, of a request, of a span of time.

-- name: audit_of_subject
-- roles: admin
-- kind: read
SELECT a.at, a.event, a.outcome, a.subject_id, a.actor_id, a.session_id, a.request_id, a.client_id, a.operator,
       a.ground, a.detail, a.address_sealed
FROM audit a
WHERE a.bucket = $6::smallint AND a.subject_id = $7::uuid
  AND a.at >= coalesce($1::timestamptz, '-infinity') AND a.at < coalesce($2::timestamptz, 'infinity')
  AND ($3::text IS NULL OR a.client_id = $3::text) AND ($4::text IS NULL OR a.event = $4::text)
ORDER BY a.at DESC
LIMIT $5::integer

-- name: audit_of_request
-- roles: admin
-- kind: read
SELECT a.at, a.event, a.outcome, a.subject_id, a.actor_id, a.session_id, a.request_id, a.client_id, a.operator,
       a.ground, a.detail, a.address_sealed
FROM audit a
WHERE a.request_id = $6::uuid
  AND a.at >= coalesce($1::timestamptz, '-infinity') AND a.at < coalesce($2::timestamptz, 'infinity')
  AND ($3::text IS NULL OR a.client_id = $3::text) AND ($4::text IS NULL OR a.event = $4::text)
ORDER BY a.at DESC
LIMIT $5::integer

-- name: audit_of_time
-- roles: admin
-- kind: read
SELECT a.at, a.event, a.outcome, a.subject_id, a.actor_id, a.session_id, a.request_id, a.client_id, a.operator,
       a.ground, a.detail, a.address_sealed
FROM audit a
WHERE a.at >= coalesce($1::timestamptz, '-infinity') AND a.at < coalesce($2::timestamptz, 'infinity')
  AND ($3::text IS NULL OR a.client_id = $3::text) AND ($4::text IS NULL OR a.event = $4::text)
ORDER BY a.at DESC
LIMIT $5::integer
