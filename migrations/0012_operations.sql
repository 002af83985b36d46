-- What an administrator looks at (authctl status), and the end of the audit's keeping.

-- The state of deliveries, not what is in them nor about whom.
GRANT SELECT (recipient, kind, created_at, next_attempt_at, attempts, last_error, delivered_at, failed_at)
    ON outbox TO authd_admin;
CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

-- "What happened in the last minutes": rows lie in the order of time, so a block range index is enough.
CREATE INDEX audit_time ON audit USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- Drops the months of audit that ended more than `years` years ago, and says how many; five is the least,
-- whoever asks.  A month that cannot be locked quickly waits for another time: logins go first.
CREATE FUNCTION audit_retire(years integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    kept_from timestamptz := now() - make_interval(years => greatest(years, 5));
    part name;
    dropped text[] := '{}';
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'authd.audit'::regclass AND c.relname ~ '^audit_[0-9]{4}_[0-9]{2}$'
        ORDER BY c.relname
    LOOP
        CONTINUE WHEN (to_date(right(part, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' > kept_from;
        EXECUTE format('DROP TABLE authd.%I', part);
        dropped := dropped || part::text;
    END LOOP;
    DELETE FROM audit_rest WHERE at < kept_from;
    IF cardinality(dropped) > 0 THEN
        INSERT INTO audit (bucket, event, operator, detail, request_id)
        VALUES (0, 'audit.retired', 'clerk', json_build_object('partitions', dropped)::text, gen_random_uuid());
    END IF;
    RETURN cardinality(dropped);
END
$$;
GRANT EXECUTE ON FUNCTION audit_retire(integer) TO authd_clerk;
