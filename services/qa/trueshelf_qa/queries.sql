-- name: subject_insert
INSERT INTO subject (subject_id, kind, sku, sku_version, event, state, received_at, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subject_id) DO NOTHING RETURNING subject_id;

-- name: subject_get
SELECT * FROM subject WHERE subject_id = $1;

-- name: subject_lock
SELECT * FROM subject WHERE subject_id = $1 FOR UPDATE;

-- name: subject_checked
UPDATE subject SET state = 'checked', verdict = $2, report = $3, finished_at = $4
WHERE subject_id = $1 AND state = 'pending';

-- name: subject_ended
UPDATE subject SET state = 'ended', finished_at = $2 WHERE subject_id = $1 AND state = 'pending';

-- name: subjects_end_older
UPDATE subject SET state = 'ended', finished_at = $3 WHERE sku = $1 AND sku_version < $2 AND state = 'pending';

-- name: version_raise
INSERT INTO sku_version (sku, version) VALUES ($1, $2)
ON CONFLICT (sku) DO UPDATE SET version = greatest(sku_version.version, excluded.version);

-- name: version_of
SELECT version FROM sku_version WHERE sku = $1;

-- name: thresholds_publish
INSERT INTO thresholds_published (version, sha256, published_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING version;

-- name: card_keep
INSERT INTO sku_card (sku, version, title, description, kit) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sku) DO UPDATE SET version = excluded.version, title = excluded.title,
    description = excluded.description, kit = excluded.kit
WHERE sku_card.version <= excluded.version;

-- name: card_get
SELECT title, description, kit FROM sku_card WHERE sku = $1 AND version = $2;
