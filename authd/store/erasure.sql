-- Erasing identities, and the ledger of it outside the database (authd/ledger).

-- Erased is who is there; with a number given (a replay of the ledger) also who this database never heard of, so that
-- its numbers go on as the ledger's.  Two at once want the same number: the second is refused and comes again.
-- name: identity_erase
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::text[], $20::bigint[], $21::timestamptz[])
        WITH ORDINALITY AS i (bucket, id, actor, legal_ground, seq, erased_at, n)
), person AS MATERIALIZED (
    SELECT p.bucket, p.id, p.state, p.account_level
    FROM input i
    JOIN identity p ON p.bucket = i.bucket AND p.id = i.id
    ORDER BY p.bucket, p.id
    FOR UPDATE OF p
), done AS (
    INSERT INTO erasure (identity_id, bucket, erased_at, actor, legal_ground, seq)
    SELECT i.id, i.bucket, coalesce(i.erased_at, now()), i.actor, i.legal_ground,
           coalesce(i.seq, (SELECT coalesce(max(seq), 0) + 1 FROM erasure))
    FROM input i
    WHERE i.seq IS NOT NULL
       OR (EXISTS (SELECT FROM person p WHERE p.id = i.id)
           AND NOT EXISTS (SELECT FROM erasure e WHERE e.identity_id = i.id))
    RETURNING identity_id AS id, bucket, seq
), numbered AS (
    SELECT i.n, d.* FROM done d JOIN input i ON i.id = d.id
), shut AS (
    UPDATE identity p SET state = 'closed', state_changed_at = now(), province = NULL
    FROM done d
    WHERE p.bucket = d.bucket AND p.id = d.id
), history AS (
    INSERT INTO identity_change (bucket, identity_id, from_state, to_state, account_level, actor,
                                 legal_ground, request_id)
    SELECT p.bucket, p.id, p.state, 'closed', p.account_level, i.actor, i.legal_ground, ($15::uuid[])[i.n]
    FROM done d
    JOIN person p ON p.id = d.id
    JOIN input i ON i.id = d.id
), key AS (
    DELETE FROM identity_key k USING done d WHERE k.bucket = d.bucket AND k.identity_id = d.id
), documents AS (
    DELETE FROM identity_document k USING done d WHERE k.bucket = d.bucket AND k.identity_id = d.id
), digests AS (
    DELETE FROM lookup_digest k USING done d WHERE k.bucket = d.bucket AND k.identity_id = d.id
), credentials AS (
    DELETE FROM credential k USING done d WHERE k.bucket = d.bucket AND k.identity_id = d.id
), codes AS (
    DELETE FROM one_time_code k USING done d WHERE k.bucket = d.bucket AND k.identity_id = d.id
), consents AS (
    DELETE FROM consent k USING done d WHERE k.bucket = d.bucket AND k.subject_id = d.id
), sessions AS MATERIALIZED (
    SELECT s.bucket, s.id
    FROM done d
    JOIN session s ON s.bucket = d.bucket AND s.subject_id = d.id
    WHERE s.ended_at IS NULL
    ORDER BY s.bucket, s.id
    FOR UPDATE OF s
), ended AS (
    UPDATE session s SET ended_at = now(), end_reason = 'identity erased'
    FROM sessions x
    WHERE s.bucket = x.bucket AND s.id = x.id
    RETURNING s.bucket, s.id
), grants AS MATERIALIZED (
    SELECT g.bucket, g.id
    FROM done d
    JOIN "grant" g ON g.bucket = d.bucket AND g.subject_id = d.id
    WHERE g.revoked_at IS NULL
      AND (SELECT count(*) FROM ended) >= 0 -- sessions first
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), revoked AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = 'identity erased'
    FROM grants x
    WHERE g.bucket = x.bucket AND g.id = x.id
    RETURNING g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT ON (x.bucket, x.session_id, x.client_id)
           x.bucket, x.client_id, 'backchannel_logout', x.subject_id, x.actor_id, x.mandate_id,
           x.session_id, jsonb_build_object('reason', 'identity erased')
    FROM revoked x
    JOIN client c ON c.id = x.client_id
    WHERE c.metadata ->> 'backchannel_logout_uri' <> ''
    ORDER BY x.bucket, x.session_id, x.client_id
), :audit(numbered)
SELECT n FROM numbered

-- name: erasure_find
-- roles: admin
-- kind: read
SELECT seq, noted_at IS NOT NULL FROM erasure WHERE identity_id = $1::uuid

-- name: erasure_head
-- roles: clerk admin
-- kind: read
SELECT (SELECT id FROM erasure_ledger), coalesce(max(seq), 0) FROM erasure

-- name: erasure_at
-- roles: clerk
-- kind: read
SELECT identity_id FROM erasure WHERE seq = $1::bigint

-- name: erasure_since
-- roles: clerk
-- kind: read
SELECT seq, erased_at, identity_id FROM erasure WHERE seq > $1::bigint ORDER BY seq LIMIT 500

-- name: erasure_noted
-- roles: clerk
-- kind: write-sync
-- batch: no
WITH noted AS (
    UPDATE erasure SET noted_at = now() WHERE noted_at IS NULL AND seq <= $1::bigint
)
SELECT 1::bigint

-- name: erasure_ledger_begin
-- roles: clerk
-- kind: write-sync
-- batch: no
INSERT INTO erasure_ledger (id) VALUES ($1::uuid) ON CONFLICT DO NOTHING RETURNING 1::bigint
