-- name: sku_ready
INSERT INTO sku (sku, version, ready, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (sku) DO UPDATE SET version = EXCLUDED.version, ready = EXCLUDED.ready, updated_at = EXCLUDED.updated_at
WHERE sku.version <= EXCLUDED.version RETURNING version;

-- name: sku_changed
INSERT INTO sku (sku, version, ready, updated_at) VALUES ($1, $2, NULL, $3)
ON CONFLICT (sku) DO UPDATE SET version = EXCLUDED.version, ready = NULL, updated_at = EXCLUDED.updated_at
WHERE sku.version < EXCLUDED.version;

-- name: sku_lock
SELECT version, ready FROM sku WHERE sku = $1 FOR UPDATE;

-- name: plan_insert
INSERT INTO plan (plan_id, sku, sku_version, scope, round, batch_id, category, presets, wish, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING plan_id;

-- name: plans_of_sku
SELECT * FROM plan WHERE sku = $1 ORDER BY sku_version, round, scope;

-- name: items_of_plan
SELECT * FROM item WHERE plan_id = $1 ORDER BY slot, place;

-- name: item_insert
INSERT INTO item (item_id, plan_id, variant_id, sku, sku_version, round, slot, place, mode, preset, capture, cutout_id, planned_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: item_get
SELECT item.*, plan.batch_id, plan.category, plan.presets FROM item JOIN plan USING (plan_id) WHERE item_id = $1;

-- name: items_before
SELECT slot, mode, preset, capture, place FROM item
WHERE sku = $1 AND sku_version = $2 AND slot = $3 AND round < $4
ORDER BY round DESC, place;

-- name: items_waiting
SELECT item.*, plan.batch_id, plan.category, plan.presets FROM item JOIN plan USING (plan_id)
WHERE cutout_id = $1 AND state = 'planned' ORDER BY item_id FOR UPDATE OF item;

-- name: item_removed
UPDATE item SET state = 'removed' WHERE item_id = $1 AND state = 'planned' RETURNING item_id;

-- name: item_generated
UPDATE item SET state = 'generated', master = $2, ended_at = $3
WHERE item_id = $1 AND state IN ('planned', 'removed')
  AND EXISTS (SELECT FROM sku WHERE sku.sku = item.sku AND sku.version = item.sku_version) RETURNING item_id;

-- name: item_refused
UPDATE item SET state = 'refused', refusal = $2, ended_at = $3
WHERE item_id = $1 AND state IN ('planned', 'removed')
  AND EXISTS (SELECT FROM sku WHERE sku.sku = item.sku AND sku.version = item.sku_version) RETURNING item_id;

-- name: items_end
UPDATE item SET state = 'ended', ended_at = $3
WHERE sku = $1 AND sku_version < $2 AND state IN ('planned', 'removed');

-- name: cutout_insert
INSERT INTO cutout (cutout_id, source, hints, recipe) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: cutout_lock
SELECT * FROM cutout WHERE cutout_id = $1 FOR UPDATE;

-- name: cutout_get
SELECT * FROM cutout WHERE cutout_id = $1;

-- name: cutout_again
UPDATE cutout SET state = 'pending', refusal = NULL, made_at = NULL WHERE cutout_id = $1 AND state = 'broken';

-- name: cutout_done
UPDATE cutout SET state = $2, alpha = $3, measured = $4, findings = $5, refusal = $6, made_at = $7
WHERE cutout_id = $1 AND state = 'pending' RETURNING cutout_id;
