-- A hijacked process with a role of ours could fill the disk with temporary tables, and put functions of its own
-- into pg_temp.  Nobody needs them.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
