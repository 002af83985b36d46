-- The key store's rows, bucket keys, and the clerk's periodic duties.

-- name: keystore_read
-- roles: clerk admin
-- kind: read
SELECT g.generation, (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
       k.kid, k.use, k.alg, k.state, k.public_jwk, k.sealed, k.version, k.created_at, k.published_at,
       k.activate_at, k.activated_at, k.retired_at, k.unpublish_at, k.revoked_at, k.revoke_reason
FROM keystore_generation g
LEFT JOIN keystore_key k ON true
ORDER BY k.created_at, k.kid

-- name: keystore_generation
-- roles: web clerk admin
-- kind: read
SELECT generation FROM keystore_generation WHERE single

-- Rows are applied in an order in which no unique index sees two active or two next keys.
-- name: keystore_apply
-- roles: clerk admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::bigint[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[],
                         $22::bytea[], $23::integer[], $24::timestamptz[], $25::timestamptz[],
                         $26::timestamptz[], $27::timestamptz[], $28::timestamptz[], $29::timestamptz[],
                         $30::text[]) WITH ORDINALITY
        AS i (expected, kid, use, alg, state, public_jwk, sealed, version, published_at, activate_at,
              activated_at, retired_at, unpublish_at, revoked_at, revoke_reason, n)
), gate AS MATERIALIZED (
    SELECT generation FROM keystore_generation
    WHERE generation = ($16::bigint[])[1]
    FOR UPDATE
), done AS MATERIALIZED (
    SELECT i.* FROM input i JOIN gate g ON g.generation = i.expected
), put AS (
    INSERT INTO keystore_key AS k (kid, use, alg, state, public_jwk, sealed, version, published_at,
                                   activate_at, activated_at, retired_at, unpublish_at, revoked_at,
                                   revoke_reason)
    SELECT kid, use, alg, state, public_jwk, sealed, version, published_at, activate_at, activated_at,
           retired_at, unpublish_at, revoked_at, revoke_reason
    FROM done
    ORDER BY CASE state WHEN 'next' THEN 3 WHEN 'active' THEN 2 ELSE 1 END, n
    ON CONFLICT (kid) DO UPDATE
    SET state = excluded.state, public_jwk = excluded.public_jwk, sealed = excluded.sealed,
        version = excluded.version, published_at = excluded.published_at,
        activate_at = excluded.activate_at, activated_at = excluded.activated_at,
        retired_at = excluded.retired_at, unpublish_at = excluded.unpublish_at,
        revoked_at = excluded.revoked_at, revoke_reason = excluded.revoke_reason
), :audit(done)
SELECT n FROM done

-- Codes and refresh tokens are kept for a day after their end, so that reuse is still recognised; grants
-- and sessions go when nothing that refers to them can be used.
-- name: expire
-- roles: clerk
-- kind: write-sync
-- batch: no
WITH codes AS (
    DELETE FROM code WHERE (bucket, hash) IN (
        SELECT bucket, hash FROM code WHERE expires_at < now() - interval '1 day'
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), refreshes AS (
    DELETE FROM refresh WHERE (bucket, hash) IN (
        SELECT bucket, hash FROM refresh WHERE expires_at < now() - interval '1 day'
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), logins AS (
    DELETE FROM login WHERE (bucket, id) IN (
        SELECT bucket, id FROM login WHERE expires_at < now() - interval '1 hour'
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), requests AS (
    DELETE FROM authorization_request WHERE (bucket, id) IN (
        SELECT bucket, id FROM authorization_request WHERE expires_at < now() - interval '2 hours'
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), grants AS (
    DELETE FROM "grant" WHERE (bucket, id) IN (
        SELECT bucket, id FROM "grant" WHERE expires_at < now() - interval '2 days'
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), sessions AS (
    DELETE FROM session WHERE (bucket, id) IN (
        SELECT bucket, id FROM session s
        WHERE expires_at < now() - interval '30 days'
          AND NOT EXISTS (SELECT FROM "grant" g
                          WHERE g.bucket = s.bucket AND g.session_id = s.id AND g.expires_at > now())
        LIMIT $1::bigint FOR UPDATE SKIP LOCKED)
    RETURNING 1
), replays AS (
    DELETE FROM replay WHERE hash IN (
        SELECT hash FROM replay WHERE expires_at < now() - interval '5 minutes' LIMIT $1::bigint)
    RETURNING 1
), throttles AS (
    DELETE FROM throttle WHERE key IN (
        SELECT key FROM throttle
        WHERE window_start < now() - interval '1 day'
          AND (blocked_until IS NULL OR blocked_until < now())
        LIMIT $1::bigint)
    RETURNING 1
), secrets AS (
    DELETE FROM client_secret WHERE (client_id, hash) IN (
        SELECT client_id, hash FROM client_secret WHERE expires_at < now() - interval '1 day'
        LIMIT $1::bigint)
    RETURNING 1
), deliveries AS (
    DELETE FROM outbox WHERE (bucket, id) IN (
        SELECT bucket, id FROM outbox
        WHERE delivered_at < now() - interval '7 days' OR failed_at < now() - interval '30 days'
        LIMIT $1::bigint)
    RETURNING 1
)
SELECT (SELECT count(*) FROM codes) + (SELECT count(*) FROM refreshes) + (SELECT count(*) FROM logins)
     + (SELECT count(*) FROM requests) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM sessions)
     + (SELECT count(*) FROM replays) + (SELECT count(*) FROM throttles)
     + (SELECT count(*) FROM secrets) + (SELECT count(*) FROM deliveries)

-- name: audit_partitions
-- roles: clerk
-- kind: write-sync
-- batch: no
SELECT audit_partitions(3)::bigint

-- The keeping of five years is the law's, and the function's: a smaller number changes nothing.
-- name: audit_retire
-- roles: clerk
-- kind: write-sync
-- batch: no
SELECT audit_retire($1::integer)::bigint

-- The lock belongs to the connection; asking again on the same one answers true.
-- name: clerk_lock
-- roles: clerk
-- kind: read
SELECT CASE WHEN EXISTS (SELECT FROM pg_locks
                         WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                           AND classid = 1635087460 AND objid = 1668048235)
            THEN true
            ELSE pg_try_advisory_lock(1635087460, 1668048235) END

-- Others than monitors see that a standby streams, not which.
-- name: standbys
-- roles: clerk
-- kind: read
SELECT count(*) FROM pg_stat_replication
