-- Deliveries.  Only the oldest undelivered row of a recipient is ever due, so that each gets its rows in
-- sequence; recipients are found by skipping through the index.

-- name: outbox_claim
-- roles: courier
-- kind: write-sync
-- batch: no
WITH RECURSIVE recipient AS (
    (SELECT recipient AS id FROM outbox
     WHERE delivered_at IS NULL AND failed_at IS NULL
     ORDER BY recipient LIMIT 1)
    UNION ALL
    SELECT (SELECT o.recipient FROM outbox o
            WHERE o.delivered_at IS NULL AND o.failed_at IS NULL AND o.recipient > r.id
            ORDER BY o.recipient LIMIT 1)
    FROM recipient r
    WHERE r.id IS NOT NULL
), head AS (
    SELECT h.bucket, h.id
    FROM recipient r
    CROSS JOIN LATERAL (SELECT o.bucket, o.id, o.next_attempt_at FROM outbox o
                        WHERE o.delivered_at IS NULL AND o.failed_at IS NULL AND o.recipient = r.id
                        ORDER BY o.seq LIMIT 1) AS h
    WHERE h.next_attempt_at <= now()
    ORDER BY h.next_attempt_at
    LIMIT $1::bigint
), locked AS MATERIALIZED (
    SELECT o.bucket, o.id
    FROM head h
    JOIN outbox o ON o.bucket = h.bucket AND o.id = h.id
    WHERE o.next_attempt_at <= now() AND o.delivered_at IS NULL AND o.failed_at IS NULL
    FOR UPDATE OF o SKIP LOCKED
), claimed AS (
    UPDATE outbox o
    SET next_attempt_at = now() + make_interval(secs => $2::bigint), attempts = o.attempts + 1
    FROM locked l
    WHERE o.bucket = l.bucket AND o.id = l.id
    RETURNING o.*
)
SELECT x.bucket, x.id, x.subject_id, x.session_id, x.recipient, x.kind, x.payload::text, x.attempts,
       x.created_at, c.metadata::text, c.sector
FROM claimed x
LEFT JOIN client c ON c.id = x.recipient
ORDER BY x.seq

-- name: outbox_delivered
-- roles: courier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[]) WITH ORDINALITY AS i (bucket, id, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN outbox o ON o.bucket = i.bucket AND o.id = i.id
    ORDER BY o.bucket, o.id
    FOR UPDATE OF o
), done AS (
    UPDATE outbox o SET delivered_at = now(), last_error = NULL
    FROM locked l
    WHERE o.bucket = l.bucket AND o.id = l.id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: outbox_failed
-- roles: courier
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[], $19::bigint[]) WITH ORDINALITY
        AS i (bucket, id, error, delay_s, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN outbox o ON o.bucket = i.bucket AND o.id = i.id
    ORDER BY o.bucket, o.id
    FOR UPDATE OF o
), done AS (
    UPDATE outbox o
    SET last_error = l.error,
        failed_at = CASE WHEN l.delay_s < 0 THEN now() END,
        next_attempt_at = now() + make_interval(secs => greatest(l.delay_s, 0))
    FROM locked l
    WHERE o.bucket = l.bucket AND o.id = l.id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: outbox_next
-- roles: courier
-- kind: read
WITH RECURSIVE recipient AS (
    (SELECT recipient AS id FROM outbox
     WHERE delivered_at IS NULL AND failed_at IS NULL
     ORDER BY recipient LIMIT 1)
    UNION ALL
    SELECT (SELECT o.recipient FROM outbox o
            WHERE o.delivered_at IS NULL AND o.failed_at IS NULL AND o.recipient > r.id
            ORDER BY o.recipient LIMIT 1)
    FROM recipient r
    WHERE r.id IS NOT NULL
)
SELECT ceil(extract(epoch FROM min(h.next_attempt_at) - now()))::bigint
FROM recipient r
CROSS JOIN LATERAL (SELECT o.next_attempt_at FROM outbox o
                    WHERE o.delivered_at IS NULL AND o.failed_at IS NULL AND o.recipient = r.id
                    ORDER BY o.seq LIMIT 1) AS h
