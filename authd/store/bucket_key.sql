-- The keys of buckets, wrapped.

-- name: bucket_keys_newest
-- roles: admin
-- kind: read
SELECT DISTINCT ON (bucket) bucket, version, wrapped
FROM bucket_key
WHERE bucket = ANY ($1::smallint[])
ORDER BY bucket, version DESC

-- Of two writers that bring a bucket's first key the second changes nothing: both read it again.
-- name: bucket_key_add
-- roles: admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::bytea[]) WITH ORDINALITY AS i (bucket, wrapped, n)
), added AS (
    INSERT INTO bucket_key (bucket, version, wrapped)
    SELECT bucket, 1, wrapped FROM input ORDER BY bucket
    ON CONFLICT DO NOTHING
), :audit(input)
SELECT n FROM input

-- The wrapping key's name follows the version byte (keys/store/seal.h).
-- name: bucket_keys_find
-- roles: clerk admin
-- kind: read
SELECT bucket, version, wrapped
FROM bucket_key
WHERE substr(wrapped, 2, 8) <> $1::bytea
ORDER BY bucket, version
LIMIT $2::bigint

-- name: bucket_keys_replace
-- roles: clerk admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::integer[], $18::bytea[]) WITH ORDINALITY
        AS i (bucket, version, wrapped, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN bucket_key b ON b.bucket = i.bucket AND b.version = i.version
    ORDER BY b.bucket, b.version
    FOR UPDATE OF b
), done AS (
    UPDATE bucket_key b SET wrapped = l.wrapped
    FROM locked l
    WHERE b.bucket = l.bucket AND b.version = l.version
    RETURNING l.n
), :audit(done)
SELECT n FROM done
