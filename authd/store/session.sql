-- SSO sessions.  Locks are taken in the order login or identity, session, grant.
--
-- A session stands while its generation is its person's: whoever was judged by a password before the present one is
-- refused when the session is written and, should both be written at once, wherever it is used.

-- name: session_create
-- roles: web
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::bytea[], $19::uuid[], $20::uuid[], $21::uuid[],
                         $22::bytea[], $23::smallint[], $24::smallint[], $25::integer[],
                         $26::timestamptz[], $27::timestamptz[], $28::text[], $29::smallint[],
                         $30::uuid[], $31::integer[])
        WITH ORDINALITY
        AS i (bucket, id, hash, subject_id, actor_id, mandate_id, proof, account_level,
              authentication_level, amr, auth_time, expires_at, device, login_bucket,
              login_id, generation, n)
), logins AS MATERIALIZED (
    SELECT i.n, i.bucket AS session_bucket, i.id AS session_id, l.bucket, l.id
    FROM input i
    JOIN login l ON l.bucket = i.login_bucket AND l.id = i.login_id
    WHERE l.state IN ('login', 'select') AND l.expires_at > now()
    ORDER BY l.bucket, l.id
    FOR UPDATE OF l
), attached AS (
    UPDATE login l
    SET session_bucket = x.session_bucket, session_id = x.session_id, authenticated_at = now()
    FROM logins x
    WHERE l.bucket = x.bucket AND l.id = x.id
    RETURNING x.n
), done AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN LATERAL (SELECT p.state, p.generation FROM identity p
                  WHERE p.bucket = i.bucket AND p.id = i.subject_id OFFSET 0) p ON true
    LEFT JOIN attached a ON a.n = i.n
    LEFT JOIN LATERAL (SELECT s.id, s.subject_id, s.ended_at, s.generation FROM session s -- renewed by its own person
                       WHERE s.bucket = i.bucket AND s.id = i.id OFFSET 0) s ON true
    WHERE (i.login_id IS NULL OR a.n IS NOT NULL) AND p.state = 'active' AND p.generation = i.generation
      AND (s.id IS NULL OR (s.ended_at IS NULL AND s.subject_id = i.subject_id
                           AND coalesce(s.generation = p.generation, true)))
), created AS (
    INSERT INTO session (bucket, id, hash, subject_id, actor_id, mandate_id, proof, account_level,
                         authentication_level, amr, auth_time, expires_at, device, generation)
    SELECT bucket, id, hash, subject_id, actor_id, mandate_id, proof, account_level,
           authentication_level, amr, auth_time, expires_at, device, generation
    FROM done
    ON CONFLICT (bucket, id) DO UPDATE
        SET hash = excluded.hash, proof = excluded.proof, account_level = excluded.account_level,
            authentication_level = excluded.authentication_level, amr = excluded.amr,
            auth_time = excluded.auth_time, expires_at = excluded.expires_at, device = excluded.device,
            generation = excluded.generation, last_seen_at = now()
), :audit(done)
SELECT n FROM done

-- With what the person has agreed to for a client, when one is given: who looks for a session to authorize needs both.
-- name: session_find
-- roles: web
-- kind: read
SELECT i.n, s.bucket, s.id, s.hash, s.subject_id, s.actor_id, s.mandate_id, s.proof, s.account_level,
       s.authentication_level, s.amr, s.auth_time, s.created_at, s.last_seen_at, s.expires_at,
       s.ended_at, p.state, s.device, s.last_seen_at < now() - interval '1 minute',
       c.id, c.scope, c.claims::text, c.declined::text
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::text[]) WITH ORDINALITY
    AS i (bucket, hash, idle_s, client_id, n)
JOIN LATERAL (SELECT * FROM session s
              WHERE s.bucket = i.bucket AND s.hash = i.hash AND s.ended_at IS NULL AND s.expires_at > now()
                AND s.last_seen_at > now() - make_interval(secs => i.idle_s) OFFSET 0) s ON true
JOIN LATERAL (SELECT state, generation FROM identity p WHERE p.bucket = i.bucket AND p.id = s.subject_id
              OFFSET 0) p ON p.state = 'active' AND coalesce(s.generation = p.generation, true)
LEFT JOIN LATERAL (SELECT id, scope, claims, declined FROM consent c
                   WHERE c.bucket = i.bucket AND c.subject_id = s.subject_id AND c.actor_id = s.actor_id
                     AND c.client_id = i.client_id AND c.withdrawn_at IS NULL OFFSET 0) c ON true

-- name: session_touch
-- roles: web
-- kind: write-async
WITH input AS (
    SELECT * FROM unnest($1::smallint[], $2::uuid[]) WITH ORDINALITY AS i (bucket, id, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN session s ON s.bucket = i.bucket AND s.id = i.id
    WHERE s.last_seen_at < now() - interval '1 minute'
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), done AS (
    UPDATE session s SET last_seen_at = now()
    FROM locked l
    WHERE s.bucket = l.bucket AND s.id = l.id
    RETURNING l.n
)
SELECT n FROM done

-- name: session_list
-- roles: web admin
-- kind: read
SELECT s.bucket, s.id, s.hash, s.subject_id, s.actor_id, s.mandate_id, NULL::bytea, s.account_level,
       s.authentication_level, s.amr, s.auth_time, s.created_at, s.last_seen_at, s.expires_at,
       s.ended_at, p.state, s.device, false
FROM session s
JOIN identity p ON p.bucket = s.bucket AND p.id = s.subject_id
WHERE s.bucket = $1::smallint AND s.subject_id = $2::uuid AND s.ended_at IS NULL AND s.expires_at > now()
  AND coalesce(s.generation = p.generation, true)
ORDER BY s.created_at

-- name: session_end
-- roles: web admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[]) WITH ORDINALITY
        AS i (bucket, id, reason, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN session s ON s.bucket = i.bucket AND s.id = i.id
    WHERE s.ended_at IS NULL
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), ended AS (
    UPDATE session s SET ended_at = now(), end_reason = l.reason
    FROM locked l
    WHERE s.bucket = l.bucket AND s.id = l.id
    RETURNING l.n, s.bucket, s.id, s.subject_id, s.actor_id, s.mandate_id, l.reason
), :logout(ended), :audit(ended)
SELECT n FROM ended

-- name: session_end_all
-- roles: web admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[]) WITH ORDINALITY
        AS i (bucket, subject_id, reason, n)
), locked AS MATERIALIZED (
    SELECT i.n, i.reason, s.bucket, s.id
    FROM input i
    JOIN session s ON s.bucket = i.bucket AND s.subject_id = i.subject_id
    WHERE s.ended_at IS NULL
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), ended AS (
    UPDATE session s SET ended_at = now(), end_reason = l.reason
    FROM locked l
    WHERE s.bucket = l.bucket AND s.id = l.id
    RETURNING l.n, s.bucket, s.id, s.subject_id, s.actor_id, s.mandate_id, l.reason
), :logout(ended), :audit(input)
SELECT n FROM input
