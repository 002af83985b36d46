-- Codes and refresh tokens are marked as used soon after they were written: with room left on their pages the new
-- version stays there, and no index is written again (HOT).  Pages that are full already stay as they are.
DO $$
DECLARE
    leaf regclass;
BEGIN
    FOR leaf IN
        SELECT c.oid FROM pg_class c
        WHERE c.relkind = 'r'
          AND c.oid IN (SELECT 'code'::regclass UNION SELECT 'refresh'::regclass
                        UNION SELECT relid FROM pg_partition_tree('code')
                        UNION SELECT relid FROM pg_partition_tree('refresh'))
    LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 70)', leaf);
    END LOOP;
END
$$;
