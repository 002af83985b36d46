-- People and organisations.

-- name: identity_add
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::text[], $20::smallint[],
                         $21::smallint[], $22::text[], $23::integer[], $24::bytea[], $25::bytea[],
                         $26::integer[], $27::bytea[], $28::text[], $29::text[], $30::text[])
        WITH ORDINALITY
        AS i (bucket, id, kind, state, account_level, province, document_kind, document_version, sealed,
              wrapped_key, bucket_key_version, new_bucket_key, lookups, actor, legal_ground, n)
), bucket_keys AS (
    INSERT INTO bucket_key (bucket, version, wrapped)
    SELECT DISTINCT bucket, bucket_key_version, new_bucket_key
    FROM input
    WHERE new_bucket_key IS NOT NULL
    ORDER BY bucket, bucket_key_version
), people AS (
    INSERT INTO identity (bucket, id, kind, state, account_level, province)
    SELECT bucket, id, kind, state, account_level, province FROM input
), keys AS (
    INSERT INTO identity_key (bucket, identity_id, bucket_key_version, wrapped)
    SELECT bucket, id, bucket_key_version, wrapped_key FROM input
), documents AS (
    INSERT INTO identity_document (bucket, identity_id, kind, version, sealed)
    SELECT bucket, id, document_kind, document_version, sealed FROM input
), history AS (
    INSERT INTO identity_change (bucket, identity_id, to_state, account_level, actor, legal_ground,
                                 request_id)
    SELECT bucket, id, state, account_level, actor, legal_ground, ($15::uuid[])[n] FROM input
), digests AS (
    INSERT INTO lookup_digest (kind, key_version, digest, bucket, identity_id)
    SELECT l.kind, l.version, decode(l.digest, 'hex'), i.bucket, i.id
    FROM input i
    CROSS JOIN LATERAL jsonb_to_recordset(i.lookups::jsonb) AS l (kind text, version integer, digest text)
    ORDER BY 1, 2, 3
), :audit(input)
SELECT n FROM input

-- name: identity_known
-- roles: admin
-- kind: read
SELECT i.n, p.account_level, l.kind, d.identity_id, d.kind, d.version, d.sealed, k.wrapped, d.bucket,
       k.bucket_key_version, b.wrapped
FROM unnest($1::text[], $2::integer[], $3::bytea[]) WITH ORDINALITY AS i (kind, version, digest, n)
JOIN lookup_digest l ON l.kind = i.kind AND l.key_version = i.version AND l.digest = i.digest
JOIN identity p ON p.bucket = l.bucket AND p.id = l.identity_id
LEFT JOIN LATERAL (SELECT * FROM identity_document d
                   WHERE d.bucket = p.bucket AND d.identity_id = p.id AND d.kind = p.kind
                   ORDER BY d.version DESC LIMIT 1) d ON true
LEFT JOIN identity_key k ON k.bucket = p.bucket AND k.identity_id = p.id
LEFT JOIN bucket_key b ON b.bucket = k.bucket AND b.version = k.bucket_key_version
ORDER BY i.n

-- name: identity_find
-- roles: web clerk courier admin
-- kind: read
SELECT id, bucket, kind, state, account_level, province, created_at, state_changed_at
FROM identity
WHERE bucket = $1::smallint AND id = $2::uuid

-- name: identity_lookup
-- roles: admin
-- kind: read
SELECT p.id, p.bucket, p.kind, p.state, p.account_level, p.province, p.created_at, p.state_changed_at
FROM unnest($1::text[], $2::integer[], $3::bytea[]) AS i (kind, version, digest)
JOIN lookup_digest d ON d.kind = i.kind AND d.key_version = i.version AND d.digest = i.digest
JOIN identity p ON p.bucket = d.bucket AND p.id = d.identity_id
LIMIT 1

-- name: identity_change
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::text[], $20::text[])
        WITH ORDINALITY AS i (bucket, id, to_state, actor, legal_ground, n)
), locked AS MATERIALIZED (
    SELECT i.*, p.state AS from_state
    FROM input i
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.id
    WHERE (p.state, i.to_state) IN (('issued', 'active'), ('active', 'locked'), ('locked', 'active'))
       OR (p.state <> 'closed' AND i.to_state = 'closed')
    ORDER BY p.bucket, p.id
    FOR UPDATE OF p
), done AS (
    UPDATE identity p SET state = l.to_state, state_changed_at = now(), generation = p.generation + 1
    FROM locked l
    WHERE p.bucket = l.bucket AND p.id = l.id
    RETURNING l.*, p.account_level,
              -- unlocking, too: what was being written while the account was locked must not come to life
              l.to_state IN ('locked', 'closed') OR l.from_state = 'locked' AS shut
), history AS (
    INSERT INTO identity_change (bucket, identity_id, from_state, to_state, account_level, actor,
                                 legal_ground, request_id)
    SELECT bucket, id, from_state, to_state, account_level, actor, legal_ground, ($15::uuid[])[n]
    FROM done
), sessions AS MATERIALIZED (
    SELECT d.to_state, s.bucket, s.id
    FROM done d
    JOIN session s ON s.bucket = d.bucket AND s.subject_id = d.id
    WHERE d.shut AND s.ended_at IS NULL
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), ended AS (
    UPDATE session s SET ended_at = now(), end_reason = 'identity ' || x.to_state
    FROM sessions x
    WHERE s.bucket = x.bucket AND s.id = x.id
    RETURNING s.bucket, s.id
), grants AS MATERIALIZED (
    SELECT d.to_state, g.bucket, g.id
    FROM done d
    JOIN "grant" g ON g.bucket = d.bucket AND g.subject_id = d.id
    WHERE d.shut AND g.revoked_at IS NULL
      AND (SELECT count(*) FROM ended) >= 0 -- sessions first
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), revoked AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = 'identity ' || x.to_state
    FROM grants x
    WHERE g.bucket = x.bucket AND g.id = x.id
    RETURNING g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id
), concerned AS (
    SELECT bucket, client_id, session_id, subject_id, actor_id, mandate_id FROM revoked
    UNION
    SELECT g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id
    FROM ended e
    JOIN "grant" g ON g.bucket = e.bucket AND g.session_id = e.id
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT ON (x.bucket, x.session_id, x.client_id)
           x.bucket, x.client_id, 'backchannel_logout', x.subject_id, x.actor_id, x.mandate_id,
           x.session_id, jsonb_build_object('reason', 'identity ' || d.to_state)
    FROM concerned x
    JOIN done d ON d.bucket = x.bucket AND d.id = x.subject_id
    JOIN client c ON c.id = x.client_id
    WHERE c.metadata ->> 'backchannel_logout_uri' <> ''
    ORDER BY x.bucket, x.session_id, x.client_id
), :audit(done)
SELECT n FROM done

-- name: identity_history
-- roles: admin
-- kind: read
SELECT at, from_state, to_state, actor, legal_ground
FROM identity_change
WHERE bucket = $1::smallint AND identity_id = $2::uuid
ORDER BY at, id

-- name: province_list
-- roles: web admin
-- kind: read
SELECT code, name FROM province ORDER BY code
