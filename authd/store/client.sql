-- Registered clients, their secrets, resource servers, one-time identifiers.

-- name: client_find
-- roles: web clerk admin
-- kind: read
SELECT c.id, c.state = 'active', c.metadata::text, c.account_level_floor, c.authentication_level_floor,
       c.consent_exempt, c.sector, (extract(epoch FROM c.updated_at) * 1000000)::bigint,
       (SELECT string_agg(v.hash, ''::bytea)
        FROM (SELECT s.hash FROM client_secret s
              WHERE s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
              ORDER BY s.created_at DESC LIMIT 4) AS v),
       (SELECT floor(extract(epoch FROM min(s.expires_at) - now()))::bigint FROM client_secret s
        WHERE s.client_id = c.id AND s.expires_at > now())
FROM client c
WHERE c.id = $1::text

-- name: client_list
-- roles: admin
-- kind: read
SELECT c.id, c.state = 'active', c.metadata::text, c.account_level_floor, c.authentication_level_floor,
       c.consent_exempt, c.sector, (extract(epoch FROM c.updated_at) * 1000000)::bigint,
       (SELECT string_agg(v.hash, ''::bytea)
        FROM (SELECT s.hash FROM client_secret s
              WHERE s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())
              ORDER BY s.created_at DESC LIMIT 4) AS v),
       NULL::bigint
FROM client c
ORDER BY c.id

-- name: resource_list
-- roles: web admin
-- kind: read
SELECT audience, name, array_to_string(scopes, ' '), client_id, may_introspect
FROM resource_server
ORDER BY audience

-- name: client_create
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[], $17::boolean[], $18::text[], $19::smallint[], $20::smallint[],
                         $21::boolean[], $22::text[], $23::bytea[]) WITH ORDINALITY
        AS i (id, active, metadata, account_level_floor, authentication_level_floor, consent_exempt,
              sector, secret, n)
), created AS (
    INSERT INTO client (id, state, metadata, account_level_floor, authentication_level_floor,
                        consent_exempt, sector)
    SELECT id, CASE WHEN active THEN 'active' ELSE 'disabled' END, metadata::jsonb, account_level_floor,
           authentication_level_floor, consent_exempt, sector
    FROM input ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), done AS MATERIALIZED (
    SELECT i.n, i.id, i.secret FROM input i JOIN created c ON c.id = i.id
), keyed AS (
    INSERT INTO client_secret (client_id, hash)
    SELECT id, secret FROM done WHERE secret IS NOT NULL
), :audit(done)
SELECT n FROM done

-- name: client_update
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[], $17::boolean[], $18::text[], $19::smallint[], $20::smallint[],
                         $21::boolean[]) WITH ORDINALITY
        AS i (id, active, metadata, account_level_floor, authentication_level_floor, consent_exempt, n)
), locked AS MATERIALIZED (
    SELECT i.* FROM input i JOIN client c ON c.id = i.id ORDER BY c.id FOR UPDATE OF c
), done AS (
    UPDATE client c
    SET state = CASE WHEN l.active THEN 'active' ELSE 'disabled' END,
        disabled_at = CASE WHEN l.active THEN NULL ELSE coalesce(c.disabled_at, now()) END,
        metadata = l.metadata::jsonb,
        account_level_floor = l.account_level_floor,
        authentication_level_floor = l.authentication_level_floor,
        consent_exempt = l.consent_exempt,
        updated_at = greatest(now(), c.updated_at + interval '1 microsecond')
    FROM locked l
    WHERE c.id = l.id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: client_disable
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[]) WITH ORDINALITY AS i (id, n)
), locked AS MATERIALIZED (
    SELECT i.n, i.id FROM input i JOIN client c ON c.id = i.id ORDER BY c.id FOR UPDATE OF c
), done AS (
    UPDATE client c
    SET state = 'disabled', disabled_at = coalesce(c.disabled_at, now()),
        updated_at = greatest(now(), c.updated_at + interval '1 microsecond')
    FROM locked l
    WHERE c.id = l.id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: client_rotate_secret
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[], $17::bytea[], $18::bigint[]) WITH ORDINALITY
        AS i (id, secret, overlap_s, n)
), locked AS MATERIALIZED (
    SELECT i.* FROM input i JOIN client c ON c.id = i.id ORDER BY c.id FOR UPDATE OF c
), done AS (
    UPDATE client c SET updated_at = greatest(now(), c.updated_at + interval '1 microsecond')
    FROM locked l
    WHERE c.id = l.id
    RETURNING l.n, l.id, l.secret, l.overlap_s
), expired AS (
    UPDATE client_secret s SET expires_at = now() + make_interval(secs => d.overlap_s)
    FROM done d
    WHERE s.client_id = d.id AND s.hash <> d.secret
      AND (s.expires_at IS NULL OR s.expires_at > now() + make_interval(secs => d.overlap_s))
), added AS (
    INSERT INTO client_secret (client_id, hash) SELECT id, secret FROM done
), :audit(done)
SELECT n FROM done

-- name: resource_put
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::boolean[])
        WITH ORDINALITY AS i (audience, name, scopes, client_id, may_introspect, n)
), put AS (
    INSERT INTO resource_server (audience, name, scopes, client_id, may_introspect)
    SELECT audience, name, coalesce(string_to_array(nullif(scopes, ''), ' '), '{}'), client_id,
           may_introspect
    FROM input ORDER BY audience
    ON CONFLICT (audience) DO UPDATE
    SET name = excluded.name, scopes = excluded.scopes, client_id = excluded.client_id,
        may_introspect = excluded.may_introspect
    RETURNING audience
), done AS MATERIALIZED (
    SELECT i.n FROM input i JOIN put p ON p.audience = i.audience
), :audit(done)
SELECT n FROM done

-- name: replay_use
-- roles: web
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::bytea[], $17::timestamptz[]) WITH ORDINALITY AS i (hash, expires_at, n)
), used AS (
    INSERT INTO replay (hash, expires_at)
    SELECT hash, expires_at FROM input ORDER BY hash
    ON CONFLICT (hash) DO NOTHING
    RETURNING hash
), done AS MATERIALIZED (
    SELECT i.n FROM input i JOIN used u ON u.hash = i.hash
), :audit(done)
SELECT n FROM done

-- name: logo_put
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS i (name, bytes, n)
), put AS (
    INSERT INTO client_logo (name, bytes)
    SELECT DISTINCT ON (name) name, bytes FROM input ORDER BY name
    ON CONFLICT (name) DO NOTHING
)
SELECT n FROM input

-- name: logo_find
-- roles: web
-- kind: read
SELECT bytes FROM client_logo WHERE name = $1::text
