-- name: lock_sku
INSERT INTO skus (sku) VALUES ($1) ON CONFLICT (sku) DO UPDATE SET version = skus.version RETURNING version

-- name: raise_version
UPDATE skus SET version = greatest(version, $2) WHERE sku = $1

-- name: add_capturer
INSERT INTO capturers (capture_id, actor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: capturers
SELECT DISTINCT actor_id FROM capturers WHERE capture_id = ANY ($1::uuid[])

-- name: add_plan
INSERT INTO plans (plan_id, sku, sku_version, round, batch_id, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: add_planned_item
INSERT INTO items (item_id, sku, sku_version, slot, round, planned, position, mode, plan_id)
VALUES ($1, $2, $3, $4, $5, true, $6, $7, $8)
ON CONFLICT (item_id) DO UPDATE SET planned = true, position = excluded.position, mode = excluded.mode,
    plan_id = excluded.plan_id

-- name: plan
SELECT body FROM plans WHERE plan_id = $1

-- name: plan_of
SELECT p.body FROM plans p
WHERE p.sku = $1 AND p.sku_version = $2
    AND ($3::text IS NULL OR EXISTS (SELECT FROM items i WHERE i.plan_id = p.plan_id AND i.slot = $3 AND i.planned))
    AND ($4::int IS NULL OR p.round = $4)
ORDER BY p.round LIMIT 1

-- name: add_variant
INSERT INTO items (item_id, sku, sku_version, slot, round, variant_id, generated, master_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (item_id) DO UPDATE SET generated = coalesce(items.generated, excluded.generated),
    variant_id = coalesce(items.variant_id, excluded.variant_id),
    master_sha256 = CASE WHEN items.generated IS NULL THEN excluded.master_sha256 ELSE items.master_sha256 END

-- name: add_check
INSERT INTO items (item_id, sku, sku_version, slot, round, variant_id, checked, verdict)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (item_id) DO UPDATE SET checked = coalesce(items.checked, excluded.checked),
    variant_id = coalesce(items.variant_id, excluded.variant_id), verdict = coalesce(items.verdict, excluded.verdict)

-- name: add_refusal
INSERT INTO items (item_id, sku, sku_version, slot, round, refused) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (item_id) DO UPDATE SET refused = coalesce(items.refused, excluded.refused)

-- name: variant
SELECT generated, checked FROM items WHERE variant_id = $1 AND generated IS NOT NULL AND checked IS NOT NULL

-- name: round_items
SELECT item_id, mode, planned, generated, checked, refused FROM items
WHERE sku = $1 AND sku_version = $2 AND slot = $3 AND round = $4 ORDER BY position, item_id

-- name: add_rendition
INSERT INTO renditions (rendition_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: rendition
SELECT body FROM renditions WHERE rendition_id = $1

-- name: add_outcome
INSERT INTO outcomes (outcome_id, sku, sku_version, variant_id, kind, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: slot
SELECT * FROM slots WHERE sku = $1 AND sku_version = $2 AND slot = $3

-- name: put_slot
INSERT INTO slots (sku, sku_version, slot, batch_id, category, correlation_id, round, state, asked_by, drill)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (sku, sku_version, slot) DO UPDATE SET round = excluded.round, state = excluded.state,
    asked_by = excluded.asked_by, drill = excluded.drill

-- name: slots_before
SELECT * FROM slots WHERE sku = $1 AND sku_version < $2 ORDER BY sku_version, slot

-- name: case
SELECT * FROM cases WHERE case_id = $1

-- name: case_locked
SELECT * FROM cases WHERE case_id = $1 FOR UPDATE

-- name: put_case
INSERT INTO cases (case_id, kind, sku, sku_version, batch_id, category, slot, round, subject, after_run, first_reviewer,
    checklist_name, checklist_version, checklist_sha256, opened_at, correlation_id, state, version, doubt, asked_for,
    senior_only, excluded, drill, lease_holder, lease_since, lease_until, closed_because)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27)
ON CONFLICT (case_id) DO UPDATE SET subject = excluded.subject, state = excluded.state, version = excluded.version,
    lease_holder = excluded.lease_holder, lease_since = excluded.lease_since, lease_until = excluded.lease_until,
    closed_because = excluded.closed_because

-- name: undecided_of_slot
SELECT * FROM cases WHERE sku = $1 AND sku_version = $2 AND slot = $3 AND state IN ('open', 'pending')
    AND kind IN ('slot', 'generation', 'second') ORDER BY case_id FOR UPDATE

-- name: undecided_before
SELECT * FROM cases WHERE sku = $1 AND sku_version < $2 AND state IN ('open', 'pending') ORDER BY case_id FOR UPDATE

-- name: undecided_spots
SELECT * FROM cases WHERE batch_id = $1 AND kind = 'spot' AND state IN ('open', 'pending') ORDER BY case_id FOR UPDATE

-- name: next_open
SELECT * FROM cases
WHERE state = 'open' AND $1 <> ALL (excluded)
    AND ($3::boolean OR category = ANY ($2::text[]))
    AND (NOT senior_only OR category = ANY ($4::text[]) OR ($5::boolean AND category <> ALL ($2::text[])))
    AND ($6::text[] IS NULL OR kind = ANY ($6)) AND ($7::text[] IS NULL OR category = ANY ($7))
    AND (lease_until IS NULL OR lease_until <= $8)
ORDER BY asked_for DESC, opened_at - doubt * $9::interval, case_id
LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: leases_of
SELECT count(*) FROM cases WHERE lease_holder = $1 AND lease_until > $2

-- name: lock_person
SELECT pg_advisory_xact_lock(hashtextextended('review.decides ' || $1, 0))

-- name: decided_by
SELECT decided_at FROM decisions WHERE actor_id = $1 AND decided_at > $2 ORDER BY decided_at

-- name: decision
SELECT * FROM decisions WHERE decision_id = $1

-- name: put_decision
INSERT INTO decisions (decision_id, case_id, kind, sku, sku_version, slot, actor_id, actor_kind, actor_level, actor, body,
    viewport_width, decided_at, undo_until, review_seconds, first_reviewer, state, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: end_decision
UPDATE decisions SET state = $2, ended_at = $3 WHERE decision_id = $1

-- name: add_answer
INSERT INTO answers (decision_id, item, answer, note) VALUES ($1, $2, $3, $4)

-- name: pending_of_case
SELECT * FROM decisions WHERE case_id = $1 AND state = 'pending'

-- name: slot_is_pending
SELECT EXISTS (SELECT FROM decisions WHERE sku = $1 AND sku_version = $2 AND slot = $3 AND state = 'pending')

-- name: add_approval
INSERT INTO approvals (approval_id, decision_id, case_id, sku, sku_version, slot, variant_id, batch_id, category, approver,
    approver_kind, approver_level, master_sha256, override_reason, correlation_id, approved_at, drill)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)

-- name: approval
SELECT * FROM approvals WHERE approval_id = $1

-- name: withdraw
UPDATE approvals SET withdrawn_at = $4, withdrawn_cause = $2, withdrawn_by = $3 WHERE approval_id = $1

-- name: standing_before
SELECT * FROM approvals WHERE sku = $1 AND sku_version < $2 AND withdrawn_at IS NULL ORDER BY approved_at, approval_id

-- name: standing_of
SELECT slot, approval_id, variant_id, approver, drill FROM approvals
WHERE sku = $1 AND sku_version = $2 AND withdrawn_at IS NULL ORDER BY slot

-- name: lock_batch
SELECT * FROM batches WHERE batch_id = $1 FOR UPDATE

-- name: members_of
SELECT sku, sku_version FROM batch_members WHERE batch_id = $1 ORDER BY position

-- name: add_batch
INSERT INTO batches (batch_id, category, seed, rate, correlation_id, first_seen_at, state, drill)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7) ON CONFLICT DO NOTHING RETURNING batch_id

-- name: put_batch
UPDATE batches SET state = $2, sealed = $3, draws = $4, holds = $5 WHERE batch_id = $1

-- name: add_member
INSERT INTO batch_members (batch_id, sku, sku_version, position) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: batches_of
SELECT batch_id FROM batch_members WHERE sku = $1 AND sku_version < $2
UNION SELECT batch_id FROM slots WHERE sku = $1 AND sku_version < $2
ORDER BY batch_id

-- name: member_states
SELECT m.sku, m.sku_version,
    coalesce(s.version > m.sku_version, false) AS superseded,
    coalesce((SELECT bool_and(l.state <> 'open') FROM slots l
        WHERE l.sku = m.sku AND l.sku_version = m.sku_version), false) AS slots_ended
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS m (sku, sku_version, position) LEFT JOIN skus s ON s.sku = m.sku
ORDER BY m.position

-- name: member_approvals
SELECT a.sku, a.sku_version, a.slot, a.approval_id, a.variant_id, a.approver, a.drill
FROM approvals a JOIN unnest($1::text[], $2::int[]) AS m (sku, sku_version)
    ON a.sku = m.sku AND a.sku_version = m.sku_version
WHERE a.withdrawn_at IS NULL ORDER BY a.sku, a.slot

-- name: looks
SELECT c.sku, c.sku_version, c.state, d.kind FROM cases c
    LEFT JOIN decisions d ON d.case_id = c.case_id AND d.state = 'final'
WHERE c.batch_id = $1 AND c.kind = 'spot' AND NOT c.after_run

-- name: good_looks
SELECT c.sku, c.sku_version, c.case_id, d.decision_id, d.actor, d.body -> 'viewport' AS viewport, d.decided_at
FROM decisions d JOIN cases c USING (case_id)
WHERE c.batch_id = $1 AND c.kind = 'spot' AND NOT c.after_run AND d.state = 'final' AND d.kind = 'spot_good'
ORDER BY d.ended_at, d.decision_id

-- name: spot_rate
SELECT category, rate, passed_in_a_row FROM spot_rates WHERE category = $1

-- name: put_spot_rate
INSERT INTO spot_rates (category, rate, passed_in_a_row) VALUES ($1, $2, $3)
ON CONFLICT (category) DO UPDATE SET rate = excluded.rate, passed_in_a_row = excluded.passed_in_a_row

-- name: add_policy
INSERT INTO policies (kind, name, version, sha256, body, published_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING version

-- name: policy
SELECT sha256, body FROM policies WHERE kind = $1 AND name = $2 AND version = $3

-- name: policy_sha256
SELECT sha256 FROM policies WHERE kind = $1 AND name = $2 AND version = $3

-- name: queue_counts
SELECT kind, category, count(*) AS waiting, count(*) FILTER (WHERE lease_until > $1) AS leased,
    count(*) FILTER (WHERE asked_for) AS asked_for, min(opened_at) AS oldest
FROM cases WHERE state = 'open' AND ($2::boolean OR category = ANY ($3::text[]))
GROUP BY kind, category ORDER BY category, kind

-- name: list_cases
SELECT case_id, kind, state, version, sku, sku_version, batch_id, category, slot, round, opened_at, doubt, asked_for,
    senior_only, drill, lease_holder, lease_until, closed_because
FROM cases
WHERE ($1::text IS NULL OR sku = $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
    AND ($4::uuid IS NULL OR batch_id = $4) AND ($5::uuid IS NULL OR case_id > $5)
ORDER BY case_id LIMIT $6

-- name: decisions_of_case
SELECT decision_id, kind, actor_id, actor_level, state, decided_at, undo_until, ended_at, review_seconds, body
FROM decisions WHERE case_id = $1 ORDER BY decided_at, decision_id

-- name: list_batches
SELECT batch_id, category, state, sealed, rate, draws, holds, drill, first_seen_at, seed FROM batches
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR category = $2)
    AND ($3::uuid IS NULL OR batch_id = $3) ORDER BY first_seen_at, batch_id LIMIT $4

-- name: slots_of_members
SELECT l.sku, l.sku_version, l.slot, l.state, l.round FROM slots l JOIN batch_members m
    ON l.sku = m.sku AND l.sku_version = m.sku_version WHERE m.batch_id = $1 ORDER BY l.sku, l.slot

-- name: list_approvals
SELECT approval_id, decision_id, case_id, sku, sku_version, slot, variant_id, batch_id, category, approver, approver_kind,
    approver_level, master_sha256, approved_at, drill, withdrawn_at, withdrawn_cause
FROM approvals WHERE ($1::text IS NULL OR sku = $1) AND ($2::uuid IS NULL OR batch_id = $2)
ORDER BY approved_at, approval_id LIMIT $3

-- name: rejection_log
SELECT * FROM rejection_log WHERE ($1::text IS NULL OR sku = $1) AND ($2::timestamptz IS NULL OR at >= $2)
ORDER BY at DESC, sku LIMIT $3

-- name: review_minutes
SELECT c.kind, c.category, count(*) AS decisions, sum(d.review_seconds) / 60 AS minutes,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.review_seconds) AS median_seconds
FROM decisions d JOIN cases c USING (case_id) WHERE d.state = 'final' AND ($1::timestamptz IS NULL OR d.decided_at >= $1)
GROUP BY c.kind, c.category ORDER BY c.category, c.kind
