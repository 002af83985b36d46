-- Documents behind sector_identifier_uris.  An attempt answers every wish that was made before it began.

-- name: sector_document_want
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($1::text[]) WITH ORDINALITY AS i (uri, n)
), put AS (
    INSERT INTO sector_document (uri)
    SELECT uri FROM input ORDER BY uri
    ON CONFLICT (uri) DO UPDATE SET wanted_at = now()
    RETURNING uri
)
SELECT i.n FROM input i JOIN put p ON p.uri = i.uri

-- name: sector_document_find
-- roles: admin
-- kind: read
SELECT s.document, s.error, s.settled_at >= s.wanted_at FROM sector_document s WHERE s.uri = $1::text

-- name: sector_document_claim
-- roles: courier
-- kind: write-sync
-- batch: no
WITH due AS MATERIALIZED (
    SELECT s.uri
    FROM sector_document s
    WHERE s.wanted_at > s.tried_at
    ORDER BY s.wanted_at
    LIMIT $1::bigint
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE sector_document s SET tried_at = now()
FROM due d
WHERE s.uri = d.uri
RETURNING s.uri

-- name: sector_document_settle
-- roles: courier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (uri, document, error, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN sector_document s ON s.uri = i.uri
    ORDER BY s.uri
    FOR UPDATE OF s
)
UPDATE sector_document s SET document = l.document, error = l.error, settled_at = s.tried_at
FROM locked l
WHERE s.uri = l.uri
RETURNING l.n
