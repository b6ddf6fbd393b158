-- name: intake_insert
INSERT INTO intake (intake_id, owner, reference, note, correlation_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (intake_id) DO NOTHING;

-- name: intake_lock
SELECT * FROM intake WHERE intake_id = $1 FOR UPDATE;

-- name: intake_get
SELECT * FROM intake WHERE intake_id = $1;

-- name: intake_set_state
UPDATE intake SET state = $2, completed_at = coalesce(completed_at, $3) WHERE intake_id = $1;

-- name: intake_skus
SELECT sku, version, state, category FROM sku WHERE intake_id = $1 ORDER BY sku;

-- name: intake_skus_to_declare
SELECT sku FROM sku WHERE intake_id = $1 AND NOT declared AND state = 'collecting' ORDER BY sku;

-- name: intake_captures
SELECT * FROM capture WHERE intake_id = $1 ORDER BY sku, shot, capture_id;

-- name: intake_counts
SELECT count(*) FILTER (WHERE state = 'received') AS received, count(*) FILTER (WHERE state = 'accepted') AS accepted,
    count(*) FILTER (WHERE state = 'refused') AS refused,
    count(*) FILTER (WHERE state = 'accepted' AND findings @> '[{"severity": "warn"}]') AS warned
FROM capture WHERE intake_id = $1;

-- name: intake_refused
SELECT * FROM capture WHERE intake_id = $1 AND state = 'refused' ORDER BY sku, shot, capture_id LIMIT $2;

-- name: intake_sku_counts
SELECT count(*) AS skus, count(*) FILTER (WHERE state = 'ready') AS ready FROM sku WHERE intake_id = $1;

-- name: intake_collecting
SELECT sku FROM sku WHERE intake_id = $1 AND state <> 'ready' ORDER BY sku LIMIT $2;

-- name: intake_pending
SELECT count(*) FROM capture WHERE intake_id = $1 AND state = 'received';

-- name: intake_open_batches
SELECT DISTINCT b.batch_id FROM batch b JOIN batch_member m USING (batch_id)
WHERE m.intake_id = $1 AND b.state = 'open' ORDER BY b.batch_id;

-- name: sku_insert
INSERT INTO sku (sku, category, kit, title, description, waived, intake_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (sku) DO NOTHING;

-- name: sku_lock
SELECT * FROM sku WHERE sku = $1 FOR UPDATE;

-- name: sku_get
SELECT * FROM sku WHERE sku = $1;

-- name: sku_list
SELECT * FROM sku WHERE ($1::text IS NULL OR state = $1) AND sku > $2 ORDER BY sku LIMIT $3;

-- name: sku_update_card
UPDATE sku SET category = $2, kit = $3, title = $4, description = $5, waived = $6, intake_id = $7, updated_at = $8
WHERE sku = $1;

-- name: sku_reword
UPDATE sku SET title = coalesce($2, title), description = coalesce($3, description) WHERE sku = $1;

-- name: sku_declare
UPDATE sku SET declared = true, updated_at = $2 WHERE sku = $1;

-- name: sku_set_ready
UPDATE sku SET state = 'ready', updated_at = $3 WHERE sku = $1 AND version = $2 AND state = 'collecting';

-- name: sku_next_version
UPDATE sku SET version = version + 1, state = 'collecting', declared = $2, intake_id = $3, updated_at = $4
WHERE sku = $1 RETURNING version;

-- name: sku_captures
SELECT c.* FROM capture c JOIN sku_capture l USING (capture_id)
WHERE l.sku = $1 AND l.sku_version = $2 ORDER BY c.shot, c.received_at, c.capture_id;

-- name: sku_changes
SELECT * FROM sku_change WHERE sku = $1 ORDER BY sku_version;

-- name: change_insert
INSERT INTO sku_change (change_id, sku, sku_version, reason, changed, actor, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: change_get
SELECT * FROM sku_change WHERE change_id = $1;

-- name: capture_insert
INSERT INTO capture (capture_id, sku, shot, intake_id, declared_format, original, original_sha256, source_type,
    rights_basis, rights_reference, warehouse_batch, colour_note, actor, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (capture_id) DO NOTHING;

-- name: capture_link
INSERT INTO sku_capture (sku, sku_version, capture_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: capture_carry_over
INSERT INTO sku_capture (sku, sku_version, capture_id)
SELECT l.sku, $2::int, l.capture_id FROM sku_capture l JOIN capture c USING (capture_id)
WHERE l.sku = $1 AND l.sku_version = $2::int - 1 AND c.state = 'accepted' AND NOT c.shot = ANY($3::text[])
ON CONFLICT DO NOTHING;

-- name: capture_get
SELECT * FROM capture WHERE capture_id = $1;

-- name: capture_lock
SELECT * FROM capture WHERE capture_id = $1 FOR UPDATE;

-- name: capture_versions
SELECT sku_version FROM sku_capture WHERE capture_id = $1 ORDER BY sku_version DESC;

-- name: capture_accept
UPDATE capture SET state = 'accepted', source = $2, preview = $3, findings = $4, decided_at = $5
WHERE capture_id = $1 AND state = 'received';

-- name: capture_refuse
UPDATE capture SET state = 'refused', findings = $2, decided_at = $3 WHERE capture_id = $1 AND state = 'received';

-- name: batch_category_lock
SELECT pg_advisory_xact_lock(hashtextextended('ingest.batch.' || $1, 0));

-- name: batch_open_of
SELECT b.*, (SELECT count(*) FROM batch_member m WHERE m.batch_id = b.batch_id) AS members
FROM batch b WHERE b.category = $1 AND b.state = 'open' FOR UPDATE OF b;

-- name: batch_insert
INSERT INTO batch (batch_id, category, size_limit, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: batch_add
INSERT INTO batch_member (sku, sku_version, batch_id, intake_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: batch_lock
SELECT * FROM batch WHERE batch_id = $1 FOR UPDATE;

-- name: batch_get
SELECT * FROM batch WHERE batch_id = $1;

-- name: batch_list
SELECT b.*, (SELECT count(*) FROM batch_member m WHERE m.batch_id = b.batch_id) AS members
FROM batch b ORDER BY opened_at DESC, batch_id LIMIT $1;

-- name: batch_members
SELECT sku, sku_version FROM batch_member WHERE batch_id = $1 ORDER BY sku, sku_version;

-- name: batch_seal
UPDATE batch SET state = 'sealed', sealed_at = $2, reason = $3 WHERE batch_id = $1 AND state = 'open';

-- name: batch_aged
SELECT batch_id FROM batch WHERE state = 'open' AND opened_at < $1 ORDER BY opened_at;

-- name: reshoot_insert
INSERT INTO reshoot (case_id, sku, sku_version, shots, actor, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (case_id) DO NOTHING;

-- name: reshoot_open
SELECT * FROM reshoot WHERE sku = $1 AND state = 'open' ORDER BY asked_at, case_id;

-- name: reshoots
-- Open wishes, and of begun ones the shots that the version collecting now still lacks.
SELECT s.sku, s.title, s.category, min(r.asked_at) AS asked_at, array_agg(DISTINCT wanted) AS shots
FROM reshoot r JOIN sku s USING (sku) CROSS JOIN unnest(r.shots) AS wanted
WHERE r.state = 'open' OR (
    r.state = 'begun' AND s.state = 'collecting' AND s.version = r.sku_version + 1 AND NOT EXISTS (
        SELECT FROM sku_capture l JOIN capture c USING (capture_id)
        WHERE l.sku = s.sku AND l.sku_version = s.version AND c.shot = wanted AND c.state <> 'refused'
    )
)
GROUP BY s.sku ORDER BY asked_at, s.sku LIMIT $1;

-- name: reshoot_close
UPDATE reshoot SET state = $2 WHERE sku = $1 AND state = 'open';

-- name: counts
SELECT 'sku' AS kind, state, count(*) AS n FROM sku GROUP BY state
UNION ALL SELECT 'capture', state, count(*) FROM capture GROUP BY state
UNION ALL SELECT 'batch', state, count(*) FROM batch GROUP BY state
UNION ALL SELECT 'intake', state, count(*) FROM intake GROUP BY state;
