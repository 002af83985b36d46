-- Erasing an identity: its key and all that is sealed under it, the digests under which it was found, its credentials
-- and consents go; the row stays, closed, so that the audit still has whom it speaks of.  Erasures are numbered without
-- gaps, in the order of their commits: the same numbers as the lines of the ledger outside the database.
ALTER TABLE erasure ADD COLUMN seq bigint, ADD COLUMN noted_at timestamptz; -- noted: in a ledger
CREATE UNIQUE INDEX erasure_seq ON erasure (seq);

-- Which ledger this database goes with.  One row, or none before the first.
CREATE TABLE erasure_ledger (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id       uuid NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT ON erasure_ledger TO authd_clerk;
GRANT SELECT ON erasure_ledger TO authd_admin;
GRANT SELECT, UPDATE (noted_at) ON erasure TO authd_clerk;
GRANT DELETE ON identity_document, consent TO authd_admin;
-- What an operator may take away without being able to read it.
GRANT SELECT (bucket, identity_id), DELETE ON credential, one_time_code TO authd_admin;
