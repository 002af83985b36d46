-- Credentials and throttles: statements of the verifier, which runs them on a blocking connection.

-- name: vault_keys
-- roles: verifier
-- kind: read
SELECT kid, use, state, sealed, version FROM keystore_verifier ORDER BY use, version, kid

-- name: vault_account
-- roles: verifier
-- kind: read
SELECT p.id, p.account_level, p.state, p.kind, p.generation, c.verifier, c.pepper_version, c.id
FROM unnest($1::integer[], $2::bytea[]) AS i (version, digest)
JOIN LATERAL (SELECT bucket, identity_id FROM lookup_digest d
              WHERE d.kind = 'personal_number' AND d.key_version = i.version AND d.digest = i.digest
              OFFSET 0) d ON true
JOIN identity p ON p.bucket = d.bucket AND p.id = d.identity_id
LEFT JOIN credential c ON c.bucket = p.bucket AND c.identity_id = p.id AND c.kind = 'password'
LIMIT 1

-- name: vault_throttle
-- roles: verifier
-- kind: read
SELECT t.key, t.failures, greatest(0, ceil(extract(epoch FROM t.blocked_until - now())))::bigint
FROM throttle t
WHERE t.key = ANY ($1::bytea[])

-- Failures are counted in a window; from the limit on each doubles a pause that is never longer than
-- the window or a minute, so that nobody can lock a victim out for long.  A limit of 0 means none.
-- Upgraded is only the verifier that was checked: a password changed meanwhile stays the new one.
-- name: vault_finish
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::boolean[], $17::bytea[], $18::bytea[], $19::bigint[], $20::integer[],
                         $21::integer[], $22::text[], $23::integer[], $24::smallint[], $25::uuid[],
                         $26::uuid[], $27::text[]) WITH ORDINALITY
        AS i (accepted, account_key, address_key, window_s, limit_account, limit_address, upgraded,
              upgraded_pepper, bucket, identity_id, credential_id, checked, n)
), failed AS (
    SELECT account_key AS key, limit_account AS most, window_s FROM input WHERE NOT accepted
    UNION ALL
    SELECT address_key, limit_address, window_s FROM input WHERE NOT accepted
), counted AS (
    INSERT INTO throttle AS t (key, failures, window_start, blocked_until)
    SELECT key, 1, now(),
           CASE WHEN most = 1 THEN now() + make_interval(secs => least(window_s, 2)) END
    FROM failed
    ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET failures = CASE WHEN t.window_start < now() - make_interval(secs => ($19::bigint[])[1]) THEN 1
                        ELSE t.failures + 1 END,
        window_start = CASE WHEN t.window_start < now() - make_interval(secs => ($19::bigint[])[1])
                            THEN now() ELSE t.window_start END,
        blocked_until = (
            SELECT CASE WHEN f.most > 0 AND t.failures + 1 >= f.most
                             AND t.window_start >= now() - make_interval(secs => f.window_s)
                        THEN now() + make_interval(secs =>
                                 least(f.window_s, 60, 2 ^ least(t.failures + 2 - f.most, 16)))
                   END
            FROM failed f WHERE f.key = t.key LIMIT 1)
), forgotten AS (
    DELETE FROM throttle t USING input i WHERE i.accepted AND t.key = i.account_key
), upgraded AS (
    UPDATE credential c
    SET verifier = i.upgraded, pepper_version = i.upgraded_pepper, changed_at = now()
    FROM input i
    WHERE i.accepted AND i.upgraded IS NOT NULL AND c.bucket = i.bucket
      AND c.identity_id = i.identity_id AND c.id = i.credential_id AND c.verifier = i.checked
), :audit(input)
SELECT n FROM input

-- name: vault_set_password
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::integer[]) WITH ORDINALITY
        AS i (bucket, identity_id, verifier, pepper_version, n)
), raised AS (
    UPDATE identity p SET generation = p.generation + 1
    FROM input i
    WHERE p.bucket = i.bucket AND p.id = i.identity_id
    RETURNING i.*, p.generation
), put AS (
    INSERT INTO credential AS c (bucket, identity_id, kind, verifier, pepper_version)
    SELECT bucket, identity_id, 'password', verifier, pepper_version FROM raised
    ON CONFLICT (bucket, identity_id) WHERE kind = 'password' DO UPDATE
    SET verifier = excluded.verifier, pepper_version = excluded.pepper_version, changed_at = now()
    RETURNING c.bucket, c.identity_id
), over AS ( -- a code on its way in a letter is not needed any more
    DELETE FROM one_time_code o USING put p
    WHERE o.bucket = p.bucket AND o.identity_id = p.identity_id
), done AS MATERIALIZED (
    SELECT r.*, NULL::uuid AS keep, true AS shut, 'new password' AS reason
    FROM raised r JOIN put p ON p.bucket = r.bucket AND p.identity_id = r.identity_id
), :shut(done), :audit(done)
SELECT n FROM done

-- Of somebody who is known by a session of theirs that lives.
-- name: vault_session_account
-- roles: verifier
-- kind: read
SELECT p.id, p.account_level, p.state, p.kind, p.generation, c.verifier, c.pepper_version, c.id
FROM session s
JOIN identity p ON p.bucket = s.bucket AND p.id = s.subject_id
LEFT JOIN credential c ON c.bucket = p.bucket AND c.identity_id = p.id AND c.kind = 'password'
WHERE s.bucket = $1::smallint AND s.id = $2::uuid AND s.subject_id = $3::uuid AND s.ended_at IS NULL
  AND s.expires_at > now() AND coalesce(s.generation = p.generation, true)

-- The old verifier string says that nobody else changed it meanwhile: the credential is judged once the person is
-- locked.
-- name: vault_change_password
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::uuid[], $19::text[], $20::text[],
                         $21::integer[], $22::boolean[], $23::uuid[]) WITH ORDINALITY
        AS i (bucket, identity_id, keep, old, verifier, pepper_version, shut, credential_id, n)
), locked AS MATERIALIZED (
    SELECT i.*, p.generation + 1 AS generation
    FROM input i
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.identity_id
    JOIN session s ON s.bucket = i.bucket AND s.id = i.keep
    WHERE p.state = 'active' AND s.subject_id = i.identity_id AND s.ended_at IS NULL
      AND s.expires_at > now() AND coalesce(s.generation = p.generation, true)
    ORDER BY p.bucket, p.id
    FOR NO KEY UPDATE OF p
), put AS (
    UPDATE credential c
    SET verifier = l.verifier, pepper_version = l.pepper_version, changed_at = now()
    FROM locked l
    WHERE c.bucket = l.bucket AND c.identity_id = l.identity_id AND c.id = l.credential_id
      AND c.kind = 'password' AND c.verifier = l.old
    RETURNING l.n
), done AS MATERIALIZED (
    SELECT l.*, 'new password' AS reason FROM locked l JOIN put ON put.n = l.n
), raised AS (
    UPDATE identity p SET generation = d.generation
    FROM done d
    WHERE p.bucket = d.bucket AND p.id = d.identity_id
), over AS (
    DELETE FROM one_time_code o USING done d
    WHERE o.bucket = d.bucket AND o.identity_id = d.identity_id
), :shut(done), :audit(done)
SELECT n FROM done

-- The person's own wish: as the administrator's (identity_change), while the session lives.
-- name: vault_lock_own
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::uuid[]) WITH ORDINALITY
        AS i (bucket, identity_id, session_id, n)
), found AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN session s ON s.bucket = i.bucket AND s.id = i.session_id AND s.subject_id = i.identity_id
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.identity_id
    WHERE s.ended_at IS NULL AND s.expires_at > now() AND coalesce(s.generation = p.generation, true)
    ORDER BY i.bucket, i.identity_id
), done AS MATERIALIZED (
    SELECT f.*, NULL::uuid AS keep, true AS shut, 'identity locked' AS reason, NULL::integer AS generation
    FROM found f
    WHERE identity_lock_own(f.bucket, f.identity_id, ($15::uuid[])[f.n])
), :shut(done), :audit(done)
SELECT n FROM done

-- name: vault_session_lives
-- roles: verifier
-- kind: read
SELECT 1::bigint
FROM session s
JOIN identity p ON p.bucket = s.bucket AND p.id = s.subject_id
WHERE s.bucket = $1::smallint AND s.subject_id = $2::uuid AND s.id = $3::uuid AND s.ended_at IS NULL
  AND s.expires_at > now() AND coalesce(s.generation = p.generation, true)

-- A portal that refreshes every few minutes is a line a day.  Of what was before $3 (microseconds; 0: now) whole days
-- until there are 100 lines, at most 31 days back from the latest entry and 20,000 entries: who has made millions must
-- not keep a verifier from the logins of others.  Nor may a day with more lines than an answer holds hide all: from the
-- 200th line on it goes to the next page.  Which goes on before the earliest entry that was counted here.
-- name: vault_history
-- roles: verifier
-- kind: read
WITH latest AS MATERIALIZED (
    SELECT e.at
    FROM audit e
    WHERE e.bucket = $1::smallint AND e.subject_id = $2::uuid
      AND e.at < CASE WHEN $3::bigint = 0 THEN 'infinity'
                      ELSE 'epoch'::timestamptz + $3::bigint * interval '1 microsecond' END
    ORDER BY e.at DESC
    LIMIT 1
), entries AS MATERIALIZED (
    SELECT e.at, e.event, e.outcome, e.client_id, date_trunc('day', e.at, 'Asia/Ho_Chi_Minh') AS day
    FROM latest l
    JOIN audit e ON e.at <= l.at AND e.at > l.at - interval '31 days'
    WHERE e.bucket = $1::smallint AND e.subject_id = $2::uuid
    ORDER BY e.at DESC
    FETCH FIRST 20000 ROWS WITH TIES
), crowd AS MATERIALIZED ( -- the moment of the 200th line, if there are as many
    SELECT max(at) AS at FROM entries GROUP BY event, outcome, client_id, day ORDER BY 1 DESC OFFSET 199 LIMIT 1
), counted AS (
    SELECT max(a.at) AS last, min(a.at) AS first, a.event, a.outcome, a.client_id, count(*) AS times, a.day
    FROM entries a
    WHERE a.at >= coalesce((SELECT c.at FROM crowd c), '-infinity')
    GROUP BY a.event, a.outcome, a.client_id, a.day
    ORDER BY a.day DESC
    FETCH FIRST 100 ROWS WITH TIES
), earliest AS MATERIALIZED (
    SELECT min(first) AS at FROM counted
)
SELECT c.last, c.event, c.outcome = 'refused', c.client_id, c.times,
       CASE WHEN EXISTS (SELECT FROM audit e WHERE e.bucket = $1::smallint AND e.subject_id = $2::uuid AND e.at < f.at)
            THEN (extract(epoch FROM f.at) * 1000000)::bigint ELSE 0 END
FROM counted c, earliest f
ORDER BY c.last DESC

-- A new code takes the place of the old one.  Who has a password gets one only with `recover`.
-- name: vault_code_put
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::uuid[], $19::bytea[], $20::integer[],
                         $21::bigint[], $22::boolean[]) WITH ORDINALITY
        AS i (bucket, identity_id, id, digest, pepper_version, lifetime_s, recover, n)
), judged AS MATERIALIZED (
    SELECT i.*, p.kind, p.state,
           EXISTS (SELECT FROM credential c
                   WHERE c.bucket = i.bucket AND c.identity_id = i.identity_id AND c.kind = 'password')
           AS has_password
    FROM input i
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.identity_id
), put AS (
    INSERT INTO one_time_code AS o (bucket, identity_id, id, digest, pepper_version, expires_at)
    SELECT bucket, identity_id, id, digest, pepper_version, now() + make_interval(secs => lifetime_s)
    FROM judged
    WHERE kind = 'person' AND state = 'active' AND (recover OR NOT has_password)
    ON CONFLICT (bucket, identity_id) DO UPDATE
    SET id = excluded.id, digest = excluded.digest, pepper_version = excluded.pepper_version,
        created_at = now(), expires_at = excluded.expires_at
    RETURNING o.bucket, o.identity_id, o.expires_at
), done AS MATERIALIZED (
    SELECT j.n, p.expires_at FROM judged j JOIN put p ON p.bucket = j.bucket AND p.identity_id = j.identity_id
), :audit(done)
SELECT j.kind, j.state, j.has_password, d.expires_at FROM judged j LEFT JOIN done d ON d.n = j.n

-- name: vault_code
-- roles: verifier
-- kind: read
SELECT p.id, p.account_level, p.state, p.kind, o.id, o.digest, o.pepper_version, o.expires_at <= now()
FROM unnest($1::integer[], $2::bytea[]) AS i (version, digest)
JOIN LATERAL (SELECT bucket, identity_id FROM lookup_digest d
              WHERE d.kind = 'personal_number' AND d.key_version = i.version AND d.digest = i.digest
              OFFSET 0) d ON true
JOIN identity p ON p.bucket = d.bucket AND p.id = d.identity_id
LEFT JOIN one_time_code o ON o.bucket = p.bucket AND o.identity_id = p.id
LIMIT 1

-- Using the code is removing it; whoever removed it sets the password, nobody else.
-- name: vault_first_password
-- roles: verifier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::uuid[], $19::text[], $20::integer[])
        WITH ORDINALITY AS i (bucket, identity_id, code_id, verifier, pepper_version, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.identity_id
    JOIN one_time_code o ON o.bucket = i.bucket AND o.identity_id = i.identity_id
    WHERE p.state = 'active' AND o.id = i.code_id AND o.expires_at > now()
    ORDER BY p.bucket, p.id
    FOR NO KEY UPDATE OF p
), used AS (
    DELETE FROM one_time_code o USING locked l
    WHERE o.bucket = l.bucket AND o.identity_id = l.identity_id AND o.id = l.code_id
    RETURNING l.n
), raised AS (
    UPDATE identity p SET generation = p.generation + 1
    FROM locked l
    JOIN used u ON u.n = l.n
    WHERE p.bucket = l.bucket AND p.id = l.identity_id
    RETURNING l.*, p.generation
), done AS MATERIALIZED (
    SELECT r.*, NULL::uuid AS keep, true AS shut, 'new password' AS reason FROM raised r
), put AS (
    INSERT INTO credential AS c (bucket, identity_id, kind, verifier, pepper_version)
    SELECT bucket, identity_id, 'password', verifier, pepper_version FROM done
    ON CONFLICT (bucket, identity_id) WHERE kind = 'password' DO UPDATE
    SET verifier = excluded.verifier, pepper_version = excluded.pepper_version, changed_at = now()
), :shut(done), :audit(done)
SELECT n, generation FROM done
