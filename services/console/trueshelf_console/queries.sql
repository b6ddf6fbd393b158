-- name: account_by_login
SELECT a.*, p.roles AS lent_roles, p.levels AS lent_levels
FROM accounts a LEFT JOIN accounts p ON p.account_id = a.deputy_of AND NOT p.closed
WHERE a.login = $1

-- name: account_by_id
SELECT * FROM accounts WHERE account_id = $1

-- name: accounts
SELECT * FROM accounts ORDER BY closed, name, login

-- name: count_accounts
SELECT count(*) FROM accounts

-- name: add_account
INSERT INTO accounts (account_id, login, name, kind, roles, levels, language, password_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: set_password
UPDATE accounts SET password_hash = $2 WHERE account_id = $1

-- name: add_session
INSERT INTO sessions (token_sha256, session_id, account_id, csrf, began_at, seen_at, agent, authenticated_at)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7)

-- name: session
SELECT s.session_id, s.csrf, s.began_at, s.seen_at, s.authenticated_at, a.*, p.roles AS lent_roles, p.levels AS lent_levels
FROM sessions s
JOIN accounts a USING (account_id)
LEFT JOIN accounts p ON p.account_id = a.deputy_of AND NOT p.closed
WHERE s.token_sha256 = $1 AND s.ended_at IS NULL AND NOT a.closed

-- name: session_seen
UPDATE sessions SET seen_at = $2 WHERE session_id = $1

-- name: authenticated
UPDATE sessions SET authenticated_at = $2 WHERE session_id = $1 AND ended_at IS NULL

-- name: end_session
UPDATE sessions SET ended_at = $2 WHERE session_id = $1 AND ended_at IS NULL

-- name: end_sessions_of
UPDATE sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL

-- name: set_language
UPDATE accounts SET language = $2 WHERE account_id = $1
