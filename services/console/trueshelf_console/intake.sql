-- name: delivery_insert
INSERT INTO deliveries (delivery_id, account_id, name, sha256, sheet, rows, photos, wrong, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (delivery_id) DO UPDATE SET created_at = excluded.created_at

-- name: deliveries_of
SELECT delivery_id, account_id, name, sha256, rows, photos, wrong, intake_id, finished_at, created_at FROM deliveries
WHERE account_id = $1 ORDER BY created_at DESC LIMIT 20

-- name: delivery
SELECT delivery_id, account_id, name, sha256, rows, photos, wrong, intake_id, finished_at, created_at FROM deliveries
WHERE delivery_id = $1 AND account_id = $2

-- name: delivery_sheet
SELECT sheet FROM deliveries WHERE delivery_id = $1

-- name: delivery_begun
UPDATE deliveries SET intake_id = $2 WHERE delivery_id = $1

-- name: delivery_finished
UPDATE deliveries SET finished_at = coalesce(finished_at, $2) WHERE delivery_id = $1

-- name: deliveries_forget
DELETE FROM deliveries WHERE created_at < $1
