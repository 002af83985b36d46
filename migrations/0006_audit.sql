-- What happened: who, what, for whom, on which ground.  Written in the same statement as the act; never
-- updated.  Names of claims, never values; addresses sealed.  Kept five years, one partition a month.
CREATE TABLE audit (
    bucket      smallint NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    event       text NOT NULL,                  -- store/audit.h; maps to Shared Signals types
    outcome     text NOT NULL DEFAULT 'ok' CHECK (outcome IN ('ok', 'refused')),
    subject_id  uuid,
    actor_id    uuid,
    mandate_id  uuid,
    client_id   text,
    session_id  uuid,
    grant_id    uuid,
    operator    text,
    ground      text,                           -- legal ground or purpose
    detail      text,                           -- JSON: names, counts, reasons
    address_sealed bytea,
    request_id  uuid NOT NULL,
    PRIMARY KEY (bucket, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_subject ON audit (bucket, subject_id, at);
CREATE INDEX audit_request ON audit (request_id);

-- Makes the partitions of this month and the given number of months ahead.
CREATE FUNCTION audit_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = authd, pg_temp AS $$
DECLARE
    month timestamptz;
    name text;
    made integer := 0;
BEGIN
    FOR i IN 0..ahead LOOP
        month := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + make_interval(months => i);
        name := 'audit_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass('authd.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE authd.%I PARTITION OF authd.audit FOR VALUES FROM (%L) TO (%L)',
                           name, month, month + interval '1 month');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$;
SELECT audit_partitions(3);
CREATE TABLE audit_rest PARTITION OF audit DEFAULT;   -- so that nothing is ever lost

-- Deliveries to relying parties (logout tokens, later security events): one sequence per recipient.
CREATE TABLE outbox (
    bucket      smallint NOT NULL,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    recipient   text NOT NULL,                  -- client id
    seq         bigint NOT NULL,                -- per recipient, in order of writing
    kind        text NOT NULL CHECK (kind IN ('backchannel_logout', 'security_event', 'mail')),
    subject_id  uuid,
    actor_id    uuid,
    mandate_id  uuid,
    session_id  uuid,
    payload     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    attempts    integer NOT NULL DEFAULT 0,
    last_error  text,
    delivered_at timestamptz,
    failed_at   timestamptz,
    PRIMARY KEY (bucket, id)
)/*distributed*/;
CREATE SEQUENCE outbox_seq;
ALTER TABLE outbox ALTER COLUMN seq SET DEFAULT nextval('authd.outbox_seq');
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_recipient ON outbox (recipient, seq) WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE FUNCTION outbox_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_outbox', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_written AFTER INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION outbox_written();

GRANT INSERT ON audit TO authd_web, authd_verifier, authd_clerk, authd_courier, authd_admin;
-- A web process may ask whether its own request was committed, and show people their own history.
GRANT SELECT ON audit TO authd_web, authd_admin;
GRANT SELECT (id, request_id) ON audit TO authd_clerk, authd_courier;
GRANT EXECUTE ON FUNCTION audit_partitions(integer) TO authd_clerk;
GRANT INSERT ON outbox TO authd_web, authd_admin;
GRANT SELECT, UPDATE ON outbox TO authd_courier;
GRANT SELECT, DELETE ON outbox TO authd_clerk;
GRANT USAGE ON SEQUENCE outbox_seq TO authd_web, authd_admin;
