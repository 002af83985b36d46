-- What was judged must still be so when it is written down, and where it is used.
--
-- A generation of the person's ways to log in: raised with every new password and every change of state.  A
-- session is of the generation its login was judged by, and stands only while it is the person's.  NULL: written by a
-- program from before, which does not raise it either; it stands as it did.
ALTER TABLE identity ADD COLUMN generation integer NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN generation integer;

-- The consent that a grant rests on.  NULL: none is needed, or from before.
ALTER TABLE "grant" ADD COLUMN consent_id uuid;

GRANT UPDATE (generation) ON identity TO authd_verifier;
GRANT SELECT (generation), UPDATE (generation) ON session TO authd_verifier;

-- As in 0019: with a wider row, plans made while the table is empty take the first column of this index, the bucket,
-- for as good as the primary key.
ALTER TABLE session DROP CONSTRAINT session_bucket_hash_key;
CREATE UNIQUE INDEX session_hash ON session (hash, bucket);
