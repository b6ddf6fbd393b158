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
SELECT item.*, plan.batch_id, plan.category, plan.presets, plan.wish FROM item JOIN plan USING (plan_id)
WHERE item_id = $1;

-- name: items_before
SELECT slot, mode, preset, capture, place FROM item
WHERE sku = $1 AND sku_version = $2 AND slot = $3
  AND round = (SELECT max(round) FROM item WHERE sku = $1 AND sku_version = $2 AND slot = $3 AND round < $4)
ORDER BY place;

-- name: wish_before
SELECT wish FROM plan WHERE sku = $1 AND sku_version = $2 AND scope = $3 AND round < $4 ORDER BY round DESC LIMIT 1;

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

-- name: cutout_wanted
SELECT EXISTS (SELECT FROM item WHERE cutout_id = $1 AND state = 'planned');

-- name: cutout_again
UPDATE cutout SET state = 'pending', refusal = NULL, made_at = NULL WHERE cutout_id = $1 AND state = 'broken';

-- name: cutout_done
UPDATE cutout SET state = $2, alpha = $3, measured = $4, findings = $5, refusal = $6, made_at = $7,
    recipe = coalesce($8, recipe)
WHERE cutout_id = $1 AND state = 'pending' RETURNING cutout_id;

-- name: presets_changes
SELECT (SELECT count(confirmed_at) + count(ended_at) FILTER (WHERE confirmed_at IS NOT NULL) FROM preset)
     + (SELECT count(*) FROM category_rule);

-- name: presets_lock
SELECT pg_advisory_xact_lock(hashtextextended('generate.presets', 0));

-- name: presets_confirmed
SELECT * FROM preset WHERE state = 'confirmed' ORDER BY name;

-- name: presets_drafts
SELECT * FROM preset WHERE state = 'draft' ORDER BY name, number;

-- name: preset_next
SELECT coalesce(max(number), 0) + 1 FROM preset WHERE name = $1;

-- name: preset_insert
INSERT INTO preset (name, number, body, copied_from, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: preset_get
SELECT * FROM preset WHERE name = $1 AND number = $2 FOR UPDATE;

-- name: preset_replaced
UPDATE preset SET state = 'replaced', ended_by = $2, ended_at = $3 WHERE name = $1 AND state = 'confirmed';

-- name: preset_confirm
UPDATE preset SET state = 'confirmed', confirmed_by = $3, confirmed_at = $4 WHERE name = $1 AND number = $2;

-- name: preset_drop
UPDATE preset SET state = 'dropped', ended_by = $3, ended_at = $4 WHERE name = $1 AND number = $2;

-- name: rules_in_force
SELECT DISTINCT ON (category) * FROM category_rule ORDER BY category, number DESC;

-- name: rule_insert
INSERT INTO category_rule (category, number, body, made_by, made_at, reason)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM category_rule WHERE category = $1;

-- name: presets_version_insert
INSERT INTO presets_version (version, sha256, document, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: presets_version_get
SELECT * FROM presets_version WHERE version = $1;

-- name: scene_insert
INSERT INTO scene (scene_id, title, image, preview, original, spot, rights_basis, rights_note, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING scene_id;

-- name: scenes
SELECT * FROM scene ORDER BY made_at, scene_id;

-- name: scene_get
SELECT * FROM scene WHERE scene_id = $1;

-- name: scene_retire
UPDATE scene SET retired_by = $2, retired_at = $3 WHERE scene_id = $1 AND retired_at IS NULL RETURNING scene_id;

-- name: choosing_insert
INSERT INTO choosing (sku, sku_version) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING sku;

-- name: choosing_get
SELECT * FROM choosing WHERE sku = $1 AND sku_version = $2;

-- name: choosing_done
UPDATE choosing SET choices = $3 WHERE sku = $1 AND sku_version = $2 AND choices IS NULL RETURNING sku;

-- name: sku_get
SELECT version, ready FROM sku WHERE sku = $1;
