-- What a sandbox keeps beside production's rows (migrations/sandbox.sql).  Prepared in a sandbox only.

-- name: sandbox_shift
-- roles: web clerk admin
-- kind: read
-- sandbox: only
SELECT shift_s FROM authd_sandbox.clock

-- name: sandbox_clock_set
-- roles: web admin
-- kind: write-sync
-- batch: no
-- sandbox: only
SELECT authd_sandbox.clock_set($1::bigint)

-- name: sandbox_tick
-- roles: clerk admin
-- kind: write-sync
-- batch: no
-- sandbox: only
SELECT authd_sandbox.tick()

-- name: sandbox_people
-- roles: web admin
-- kind: read
-- sandbox: only
SELECT key, code, state FROM authd_sandbox.people()

-- name: sandbox_person_put
-- roles: admin
-- kind: write-sync
-- batch: no
-- sandbox: only
INSERT INTO authd_sandbox.person (key, bucket, identity_id, code, throttle)
VALUES ($1::text, $2::smallint, $3::uuid, $4::text, $5::bytea)
ON CONFLICT (key) DO UPDATE
SET bucket = excluded.bucket, identity_id = excluded.identity_id, code = excluded.code, throttle = excluded.throttle
RETURNING 1::bigint

-- name: sandbox_person_restore
-- roles: admin
-- kind: write-sync
-- batch: no
-- sandbox: only
SELECT authd_sandbox.person_restore($1::smallint, $2::uuid, $3::text, $4::boolean)

-- name: sandbox_clients
-- roles: web admin
-- kind: read
-- sandbox: only
SELECT id, coalesce(metadata ->> 'client_name#vi', metadata ->> 'client_name', id),
       coalesce(metadata ->> 'client_name', id)
FROM client WHERE state = 'active' ORDER BY id LIMIT 200

-- name: sandbox_faults
-- roles: web admin
-- kind: read
-- sandbox: only
SELECT client_id, name, times, ceil(extract(epoch FROM until - pg_catalog.now()))::bigint, amount
FROM authd_sandbox.fault
WHERE coalesce(times, 1) > 0 AND coalesce(until, 'infinity') > pg_catalog.now()
ORDER BY client_id, name

-- name: sandbox_fault_order
-- roles: web admin
-- kind: write-sync
-- batch: no
-- sandbox: only
INSERT INTO authd_sandbox.fault (client_id, name, times, until, amount)
SELECT $1::text, $2::text, nullif($3::bigint, 0),
       CASE WHEN $4::bigint > 0 THEN pg_catalog.now() + make_interval(secs => $4::bigint) END, $5::bigint
ON CONFLICT (client_id, name) DO UPDATE
SET times = excluded.times, until = excluded.until, amount = excluded.amount
RETURNING 1::bigint

-- Of one client, or of all.
-- name: sandbox_fault_clear
-- roles: web admin
-- kind: write-sync
-- batch: no
-- sandbox: only
WITH gone AS (
    DELETE FROM authd_sandbox.fault f
    WHERE ($1::text IS NULL OR f.client_id = $1::text) AND ($2::text IS NULL OR f.name = $2::text)
    RETURNING 1
)
SELECT count(*) FROM gone

-- One fault for one request: the client's own first, in the order of the names given.
-- name: sandbox_fault_take
-- roles: web
-- kind: write-sync
-- batch: no
-- sandbox: only
WITH due AS (
    SELECT f.client_id, f.name FROM authd_sandbox.fault f
    JOIN unnest(string_to_array($2::text, ' ')) WITH ORDINALITY AS w (name, n) ON w.name = f.name
    WHERE f.client_id IN ($1::text, '*') AND coalesce(f.times, 1) > 0
      AND coalesce(f.until, 'infinity') > pg_catalog.now()
    ORDER BY f.client_id = '*', w.n
    LIMIT 1
    FOR UPDATE OF f
)
UPDATE authd_sandbox.fault f SET times = f.times - 1
FROM due WHERE f.client_id = due.client_id AND f.name = due.name
RETURNING f.name, f.amount

-- name: sandbox_request_add
-- roles: web
-- kind: write-async
-- batch: no
-- sandbox: only
INSERT INTO authd_sandbox.request (client_id, method, path, status, error, advice, fault)
VALUES ($1::text, $2::text, $3::text, $4::integer, $5::text, $6::text, $7::text)
RETURNING 1::bigint

-- name: sandbox_requests
-- roles: web admin
-- kind: read
-- sandbox: only
SELECT client_id, at, method, path, status, error, advice, fault
FROM authd_sandbox.request
WHERE $1::text IS NULL OR client_id = $1::text
ORDER BY id DESC
LIMIT $2::bigint

-- name: sandbox_requests_forget
-- roles: admin
-- kind: write-sync
-- batch: no
-- sandbox: only
WITH gone AS (DELETE FROM authd_sandbox.request RETURNING 1) SELECT count(*) FROM gone

-- name: sandbox_code_spoil
-- roles: web
-- kind: write-sync
-- batch: no
-- sandbox: only
UPDATE code c
SET expires_at = CASE WHEN $3::text = 'expired_code' THEN now() - interval '1 second' ELSE c.expires_at END,
    used_at = CASE WHEN $3::text = 'used_code' THEN coalesce(c.used_at, now()) ELSE c.used_at END
WHERE c.bucket = $1::smallint AND c.hash = $2::bytea
RETURNING 1::bigint

-- Whose code or refresh token is this?  Nobody's: no row.
-- name: sandbox_handle_owner
-- roles: web
-- kind: read
-- sandbox: only
SELECT g.client_id, g.subject_id FROM "grant" g
JOIN (SELECT c.grant_id FROM code c WHERE c.bucket = $1::smallint AND c.hash = $2::bytea
      UNION ALL
      SELECT r.grant_id FROM refresh r WHERE r.bucket = $1::smallint AND r.hash = $2::bytea) AS h
  ON h.grant_id = g.id
WHERE g.bucket = $1::smallint
LIMIT 1
