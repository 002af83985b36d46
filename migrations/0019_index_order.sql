-- An index of people's tables that begins with the bucket can be taken for a look by a primary key that begins with
-- it too: a planner without statistics, on a new database, then reads a whole bucket for one row.  These
-- are found by their ids alone, which are random and unique enough; the bucket chose the partition already.
-- Nothing looks for the refresh tokens of a grant: each rotation wrote that index for nobody.
-- Writers of sessions and grants wait while the indexes are made (seconds for a million rows).
DROP INDEX session_subject, grant_session, grant_subject, refresh_grant;
CREATE INDEX session_subject ON session (subject_id);
CREATE INDEX grant_session ON "grant" (session_id);
CREATE INDEX grant_subject ON "grant" (subject_id);
