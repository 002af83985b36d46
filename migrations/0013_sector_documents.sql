-- The documents behind sector_identifier_uris (OpenID Registration section 5), as the courier fetched them when an
-- administrator registered a client: the admin process connects nowhere, it asks and waits.
CREATE TABLE sector_document (
    uri        text PRIMARY KEY CHECK (length(uri) <= 1000),
    wanted_at  timestamptz NOT NULL DEFAULT now(),
    tried_at   timestamptz NOT NULL DEFAULT '-infinity',  -- an attempt began
    settled_at timestamptz NOT NULL DEFAULT '-infinity',  -- … and this one ended
    document   text CHECK (length(document) <= 65536),    -- of that attempt; NULL: it failed
    error      text
);
CREATE FUNCTION sector_document_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_sector_document', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER sector_document_wanted AFTER INSERT OR UPDATE OF wanted_at ON sector_document
    FOR EACH ROW EXECUTE FUNCTION sector_document_wanted();

GRANT SELECT, INSERT, UPDATE (wanted_at) ON sector_document TO authd_admin;
GRANT SELECT, UPDATE (tried_at, settled_at, document, error) ON sector_document TO authd_courier;
