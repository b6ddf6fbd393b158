-- name: add_mention
INSERT INTO picture_mentions (sha256, event_id, part, event_type, sku, sku_version, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING

-- name: mentions
SELECT sku, sku_version, event_type, part, event_id, occurred_at FROM picture_mentions
WHERE sha256 = $1 ORDER BY occurred_at, event_id, part LIMIT 500

-- name: add_ordered
INSERT INTO ordered_packs (pack_id, order_id, sku, marketplace, ordered_by, ordered_at, drill)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING

-- name: add_withdrawn
INSERT INTO withdrawn_packs (pack_id, reason, downloaded_by, withdrawn_at)
VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: withdrawn
SELECT reason, downloaded_by, withdrawn_at FROM withdrawn_packs WHERE pack_id = $1

-- name: newest_orders
SELECT order_id, marketplace, ordered_by, min(ordered_at) AS ordered_at, count(*) AS packs, bool_or(drill) AS drill,
    (array_agg(sku ORDER BY sku))[1:4] AS skus
FROM ordered_packs GROUP BY order_id, marketplace, ordered_by ORDER BY min(ordered_at) DESC LIMIT $1

-- name: find_skus
-- Newest versions whose name, title, category or batch fits; what may be exported comes first.
SELECT sku, title FROM progress
WHERE stage <> 'superseded'
  AND ($1::uuid IS NULL OR batch_id = $1) AND ($2::text IS NULL OR category = $2)
  AND ($3::text[] IS NULL OR lower(sku) LIKE ANY ($3) OR lower(title) LIKE ANY ($3))
ORDER BY sku = ANY ($4::text[]) DESC, stage NOT IN ('export', 'packing', 'packed', 'after'), since DESC, sku LIMIT $5

-- name: names
SELECT account_id, name, kind FROM accounts WHERE account_id = ANY ($1::text[])

-- name: people
SELECT account_id, name, kind, closed FROM accounts ORDER BY closed, name, account_id
