-- Authorization requests and logins in progress.

-- name: request_push
-- roles: web
-- kind: write-async
WITH input AS (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::bigint[])
        WITH ORDINALITY AS i (bucket, id, hash, client_id, parameters, lifetime_s, n)
), pushed AS (
    INSERT INTO authorization_request (bucket, id, hash, client_id, pushed, parameters, expires_at)
    SELECT bucket, id, hash, client_id, true, parameters::jsonb, now() + make_interval(secs => lifetime_s)
    FROM input
)
SELECT n FROM input

-- name: request_find
-- roles: web
-- kind: read
SELECT r.id, r.bucket, r.client_id, r.pushed, r.used_at IS NOT NULL, r.parameters::text, r.created_at,
       r.expires_at, r.expires_at <= now()
FROM authorization_request r
WHERE r.bucket = $1::smallint AND r.hash = $2::bytea

-- A request that was not pushed: the row is written together with the login.
-- name: login_create
-- roles: web
-- kind: write-async
WITH input AS (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::uuid[], $6::text[],
                         $7::text[], $8::text[], $9::bigint[]) WITH ORDINALITY
        AS i (bucket, id, hash, browser_hash, request_id, client_id, parameters, state, lifetime_s, n)
), requested AS (
    INSERT INTO authorization_request (bucket, id, hash, client_id, pushed, parameters, expires_at,
                                       used_at)
    SELECT bucket, request_id, sha256(uuid_send(request_id)), client_id, false, parameters::jsonb,
           now() + make_interval(secs => lifetime_s), now()
    FROM input
), created AS (
    INSERT INTO login (bucket, id, hash, browser_hash, request_id, client_id, state, expires_at)
    SELECT bucket, id, hash, browser_hash, request_id, client_id, state,
           now() + make_interval(secs => lifetime_s)
    FROM input
)
SELECT n FROM input

-- A pushed request is used once (RFC 9126 section 4), and its row lives as long as the login.
-- name: login_create_pushed
-- roles: web
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[],
                         $7::text[], $8::bigint[]) WITH ORDINALITY
        AS i (bucket, id, hash, browser_hash, pushed_hash, client_id, state, lifetime_s, n)
), locked AS MATERIALIZED (
    SELECT i.*, r.id AS request_id
    FROM input i
    JOIN authorization_request r ON r.bucket = i.bucket AND r.hash = i.pushed_hash
    WHERE r.pushed AND r.used_at IS NULL AND r.expires_at > now() AND r.client_id = i.client_id
    ORDER BY r.bucket, r.hash
    FOR UPDATE OF r
), used AS (
    UPDATE authorization_request r
    SET used_at = now(), expires_at = greatest(r.expires_at, now() + make_interval(secs => l.lifetime_s))
    FROM locked l
    WHERE r.bucket = l.bucket AND r.id = l.request_id
    RETURNING l.*
), created AS (
    INSERT INTO login (bucket, id, hash, browser_hash, request_id, client_id, state, expires_at)
    SELECT bucket, id, hash, browser_hash, request_id, client_id, state,
           now() + make_interval(secs => lifetime_s)
    FROM used
)
SELECT n FROM used

-- name: login_find
-- roles: web
-- kind: read
SELECT l.id, l.bucket, l.state, l.browser_hash, l.client_id, l.session_bucket, l.session_id,
       l.authenticated_at, l.expires_at, l.expires_at <= now(),
       r.id, r.bucket, r.client_id, r.pushed, r.used_at IS NOT NULL, r.parameters::text, r.created_at,
       r.expires_at
FROM login l
JOIN LATERAL (SELECT * FROM authorization_request r WHERE r.bucket = $1::smallint AND r.id = l.request_id
              OFFSET 0) r ON true
WHERE l.bucket = $1::smallint AND l.hash = $2::bytea

-- name: login_move
-- roles: web
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::text[]) WITH ORDINALITY
        AS i (bucket, id, from_states, to_state, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN login l ON l.bucket = i.bucket AND l.id = i.id
    WHERE l.state = ANY (string_to_array(i.from_states, ' ')) AND l.expires_at > now()
    ORDER BY l.bucket, l.id
    FOR UPDATE OF l
), done AS (
    UPDATE login l SET state = x.to_state
    FROM locked x
    WHERE l.bucket = x.bucket AND l.id = x.id
    RETURNING x.n
), :audit(done)
SELECT n FROM done

-- name: login_attach
-- roles: web
-- kind: write-async
WITH input AS (
    SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::smallint[], $4::uuid[], $5::boolean[])
        WITH ORDINALITY AS i (bucket, id, session_bucket, session_id, authenticated, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN login l ON l.bucket = i.bucket AND l.id = i.id
    WHERE l.state IN ('login', 'select', 'consent') AND l.expires_at > now()
    ORDER BY l.bucket, l.id
    FOR UPDATE OF l
), done AS (
    UPDATE login l
    SET session_bucket = x.session_bucket, session_id = x.session_id,
        authenticated_at = CASE WHEN x.authenticated THEN now() ELSE l.authenticated_at END
    FROM locked x
    WHERE l.bucket = x.bucket AND l.id = x.id
    RETURNING x.n
)
SELECT n FROM done
