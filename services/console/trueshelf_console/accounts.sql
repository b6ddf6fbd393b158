-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('console.accounts', 0))

-- name: account
SELECT a.*, p.roles AS lent_roles, p.levels AS lent_levels, p.name AS deputy_of_name, p.closed AS lender_closed
FROM accounts a LEFT JOIN accounts p ON p.account_id = a.deputy_of
WHERE a.account_id = $1

-- name: account_by_subject
SELECT a.*, p.roles AS lent_roles, p.levels AS lent_levels
FROM accounts a LEFT JOIN accounts p ON p.account_id = a.deputy_of AND NOT p.closed
WHERE a.oidc_subject = $1

-- name: listed
SELECT
    a.*,
    p.name AS deputy_of_name,
    (SELECT count(*) FROM sessions s WHERE s.account_id = a.account_id AND s.ended_at IS NULL
        AND s.began_at > $1 AND s.seen_at > $2) AS sessions,
    (SELECT max(s.seen_at) FROM sessions s WHERE s.account_id = a.account_id) AS seen_at
FROM accounts a LEFT JOIN accounts p ON p.account_id = a.deputy_of
ORDER BY a.closed, a.kind DESC, a.name, a.login

-- name: deputies
SELECT account_id, name, roles, levels FROM accounts WHERE deputy_of = $1 AND NOT closed

-- name: possible_lenders
SELECT account_id, name, login FROM accounts WHERE NOT closed AND kind = $1 AND account_id <> $2 ORDER BY name, login

-- name: categories
SELECT DISTINCT jsonb_object_keys(levels) AS category FROM accounts WHERE levels <> '{}' ORDER BY 1

-- name: add
INSERT INTO accounts (account_id, login, name, kind, roles, levels, language, password_hash, oidc_subject, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (login) DO NOTHING

-- name: set_rights
UPDATE accounts SET roles = $2, levels = $3, version = version + 1 WHERE account_id = $1

-- name: set_deputy
UPDATE accounts SET deputy_of = $2, version = version + 1 WHERE account_id = $1

-- name: set_closed
UPDATE accounts SET closed = $2, version = version + 1 WHERE account_id = $1

-- name: set_name
UPDATE accounts SET name = $2, version = version + 1 WHERE account_id = $1

-- name: set_subject
UPDATE accounts SET oidc_subject = $2 WHERE account_id = $1

-- name: subject_taken
SELECT true FROM accounts WHERE oidc_subject = $1 AND account_id <> $2

-- name: person_admins
SELECT count(*) FROM accounts WHERE kind = 'person' AND 'admin' = ANY(roles)

-- name: other_able_admins
SELECT count(*) FROM accounts
WHERE kind = $2 AND 'admin' = ANY(roles) AND NOT closed AND account_id <> $1
  AND (password_hash IS NOT NULL OR oidc_subject IS NOT NULL)

-- name: add_link
INSERT INTO password_links (token_sha256, account_id, made_by, until) VALUES ($1, $2, $3, $4)

-- name: drop_links
DELETE FROM password_links WHERE used_at IS NULL AND (account_id = $1 OR until < $2)

-- name: drop_first_links
DELETE FROM password_links WHERE used_at IS NULL AND account_id IS NULL

-- name: link
SELECT l.*, a.login, a.name, a.closed, a.kind FROM password_links l LEFT JOIN accounts a USING (account_id)
WHERE l.token_sha256 = $1

-- name: use_link
UPDATE password_links SET used_at = $2 WHERE token_sha256 = $1 AND used_at IS NULL AND until > $2
RETURNING account_id

-- name: sessions_of
SELECT session_id, began_at, seen_at, agent FROM sessions
WHERE account_id = $1 AND ended_at IS NULL AND began_at > $2 AND seen_at > $3
ORDER BY seen_at DESC

-- name: end_one_session
UPDATE sessions SET ended_at = $3 WHERE session_id = $1 AND account_id = $2 AND ended_at IS NULL

-- name: end_other_sessions
UPDATE sessions SET ended_at = $3 WHERE account_id = $1 AND session_id <> $2 AND ended_at IS NULL

-- name: old_session
SELECT session_id, csrf, account_id, began_at, seen_at, ended_at FROM sessions WHERE token_sha256 = $1

-- name: session_login
SELECT a.login FROM sessions s JOIN accounts a USING (account_id) WHERE s.token_sha256 = $1

-- name: drop_old_sessions
DELETE FROM sessions WHERE began_at < $1

-- name: lock_try
SELECT pg_advisory_xact_lock(hashtextextended('console.login ' || $1, 0)),
       pg_advisory_xact_lock(hashtextextended('console.address ' || $2, 0))

-- name: drop_old_tries
DELETE FROM login_failures WHERE at <= $1

-- name: tries
SELECT
    array(SELECT at FROM login_failures WHERE login = $1 AND address = $2 AND at > $3 ORDER BY at) AS pair,
    array(SELECT at FROM login_failures WHERE login = $1 AND at > $3 ORDER BY at) AS login,
    array(SELECT at FROM login_failures WHERE address = $2 AND at > $3 ORDER BY at) AS address,
    (SELECT at FROM login_failures WHERE at > $3 ORDER BY at DESC OFFSET $4::int - 1 LIMIT 1) AS everywhere

-- name: add_try
INSERT INTO login_failures (login, address, at) VALUES ($1, $2, $3)

-- name: drop_tries
DELETE FROM login_failures WHERE login = $1 AND address = $2
