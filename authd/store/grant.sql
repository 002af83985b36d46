-- Grants, codes, refresh tokens, consents.
--
-- Whether a grant stands is judged where it is used: not revoked, its subject active, and, unless it is
-- offline, its session not ended; a session that a new password ended, or that is of a generation before the person's,
-- takes the offline ones along.  So a session that ends while a grant is being written takes it along.
-- Locks are taken in the order login, session, grant, consent, code, refresh.
--
-- A consent withdrawn while a grant that rests on it is being written: neither statement may see the other.  So the
-- code is not found good once the consent is withdrawn, and what was redeemed before that, consent_withdrawn finds.
--
-- Reads join by LATERAL … OFFSET 0: joined plainly, a planner without statistics (new tables, plans are
-- generic) looks through a whole bucket for each of them; so each is one look at a primary key.
-- Those that take arrays and answer ordinals are asked by many tasks at once (store/find.h).
-- What is only written is taken from its array by subscript where it is written: a column that goes through
-- unnest, sort, join and CTE is copied at each step.

-- name: grant_create
-- roles: web
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::uuid[], $19::uuid[], $20::uuid[], $21::text[],
                         $22::uuid[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[],
                         $28::text[], $29::boolean[], $30::bytea[], $31::timestamptz[],
                         $32::timestamptz[], $33::bytea[], $34::text[], $35::text[], $36::bytea[],
                         $37::timestamptz[], $38::text[], $39::text[], $40::smallint[], $41::uuid[],
                         $42::text[], $43::uuid[])
        WITH ORDINALITY
        AS i (bucket, id, subject_id, actor_id, mandate_id, client_id, session_id, sid, scope, claims, cnf,
              authorization_details, resource, offline, proof, auth_time, expires_at, code_hash,
              redirect_uri, code_challenge, code_proof, code_expires_at, consent_scope, consent_claims,
              login_bucket, login_id, consent_declined, consent_id, n)
), logins AS MATERIALIZED (
    SELECT i.n, l.bucket, l.id
    FROM input i
    JOIN login l ON l.bucket = i.login_bucket AND l.id = i.login_id
    WHERE l.state IN ('login', 'select', 'consent') AND l.expires_at > now()
    ORDER BY l.bucket, l.id
    FOR UPDATE OF l
), finished AS (
    UPDATE login l SET state = 'done'
    FROM logins x
    WHERE l.bucket = x.bucket AND l.id = x.id
    RETURNING x.n
), done AS MATERIALIZED (
    SELECT i.*
    FROM input i
    LEFT JOIN finished f ON f.n = i.n
    LEFT JOIN LATERAL (SELECT c.withdrawn_at IS NULL AS stands FROM consent c
                       WHERE c.bucket = i.bucket AND c.id = i.consent_id OFFSET 0) c ON true
    WHERE (i.login_id IS NULL OR f.n IS NOT NULL) AND (i.consent_id IS NULL OR c.stands)
), consented AS (
    INSERT INTO consent AS c (bucket, subject_id, actor_id, mandate_id, client_id, scope, claims, declined)
    SELECT bucket, subject_id, actor_id, mandate_id, client_id, consent_scope,
           coalesce(consent_claims::jsonb, '[]'), consent_declined::jsonb
    FROM done
    WHERE consent_scope IS NOT NULL
    ORDER BY bucket, subject_id, actor_id, client_id
    ON CONFLICT (bucket, subject_id, actor_id, client_id) WHERE withdrawn_at IS NULL DO UPDATE
    SET mandate_id = excluded.mandate_id, scope = excluded.scope, claims = excluded.claims,
        declined = excluded.declined, given_at = now()
    RETURNING c.bucket, c.subject_id, c.actor_id, c.client_id, c.id
), granted AS (
    INSERT INTO "grant" (bucket, id, subject_id, actor_id, mandate_id, client_id, session_id, sid, scope,
                         claims, cnf, authorization_details, resource, offline, proof, auth_time,
                         expires_at, consent_id)
    SELECT d.bucket, d.id, d.subject_id, d.actor_id, d.mandate_id, d.client_id, d.session_id, d.sid, d.scope,
           d.claims::jsonb, d.cnf::jsonb, d.authorization_details::jsonb,
           coalesce(string_to_array(nullif(d.resource, ''), ' '), '{}'), d.offline, d.proof, d.auth_time,
           d.expires_at, coalesce(d.consent_id, c.id)
    FROM done d
    LEFT JOIN consented c ON d.consent_scope IS NOT NULL AND c.bucket = d.bucket AND c.subject_id = d.subject_id
                         AND c.actor_id = d.actor_id AND c.client_id = d.client_id
), coded AS (
    INSERT INTO code (bucket, hash, grant_id, client_id, redirect_uri, code_challenge, proof, expires_at)
    SELECT bucket, code_hash, id, client_id, redirect_uri, code_challenge, code_proof, code_expires_at
    FROM done
), agreed AS (
    INSERT INTO audit (bucket, event, subject_id, actor_id, mandate_id, client_id, session_id, grant_id,
                       detail, request_id)
    SELECT bucket, 'consent.given', subject_id, actor_id, mandate_id, client_id, session_id, id,
           jsonb_build_object('scope', consent_scope, 'claims', coalesce(consent_claims::jsonb, '[]'),
                              'declined', coalesce(consent_declined::jsonb, '[]')),
           ($15::uuid[])[n]
    FROM done
    WHERE consent_scope IS NOT NULL
), :audit(done)
SELECT n FROM done

-- The same where no login is to be ended and nothing new was agreed to: the person was there and had agreed before.
-- name: grant_create_remembered
-- roles: web
-- kind: write-sync
WITH done AS MATERIALIZED (
    SELECT i.n
    FROM unnest($16::smallint[], $38::uuid[]) WITH ORDINALITY AS i (bucket, consent_id, n)
    LEFT JOIN LATERAL (SELECT c.withdrawn_at IS NULL AS stands FROM consent c
                       WHERE c.bucket = i.bucket AND c.id = i.consent_id OFFSET 0) c ON true
    WHERE i.consent_id IS NULL OR c.stands
), granted AS (
    INSERT INTO "grant" (bucket, id, subject_id, actor_id, mandate_id, client_id, session_id, sid, scope,
                         claims, cnf, authorization_details, resource, offline, proof, auth_time,
                         expires_at, consent_id)
    SELECT ($16::smallint[])[n], ($17::uuid[])[n], ($18::uuid[])[n], ($19::uuid[])[n], ($20::uuid[])[n],
           ($21::text[])[n], ($22::uuid[])[n], ($23::text[])[n], ($24::text[])[n], ($25::text[])[n]::jsonb,
           ($26::text[])[n]::jsonb, ($27::text[])[n]::jsonb,
           coalesce(string_to_array(nullif(($28::text[])[n], ''), ' '), '{}'), ($29::boolean[])[n],
           ($30::bytea[])[n], ($31::timestamptz[])[n], ($32::timestamptz[])[n], ($38::uuid[])[n]
    FROM done
), coded AS (
    INSERT INTO code (bucket, hash, grant_id, client_id, redirect_uri, code_challenge, proof, expires_at)
    SELECT ($16::smallint[])[n], ($33::bytea[])[n], ($17::uuid[])[n], ($21::text[])[n], ($34::text[])[n],
           ($35::text[])[n], ($36::bytea[])[n], ($37::timestamptz[])[n]
    FROM done
), :audit(done)
SELECT n FROM done

-- name: code_find
-- roles: web
-- kind: read
SELECT i.n, c.hash, c.client_id, c.redirect_uri, c.code_challenge, c.proof, c.expires_at, c.used_at,
       g.bucket, g.id, g.subject_id, g.actor_id, g.mandate_id, g.session_id, g.client_id, g.sid, g.scope,
       g.claims::text, g.cnf::text, g.authorization_details::text, array_to_string(g.resource, ' '),
       g.offline, g.proof, g.auth_time, g.created_at, g.expires_at,
       coalesce(g.revoked_at, CASE WHEN s.generation <> p.generation OR k.withdrawn_at IS NOT NULL THEN now()
                                   WHEN NOT g.offline OR s.end_reason = 'new password' THEN s.ended_at END),
       p.state,
       c.expires_at <= now()
FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS i (bucket, hash, n)
JOIN LATERAL (SELECT * FROM code c WHERE c.bucket = i.bucket AND c.hash = i.hash OFFSET 0) c ON true
JOIN LATERAL (SELECT * FROM "grant" g WHERE g.bucket = i.bucket AND g.id = c.grant_id OFFSET 0) g ON true
JOIN LATERAL (SELECT state, generation FROM identity p WHERE p.bucket = i.bucket AND p.id = g.subject_id
              OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT ended_at, end_reason, generation FROM session s
                   WHERE s.bucket = i.bucket AND s.id = g.session_id OFFSET 0) s ON true
LEFT JOIN LATERAL (SELECT k.withdrawn_at FROM consent k
                   WHERE k.bucket = i.bucket AND k.id = g.consent_id OFFSET 0) k ON true

-- The code's own lock decides who was first; its grant never changes, the caller knows it already.
-- name: code_redeem
-- roles: web
-- kind: write-sync
WITH done AS (
    UPDATE code c SET used_at = now()
    FROM (SELECT u.*
          FROM (SELECT * FROM unnest($16::smallint[], $17::bytea[], $18::uuid[]) WITH ORDINALITY
                    AS u (bucket, hash, grant_id, n)
                ORDER BY bucket, hash) u
          JOIN LATERAL (SELECT g.subject_id, g.session_id, g.offline, g.consent_id FROM "grant" g
                        WHERE g.bucket = u.bucket AND g.id = u.grant_id AND g.revoked_at IS NULL
                        OFFSET 0) g ON true
          JOIN LATERAL (SELECT p.generation FROM identity p
                        WHERE p.bucket = u.bucket AND p.id = g.subject_id AND p.state = 'active'
                        OFFSET 0) p ON true
          LEFT JOIN LATERAL (SELECT s.ended_at, s.end_reason, s.generation FROM session s
                             WHERE s.bucket = u.bucket AND s.id = g.session_id OFFSET 0) s ON true
          LEFT JOIN LATERAL (SELECT k.withdrawn_at FROM consent k
                             WHERE k.bucket = u.bucket AND k.id = g.consent_id OFFSET 0) k ON true
          WHERE coalesce(s.generation = p.generation, true) AND k.withdrawn_at IS NULL
            AND (s.ended_at IS NULL OR (g.offline AND s.end_reason <> 'new password'))
          OFFSET 0) i
    WHERE c.bucket = i.bucket AND c.hash = i.hash AND c.grant_id = i.grant_id
      AND c.used_at IS NULL AND c.expires_at > now()
    RETURNING i.n, c.client_id
), refreshed AS (
    INSERT INTO refresh (bucket, hash, grant_id, client_id, proof, cnf, expires_at)
    SELECT ($16::smallint[])[n], ($19::bytea[])[n], ($18::uuid[])[n], client_id, ($20::bytea[])[n],
           ($21::text[])[n]::jsonb, ($22::timestamptz[])[n]
    FROM done
    WHERE ($19::bytea[])[n] IS NOT NULL
), :audit(done)
SELECT n FROM done

-- Superseded is also a token whose sibling has been used: only one successor of a token may live on.
-- name: refresh_find
-- roles: web
-- kind: read
SELECT i.n, r.hash, r.client_id, r.proof, r.cnf::text, r.created_at, r.expires_at, r.used_at,
       coalesce(r.superseded_at, CASE WHEN b.successor <> r.hash THEN b.superseded_at END),
       r.predecessor,
       g.bucket, g.id, g.subject_id, g.actor_id, g.mandate_id, g.session_id, g.client_id, g.sid, g.scope,
       g.claims::text, g.cnf::text, g.authorization_details::text, array_to_string(g.resource, ' '),
       g.offline, g.proof, g.auth_time, g.created_at, g.expires_at,
       coalesce(g.revoked_at, CASE WHEN s.generation <> p.generation THEN now()
                                   WHEN NOT g.offline OR s.end_reason = 'new password' THEN s.ended_at END),
       p.state,
       r.expires_at <= now()
FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS i (bucket, hash, n)
JOIN LATERAL (SELECT * FROM refresh r WHERE r.bucket = i.bucket AND r.hash = i.hash OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT successor, superseded_at FROM refresh b
                   WHERE b.bucket = i.bucket AND b.hash = r.predecessor OFFSET 0) b ON true
JOIN LATERAL (SELECT * FROM "grant" g WHERE g.bucket = i.bucket AND g.id = r.grant_id OFFSET 0) g ON true
JOIN LATERAL (SELECT state, generation FROM identity p WHERE p.bucket = i.bucket AND p.id = g.subject_id
              OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT ended_at, end_reason, generation FROM session s
                   WHERE s.bucket = i.bucket AND s.id = g.session_id OFFSET 0) s ON true

-- The token and its predecessor are locked, and the verdict is taken from what the locks show:
--  * unused, or used at most grace_s ago and no successor of it used yet (superseded_at);
--  * no sibling has been used: its predecessor names the successor that was, and it must be this one.
-- Without a successor the token stays: the same verdict, and it is not marked as used.
-- Families are locked in key order, and inside a family always the younger token first: no two statements
-- can wait for each other.  Each look is LATERAL, so the effort grows with the rows of a batch, not faster.
-- Neither predecessor nor grant (family) of a token ever changes: the caller knows them already.
-- name: refresh_rotate
-- roles: web
-- kind: write-sync
WITH done AS MATERIALIZED (
    SELECT i.n, g.client_id, ($18::bytea[])[i.n] IS NOT NULL AND b.superseded_at IS NULL AS supersedes
    FROM (SELECT * FROM unnest($16::smallint[], $17::bytea[], $19::uuid[]) WITH ORDINALITY
              AS u (bucket, hash, family, n)
          ORDER BY bucket, family) i
    JOIN LATERAL (SELECT r.grant_id, r.predecessor, r.expires_at, r.used_at, r.superseded_at FROM refresh r
                  WHERE r.bucket = i.bucket AND r.hash = i.hash FOR UPDATE) r ON true
    LEFT JOIN LATERAL (SELECT b.superseded_at, b.successor FROM refresh b
                       WHERE b.bucket = i.bucket AND b.hash = ($18::bytea[])[i.n] FOR UPDATE) b ON true
    JOIN LATERAL (SELECT g.client_id, g.subject_id, g.session_id, g.offline, g.revoked_at FROM "grant" g
                  WHERE g.bucket = i.bucket AND g.id = i.family OFFSET 0) g ON true
    JOIN LATERAL (SELECT p.state, p.generation FROM identity p WHERE p.bucket = i.bucket AND p.id = g.subject_id
                  OFFSET 0) p ON true
    LEFT JOIN LATERAL (SELECT s.ended_at, s.end_reason, s.generation FROM session s
                       WHERE s.bucket = i.bucket AND s.id = g.session_id OFFSET 0) s ON true
    WHERE r.grant_id = i.family AND r.predecessor IS NOT DISTINCT FROM ($18::bytea[])[i.n]
      AND r.expires_at > now() AND r.superseded_at IS NULL
      AND (r.used_at IS NULL OR r.used_at > now() - make_interval(secs => ($24::bigint[])[i.n]))
      AND (b.superseded_at IS NULL OR b.successor = i.hash)
      AND g.revoked_at IS NULL AND p.state = 'active'
      AND coalesce(s.generation = p.generation, true)
      AND (s.ended_at IS NULL OR (g.offline AND s.end_reason <> 'new password'))
), used AS (
    UPDATE refresh r SET used_at = coalesce(r.used_at, now())
    FROM done d
    WHERE r.bucket = ($16::smallint[])[d.n] AND r.hash = ($17::bytea[])[d.n]
      AND ($20::bytea[])[d.n] IS NOT NULL
), superseded AS (
    UPDATE refresh r SET superseded_at = now(), successor = ($17::bytea[])[d.n]
    FROM done d
    WHERE d.supersedes AND r.bucket = ($16::smallint[])[d.n] AND r.hash = ($18::bytea[])[d.n]
), issued AS (
    INSERT INTO refresh (bucket, hash, grant_id, client_id, predecessor, proof, cnf, expires_at)
    SELECT ($16::smallint[])[n], ($20::bytea[])[n], ($19::uuid[])[n], client_id, ($17::bytea[])[n],
           ($21::bytea[])[n], ($22::text[])[n]::jsonb, ($23::timestamptz[])[n]
    FROM done
    WHERE ($20::bytea[])[n] IS NOT NULL
), :audit(done)
SELECT n FROM done

-- Codes and refresh tokens are judged by their grant, so revoking it is enough.
-- name: grant_revoke
-- roles: web admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[]) WITH ORDINALITY
        AS i (bucket, id, reason, n)
), locked AS MATERIALIZED (
    SELECT i.*
    FROM input i
    JOIN "grant" g ON g.bucket = i.bucket AND g.id = i.id
    WHERE g.revoked_at IS NULL
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), done AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = l.reason
    FROM locked l
    WHERE g.bucket = l.bucket AND g.id = l.id
    RETURNING l.n
), :audit(done)
SELECT n FROM done

-- name: grant_find
-- roles: web
-- kind: read
SELECT i.n, g.bucket, g.id, g.subject_id, g.actor_id, g.mandate_id, g.session_id, g.client_id, g.sid, g.scope,
       g.claims::text, g.cnf::text, g.authorization_details::text, array_to_string(g.resource, ' '),
       g.offline, g.proof, g.auth_time, g.created_at, g.expires_at,
       coalesce(g.revoked_at, CASE WHEN s.generation <> p.generation THEN now()
                                   WHEN NOT g.offline OR s.end_reason = 'new password' THEN s.ended_at END),
       p.state
FROM unnest($1::smallint[], $2::uuid[]) WITH ORDINALITY AS i (bucket, id, n)
JOIN LATERAL (SELECT * FROM "grant" g WHERE g.bucket = i.bucket AND g.id = i.id OFFSET 0) g ON true
JOIN LATERAL (SELECT state, generation FROM identity p WHERE p.bucket = i.bucket AND p.id = g.subject_id
              OFFSET 0) p ON true
LEFT JOIN LATERAL (SELECT ended_at, end_reason, generation FROM session s
                   WHERE s.bucket = i.bucket AND s.id = g.session_id OFFSET 0) s ON true

-- name: grant_documents
-- roles: web
-- kind: read
SELECT DISTINCT ON (d.kind) d.identity_id, d.kind, d.version, d.sealed, k.wrapped, d.bucket,
       k.bucket_key_version, b.wrapped
FROM "grant" g
JOIN identity_document d ON d.bucket = g.bucket AND d.identity_id = g.subject_id
JOIN identity_key k ON k.bucket = d.bucket AND k.identity_id = d.identity_id
JOIN bucket_key b ON b.bucket = k.bucket AND b.version = k.bucket_key_version
WHERE g.bucket = $1::smallint AND g.id = $2::uuid
ORDER BY d.kind, d.version DESC

-- name: documents_find
-- roles: web admin
-- kind: read
SELECT DISTINCT ON (d.kind) d.identity_id, d.kind, d.version, d.sealed, k.wrapped, d.bucket,
       k.bucket_key_version, b.wrapped
FROM identity_document d
JOIN identity_key k ON k.bucket = d.bucket AND k.identity_id = d.identity_id
JOIN bucket_key b ON b.bucket = k.bucket AND b.version = k.bucket_key_version
WHERE d.bucket = $1::smallint AND d.identity_id = $2::uuid
ORDER BY d.kind, d.version DESC

-- name: consent_find
-- roles: web
-- kind: read
SELECT i.n, c.id, c.scope, c.claims::text, c.declined::text
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[]) WITH ORDINALITY
    AS i (bucket, subject_id, actor_id, client_id, n)
JOIN LATERAL (SELECT id, scope, claims, declined FROM consent c
              WHERE c.bucket = i.bucket AND c.subject_id = i.subject_id AND c.actor_id = i.actor_id
                AND c.client_id = i.client_id AND c.withdrawn_at IS NULL OFFSET 0) c ON true

-- name: consent_list
-- roles: web admin
-- kind: read
SELECT client_id, scope, claims::text, given_at
FROM consent
WHERE bucket = $1::smallint AND subject_id = $2::uuid AND withdrawn_at IS NULL
ORDER BY given_at DESC, client_id

-- What was agreed to is no longer: the grants that rest on it end as well, and the service is told to
-- end the sessions it opened with them.
-- name: consent_withdraw
-- roles: web admin
-- kind: write-sync
WITH input AS (
    SELECT * FROM unnest($16::smallint[], $17::uuid[], $18::text[]) WITH ORDINALITY
        AS i (bucket, subject_id, client_id, n)
), grants AS MATERIALIZED (
    SELECT g.bucket, g.id
    FROM input i
    JOIN "grant" g ON g.bucket = i.bucket AND g.subject_id = i.subject_id
    WHERE g.client_id = i.client_id AND g.revoked_at IS NULL
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), revoked AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = 'consent withdrawn'
    FROM grants x
    WHERE g.bucket = x.bucket AND g.id = x.id
    RETURNING g.id
), consents AS MATERIALIZED (
    SELECT i.n, c.bucket, c.id
    FROM input i
    JOIN consent c ON c.bucket = i.bucket AND c.subject_id = i.subject_id
    WHERE c.client_id = i.client_id AND c.withdrawn_at IS NULL
      AND (SELECT count(*) FROM revoked) >= 0 -- grants first
    ORDER BY c.bucket, c.subject_id, c.actor_id, c.client_id
    FOR UPDATE OF c
), withdrawn AS (
    UPDATE consent c SET withdrawn_at = now()
    FROM consents x
    WHERE c.bucket = x.bucket AND c.id = x.id
    RETURNING x.n
), done AS MATERIALIZED (
    SELECT DISTINCT n FROM withdrawn
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT ON (g.bucket, g.session_id)
           g.bucket, g.client_id, 'backchannel_logout', g.subject_id, g.actor_id, g.mandate_id,
           g.session_id, jsonb_build_object('reason', 'consent withdrawn')
    FROM done d
    JOIN input i ON i.n = d.n
    JOIN "grant" g ON g.bucket = i.bucket AND g.subject_id = i.subject_id
    JOIN client c ON c.id = g.client_id
    LEFT JOIN session s ON s.bucket = g.bucket AND s.id = g.session_id
    WHERE g.client_id = i.client_id AND c.metadata ->> 'backchannel_logout_uri' <> ''
      AND (s.ended_at IS NULL OR g.revoked_at IS NULL)
    ORDER BY g.bucket, g.session_id
), :audit(done)
SELECT n FROM done

-- The second look, once the withdrawal is committed: at what was written and used while it was.
-- name: consent_withdrawn
-- roles: web admin
-- kind: write-sync
-- batch: no
WITH grants AS MATERIALIZED (
    SELECT g.bucket, g.id
    FROM "grant" g
    JOIN consent c ON c.bucket = g.bucket AND c.id = g.consent_id
    WHERE g.bucket = $1::smallint AND g.subject_id = $2::uuid AND g.client_id = $3::text
      AND g.revoked_at IS NULL AND c.withdrawn_at IS NOT NULL
    ORDER BY g.bucket, g.id
    FOR UPDATE OF g
), revoked AS (
    UPDATE "grant" g SET revoked_at = now(), revoke_reason = 'consent withdrawn'
    FROM grants x
    WHERE g.bucket = x.bucket AND g.id = x.id
    RETURNING g.bucket, g.client_id, g.session_id, g.subject_id, g.actor_id, g.mandate_id
), told AS (
    INSERT INTO outbox (bucket, recipient, kind, subject_id, actor_id, mandate_id, session_id, payload)
    SELECT DISTINCT ON (x.bucket, x.session_id)
           x.bucket, x.client_id, 'backchannel_logout', x.subject_id, x.actor_id, x.mandate_id,
           x.session_id, jsonb_build_object('reason', 'consent withdrawn')
    FROM revoked x
    JOIN client c ON c.id = x.client_id
    WHERE c.metadata ->> 'backchannel_logout_uri' <> ''
    ORDER BY x.bucket, x.session_id
)
SELECT count(*) FROM revoked
