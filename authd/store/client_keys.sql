-- Keys behind clients' jwks_uri.  An attempt answers every wish that was made before it began: a row is
-- settled when its last attempt began after its last wish, and ended.

-- name: client_keys_find
-- roles: web
-- kind: read
SELECT k.jwks, k.settled_at >= k.wanted_at FROM client_keys k WHERE k.client_id = $1::text

-- name: client_keys_want
-- roles: web
-- kind: write-async
WITH input AS (
    SELECT * FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS i (client_id, cooldown_s, n)
), locked AS MATERIALIZED (
    SELECT i.n, i.client_id
    FROM input i
    JOIN client_keys k ON k.client_id = i.client_id
    WHERE k.wanted_at < now() - make_interval(secs => i.cooldown_s)
    ORDER BY k.client_id
    FOR UPDATE OF k
)
UPDATE client_keys k SET wanted_at = now()
FROM locked l
WHERE k.client_id = l.client_id
RETURNING l.n

-- name: client_keys_claim
-- roles: courier
-- kind: write-sync
-- batch: no
WITH due AS MATERIALIZED (
    SELECT k.client_id
    FROM client_keys k
    JOIN client c ON c.id = k.client_id
    WHERE c.state = 'active' AND (k.next_fetch_at <= now() OR k.wanted_at > k.tried_at)
    ORDER BY k.wanted_at DESC
    LIMIT $1::bigint
    FOR UPDATE OF k SKIP LOCKED
)
UPDATE client_keys k
SET tried_at = now(), next_fetch_at = now() + make_interval(secs => $2::bigint)
FROM due d
WHERE k.client_id = d.client_id
RETURNING k.client_id, k.uri, k.jwks, k.failures

-- name: client_keys_settle
-- roles: courier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[]) WITH ORDINALITY
        AS i (client_id, uri, jwks, error, delay_s, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN client_keys k ON k.client_id = i.client_id AND k.uri = i.uri
    ORDER BY k.client_id
    FOR UPDATE OF k
), done AS (
    UPDATE client_keys k
    SET jwks = coalesce(l.jwks, k.jwks),
        fetched_at = CASE WHEN l.jwks IS NULL THEN k.fetched_at ELSE now() END,
        failures = CASE WHEN l.jwks IS NULL THEN k.failures + 1 ELSE 0 END,
        last_error = l.error,
        settled_at = k.tried_at,
        next_fetch_at = now() + make_interval(secs => l.delay_s)
    FROM locked l
    WHERE k.client_id = l.client_id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: client_keys_next
-- roles: courier
-- kind: read
SELECT ceil(extract(epoch FROM min(k.next_fetch_at) - now()))::bigint
FROM client_keys k
JOIN client c ON c.id = k.client_id
WHERE c.state = 'active'
