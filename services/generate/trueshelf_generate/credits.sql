-- name: spending_lock
SELECT pg_advisory_xact_lock(hashtextextended('trueshelf.generate.spending', 0));

-- name: gate_get
SELECT tokens, filled_at, failures, not_before, blocked, paused_at FROM generator_gate WHERE generator = $1;

-- name: gate_lock
SELECT tokens, filled_at, failures, not_before, blocked, paused_at FROM generator_gate WHERE generator = $1 FOR UPDATE;

-- name: gate_put
INSERT INTO generator_gate (generator, tokens, filled_at, failures, not_before, blocked, paused_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (generator) DO UPDATE SET tokens = EXCLUDED.tokens, filled_at = EXCLUDED.filled_at,
    failures = EXCLUDED.failures, not_before = EXCLUDED.not_before, blocked = EXCLUDED.blocked,
    paused_at = EXCLUDED.paused_at;

-- name: gates
SELECT * FROM generator_gate;

-- name: item_wanted
SELECT item_id FROM item WHERE item_id = $1 AND state = 'planned';

-- name: calls_of_item
SELECT * FROM paid_call WHERE item_id = $1 ORDER BY number;

-- name: call_get
SELECT * FROM paid_call WHERE call_id = $1;

-- name: in_flight
SELECT count(*) FROM paid_call WHERE generator = $1 AND state = 'intended' AND intended_at > $2 AND item_id <> $3;

-- name: spent
SELECT coalesce(sum(credits) FILTER (WHERE batch_id = $1), 0)::bigint AS batch,
       coalesce(sum(credits) FILTER (WHERE intended_at >= $2), 0)::bigint AS month
FROM paid_call WHERE state <> 'not_charged' AND (batch_id = $1 OR intended_at >= $2);

-- name: spent_first
SELECT coalesce(sum(paid_call.credits), 0)::bigint FROM paid_call JOIN item USING (item_id)
WHERE paid_call.batch_id = $1 AND paid_call.state <> 'not_charged' AND item.round = 1;

-- name: call_intend
INSERT INTO paid_call (call_id, item_id, number, batch_id, sku, generator, model, offer, offers_version, credits, seed, intended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: call_again
UPDATE paid_call SET tries = tries + 1 WHERE call_id = $1;

-- name: call_answered
UPDATE paid_call SET state = 'charged', status = 200, request_id = $2, answer = $3, media_type = $4, seed = $5,
    ended_at = $6, reason = NULL
WHERE call_id = $1 AND state IN ('intended', 'unknown');

-- name: call_ended
UPDATE paid_call SET state = $2, reason = $3, status = $4, request_id = $5, ended_at = $6
WHERE call_id = $1 AND state IN ('intended', 'unknown');

-- name: calls_cut_off
UPDATE paid_call SET state = 'unknown', reason = 'outcome_unknown', ended_at = $2
WHERE item_id = $1 AND state = 'intended' RETURNING call_id;

-- name: call_useless
UPDATE paid_call SET reason = $2 WHERE call_id = $1 AND state = 'charged';

-- name: call_settle
UPDATE paid_call SET state = $2, settled_at = $3 WHERE call_id = $1 AND state = 'unknown' RETURNING *;

-- name: item_cost
SELECT coalesce(sum(credits), 0)::int FROM paid_call WHERE item_id = $1 AND state <> 'not_charged';

-- name: variant_approved
INSERT INTO approval (variant_id, approved_at) SELECT variant_id, $2 FROM item WHERE variant_id = $1
ON CONFLICT DO NOTHING;

-- name: variant_withdrawn
UPDATE approval SET withdrawn_at = $2 WHERE variant_id = $1 AND withdrawn_at IS NULL;

-- name: month_totals
SELECT generator, model, count(*)::int AS calls,
       count(*) FILTER (WHERE state = 'charged')::int AS charged,
       count(*) FILTER (WHERE state = 'not_charged')::int AS not_charged,
       count(*) FILTER (WHERE state = 'unknown')::int AS unknown,
       count(*) FILTER (WHERE state = 'intended')::int AS under_way,
       coalesce(sum(credits) FILTER (WHERE state <> 'not_charged'), 0)::bigint AS credits,
       coalesce(sum(credits) FILTER (WHERE state = 'unknown'), 0)::bigint AS credits_unknown
FROM paid_call WHERE intended_at >= $1 AND intended_at < $2
GROUP BY generator, model ORDER BY generator, model;

-- name: month_approved
SELECT paid.generator, paid.model, count(*)::int AS approved
FROM approval
JOIN item USING (variant_id)
JOIN LATERAL (
    SELECT generator, model, intended_at FROM paid_call
    WHERE item_id = item.item_id AND state = 'charged' ORDER BY number DESC LIMIT 1
) AS paid ON true
WHERE intended_at >= $1 AND intended_at < $2 AND withdrawn_at IS NULL
GROUP BY paid.generator, paid.model;

-- name: own_approved
SELECT count(*)::int FROM approval JOIN item USING (variant_id)
WHERE approved_at >= $1 AND approved_at < $2 AND withdrawn_at IS NULL
  AND NOT EXISTS (SELECT FROM paid_call WHERE item_id = item.item_id AND state <> 'not_charged');

-- name: month_batches
SELECT batch_id, count(*)::int AS calls, sum(credits)::bigint AS credits,
       (SELECT coalesce(sum(every.credits), 0) FROM paid_call AS every
        WHERE every.batch_id = paid_call.batch_id AND every.state <> 'not_charged')::bigint AS credits_ever
FROM paid_call WHERE intended_at >= $1 AND intended_at < $2 AND state <> 'not_charged'
GROUP BY batch_id ORDER BY sum(credits) DESC, batch_id LIMIT 200;

-- name: months
SELECT DISTINCT to_char(date_trunc('month', intended_at), 'YYYY-MM') AS month FROM paid_call ORDER BY month DESC LIMIT 24;

-- name: calls_unknown
SELECT call_id, item_id, batch_id, sku, generator, model, offer, credits, state, reason, status, request_id,
       intended_at, ended_at
FROM paid_call WHERE state = 'unknown' AND settled_at IS NULL OR state = 'intended' AND intended_at < $1
ORDER BY intended_at LIMIT 200;

-- name: refused_items
SELECT item.*, plan.batch_id, plan.category,
       coalesce((SELECT sum(credits) FROM paid_call WHERE paid_call.item_id = item.item_id AND state <> 'not_charged'), 0)::int
           AS credits
FROM item JOIN plan USING (plan_id) JOIN sku ON sku.sku = item.sku
WHERE item.state = 'refused' AND sku.version = item.sku_version AND ($1::timestamptz IS NULL OR item.ended_at < $1)
  AND NOT EXISTS (SELECT FROM item AS later WHERE later.sku = item.sku AND later.sku_version = item.sku_version
                  AND later.slot = item.slot AND later.round > item.round)
ORDER BY item.ended_at DESC, item.item_id LIMIT $2;
