-- The person locks the own account and sees what was done with it: a verifier does it for who brings
-- the session's proof, the cookie's secret and, to lock, the present password.

-- Locking only: the verifier's role can't unlock, or change anything else of an identity.
CREATE FUNCTION identity_lock_own(of_bucket smallint, of_identity uuid, by_request uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = authd, pg_temp AS $$
DECLARE
    level smallint;
BEGIN
    UPDATE identity SET state = 'locked', state_changed_at = now()
    WHERE bucket = of_bucket AND id = of_identity AND state = 'active' AND kind = 'person'
    RETURNING account_level INTO level;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO identity_change (bucket, identity_id, from_state, to_state, account_level, actor, legal_ground,
                                 request_id)
    VALUES (of_bucket, of_identity, 'active', 'locked', level, 'the person', 'own request', by_request);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION identity_lock_own(smallint, uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity_lock_own(smallint, uuid, uuid) TO authd_verifier;
GRANT SELECT (bucket, at, subject_id, event, outcome, client_id) ON audit TO authd_verifier;

-- A web process asks only whether an entry was committed.
REVOKE SELECT ON audit FROM authd_web;
GRANT SELECT (id, request_id) ON audit TO authd_web;
