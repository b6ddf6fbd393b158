-- name: raise_sku
-- Locks the SKU; the version only ever rises.
INSERT INTO skus (sku, version) VALUES ($1, $2)
ON CONFLICT (sku) DO UPDATE SET version = greatest(skus.version, excluded.version)
RETURNING version

-- name: lock_sku
SELECT version FROM skus WHERE sku = $1 FOR UPDATE

-- name: sku_version
SELECT version FROM skus WHERE sku = $1

-- name: add_approval
INSERT INTO approvals (approval_id, sku, sku_version, variant_id, slot, category, mode, generative, title, kit, source,
                       master, approver, drill, decided_at, correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT DO NOTHING

-- name: add_withdrawal
INSERT INTO withdrawals (approval_id, sku, sku_version, cause) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: hold
INSERT INTO holds (sku, sku_version, batch_id, held_at, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sku, sku_version, batch_id) DO UPDATE
SET held_at = greatest(holds.held_at, excluded.held_at),
    reason = CASE WHEN holds.held_at IS NULL OR excluded.held_at > holds.held_at
                  THEN excluded.reason ELSE holds.reason END

-- name: free
INSERT INTO holds (sku, sku_version, batch_id, freed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (sku, sku_version, batch_id) DO UPDATE SET freed_at = greatest(holds.freed_at, excluded.freed_at)

-- name: add_spot_check
INSERT INTO spot_checks (event_id, sku, sku_version, approvals, drill) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- name: standing_approvals
SELECT a.approval_id, a.variant_id, a.slot, a.mode, a.generative, a.master, a.drill
FROM approvals a
WHERE a.sku = $1 AND a.sku_version = $2
  AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.approval_id = a.approval_id)
ORDER BY a.slot, a.decided_at

-- name: correlation_of
SELECT correlation_id FROM approvals WHERE sku = $1 AND sku_version = $2 ORDER BY slot <> 'main', decided_at DESC LIMIT 1

-- name: standing_holds
SELECT reason FROM holds
WHERE sku = $1 AND sku_version = $2 AND held_at IS NOT NULL AND (freed_at IS NULL OR held_at >= freed_at)
ORDER BY held_at

-- name: spot_checks_of
SELECT event_id, approvals, drill FROM spot_checks WHERE sku = $1 AND sku_version = $2 ORDER BY event_id

-- name: share_marketplace
SELECT marketplace FROM marketplaces WHERE marketplace = $1 FOR SHARE

-- name: lock_marketplace
SELECT marketplace FROM marketplaces WHERE marketplace = $1 FOR UPDATE

-- name: publish_profile
INSERT INTO profiles (marketplace, version, sha256, content, published_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (marketplace, version) DO NOTHING RETURNING version

-- name: published_sha256
SELECT sha256 FROM profiles WHERE marketplace = $1 AND version = $2

-- name: newest_confirmation
SELECT c.event_id, c.version, c.valid_until, c.checked_on, c.source, c.drill, c.confirmed_at, c.actor, p.sha256, p.content
FROM confirmations c JOIN profiles p USING (marketplace, version)
WHERE c.marketplace = $1 AND c.base_sha256 = $2 AND ($3 OR NOT c.drill)
ORDER BY c.confirmed_at DESC, c.event_id LIMIT 1

-- name: confirmation_by_id
SELECT event_id, request_hash FROM confirmations WHERE event_id = $1

-- name: add_confirmation
INSERT INTO confirmations (event_id, marketplace, version, base_sha256, request_hash, source, checked_on, valid_until,
                           answers, actor, drill, confirmed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: waiting_packs
SELECT p.pack_id FROM packs p JOIN orders o USING (order_id)
WHERE p.state = 'waiting_rules' AND o.marketplace = $1 AND (o.drill OR NOT $2)
ORDER BY p.ordered_at, p.pack_id

-- name: add_order
INSERT INTO orders (order_id, marketplace, actor, request_hash, slots, iptc, drill, ordered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING RETURNING order_id

-- name: order_by_id
SELECT order_id, marketplace, actor, request_hash, slots, iptc, drill, ordered_at FROM orders WHERE order_id = $1

-- name: add_pack
INSERT INTO packs (pack_id, order_id, sku, sku_version, state, profile_ref, answers, reasons, drill, ordered_at, changed_at,
                   correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)

-- name: pack
SELECT p.pack_id, p.order_id, p.sku, p.sku_version, p.state, p.profile, p.profile_ref, p.rules_confirmed, p.spot_check,
       p.answers, p.left_out, p.reasons, p.object, p.manifest, p.withdrawn_reason, p.drill, p.ordered_at, p.changed_at,
       p.correlation_id,
       o.marketplace, o.actor, o.slots, o.iptc
FROM packs p JOIN orders o USING (order_id)
WHERE p.pack_id = $1

-- name: packs_of_order
SELECT pack_id FROM packs WHERE order_id = $1 ORDER BY sku

-- name: packs_of_sku
SELECT pack_id FROM packs WHERE sku = $1 ORDER BY ordered_at DESC, pack_id LIMIT 200

-- name: start_pack
UPDATE packs SET state = 'rendering', profile = $2, profile_ref = $3, rules_confirmed = $4, spot_check = $5,
                 left_out = $6, drill = $7, changed_at = $8
WHERE pack_id = $1

-- name: set_pack_state
UPDATE packs SET state = $2, changed_at = $3 WHERE pack_id = $1

-- name: refuse_pack
UPDATE packs SET state = 'refused', reasons = $2, changed_at = $3 WHERE pack_id = $1

-- name: ready_pack
UPDATE packs SET state = 'ready', object = $2, manifest = $3, drill = $4, changed_at = $5
WHERE pack_id = $1 AND state = 'packing'

-- name: withdraw_pack
UPDATE packs SET state = 'withdrawn', withdrawn_reason = $2, changed_at = $3 WHERE pack_id = $1

-- name: mark_drill
-- Only ever added: a pack that once rested on a practice account's act is practice for good.
UPDATE packs SET drill = true WHERE pack_id = $1

-- name: answer_pack
UPDATE packs SET answers = answers || $2::jsonb, changed_at = $3 WHERE pack_id = $1 RETURNING answers

-- name: packs_before_version
SELECT pack_id FROM packs WHERE sku = $1 AND sku_version < $2 AND state NOT IN ('refused', 'withdrawn') ORDER BY pack_id

-- name: packs_of_version
SELECT pack_id FROM packs WHERE sku = $1 AND sku_version = $2 AND state NOT IN ('refused', 'withdrawn') ORDER BY pack_id

-- name: packs_of_approval
SELECT DISTINCT p.pack_id FROM packs p JOIN renditions r USING (pack_id)
WHERE r.approval_id = $1 AND p.state NOT IN ('refused', 'withdrawn') ORDER BY p.pack_id

-- name: add_rendition
INSERT INTO renditions (rendition_id, pack_id, approval_id, slot, position, name, state, source_type)
VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7)

-- name: renditions_of_pack
SELECT r.rendition_id, r.slot, r.position, r.name, r.state, r.image, r.facts, r.source_type, r.report_sha256, r.verdict,
       r.accepted_by, a.approval_id, a.variant_id, a.generative, a.master, a.source, a.approver, a.title, a.kit, a.drill
FROM renditions r JOIN approvals a USING (approval_id)
WHERE r.pack_id = $1 ORDER BY r.position

-- name: rendition
SELECT r.rendition_id, r.pack_id, r.slot, r.position, r.state, r.image, r.source_type, a.approval_id, a.variant_id,
       a.generative, a.category, a.master, a.source, p.sku, p.sku_version, p.state AS pack_state, p.profile,
       p.profile_ref, p.order_id, p.drill, p.correlation_id, o.marketplace, o.iptc
FROM renditions r JOIN approvals a USING (approval_id) JOIN packs p USING (pack_id) JOIN orders o USING (order_id)
WHERE r.rendition_id = $1

-- name: rendered
UPDATE renditions SET state = 'rendered', image = $2, facts = $3 WHERE rendition_id = $1 AND state = 'pending'

-- name: judged
UPDATE renditions SET state = $2, verdict = coalesce($3, verdict), report_sha256 = $4, accepted_by = $5
WHERE rendition_id = $1

-- name: add_download
INSERT INTO downloads (pack_id, actor_id, at) VALUES ($1, $2, $3)

-- name: downloaded_by
SELECT DISTINCT actor_id FROM downloads WHERE pack_id = $1 ORDER BY actor_id

-- name: outcome_by_id
SELECT outcome_id, request_hash FROM outcomes WHERE outcome_id = $1

-- name: add_outcome
INSERT INTO outcomes (outcome_id, request_hash, sku, sku_version, marketplace, pack_id, variant_id, kind, reason,
                      checklist_item, reported_on, actor, drill, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: outcomes
SELECT outcome_id, sku, sku_version, marketplace, pack_id, variant_id, kind, reason, checklist_item, reported_on, drill,
       recorded_at
FROM outcomes
WHERE ($1::text IS NULL OR sku = $1) AND ($2::text IS NULL OR marketplace = $2)
ORDER BY recorded_at DESC, outcome_id LIMIT 500

-- name: variant_known
SELECT sku_version FROM approvals WHERE sku = $1 AND variant_id = $2 LIMIT 1
