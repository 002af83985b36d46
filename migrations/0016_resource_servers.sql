-- Web processes keep the list of resource servers until it changes.
CREATE FUNCTION resource_server_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('authd_resource', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER resource_server_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON resource_server
    FOR EACH STATEMENT EXECUTE FUNCTION resource_server_changed();
