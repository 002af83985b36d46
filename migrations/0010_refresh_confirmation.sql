-- What a refresh token is bound to (RFC 9449 section 5), as keys/signer/confirmation.h writes it; NULL: nothing.
-- The grant's own cnf is that of the code it began with (dpop_jkt).
ALTER TABLE refresh ADD COLUMN cnf jsonb;
