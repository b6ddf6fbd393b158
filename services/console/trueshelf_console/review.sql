-- name: names_of
SELECT account_id, name FROM accounts WHERE account_id = ANY ($1::text[])

-- name: add_taken
INSERT INTO review_taken (decision_id, account_id, case_id, case_kind, kind, sku, slot, category, decided_at, undo_until,
    review_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (decision_id) DO NOTHING

-- name: set_undone
UPDATE review_taken SET undone = true WHERE decision_id = $1 AND account_id = $2

-- name: last_taken
SELECT * FROM review_taken WHERE account_id = $1 ORDER BY decided_at DESC LIMIT $2

-- name: progress
SELECT count(*) AS decided,
    coalesce(extract(epoch FROM max(decided_at) - min(decided_at)), 0)::float8 AS span_seconds,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY review_seconds), 0)::float8 AS median_seconds
FROM review_taken WHERE account_id = $1 AND decided_at >= $2 AND NOT undone
