-- name: receive
INSERT INTO received (topic, partition, "offset", timestamp_ms, key, value, headers)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (topic, partition, "offset") DO NOTHING;

-- name: logged_at_place
SELECT seq, timestamp_ms, key, value, headers FROM entries WHERE topic = $1 AND partition = $2 AND "offset" = $3;

-- name: lock_sequencer
SELECT pg_try_advisory_xact_lock(hashtextextended('trueshelf.audit.sequencer.' || current_schema(), 0));

-- name: next_received
SELECT r.id, r.topic, r.partition, r."offset", r.timestamp_ms, r.key, r.value, r.headers, e.seq AS logged
FROM received r LEFT JOIN entries e USING (topic, partition, "offset")
ORDER BY r.id LIMIT $1;

-- name: forget_received
DELETE FROM received WHERE id = ANY($1::bigint[]);

-- name: append_entries
INSERT INTO entries (
    seq, logged_at, topic, partition, "offset", timestamp_ms, key, value, headers, leaf_hash,
    type, event_id, sku, sku_version, batch_id, actor_id, occurred_at, drill, signature
)
SELECT * FROM unnest(
    $1::bigint[], $2::timestamptz[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[],
    $9::bytea[], $10::bytea[], $11::text[], $12::uuid[], $13::text[], $14::integer[], $15::uuid[], $16::text[],
    $17::timestamptz[], $18::boolean[], $19::text[]
);

-- name: append_nodes
INSERT INTO tree_nodes (level, index, hash) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[]);

-- name: append_checkpoint
INSERT INTO checkpoints (tree_size, root, note, signed_at) VALUES ($1, $2, $3, $4);

-- name: latest_checkpoint
SELECT tree_size, root, note, signed_at FROM checkpoints ORDER BY tree_size DESC LIMIT 1;

-- name: log_size
SELECT coalesce(max(seq) + 1, 0) FROM entries;

-- name: nodes
SELECT n.level, n.index, n.hash
FROM unnest($1::smallint[], $2::bigint[]) AS wanted (level, index) JOIN tree_nodes n USING (level, index)
UNION ALL
SELECT 0::smallint, e.seq, e.leaf_hash
FROM unnest($1::smallint[], $2::bigint[]) AS wanted (level, index) JOIN entries e ON wanted.level = 0 AND e.seq = wanted.index;

-- name: uncopied_checkpoint
SELECT tree_size, note FROM checkpoints
WHERE tree_size > (SELECT coalesce(max(tree_size), 0) FROM checkpoint_copies)
ORDER BY tree_size DESC LIMIT 1;

-- name: record_copy
INSERT INTO checkpoint_copies (tree_size, object, copied_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: all_checkpoints
SELECT tree_size, note FROM checkpoints ORDER BY tree_size;

-- name: all_entries
SELECT * FROM entries ORDER BY seq;

-- name: entry_by_seq
SELECT * FROM entries WHERE seq = $1;

-- name: search
SELECT * FROM entries
WHERE ($1::text IS NULL OR sku = $1)
  AND ($2::text IS NULL OR actor_id = $2)
  AND ($3::text IS NULL OR type = $3)
  AND ($4::timestamptz IS NULL OR occurred_at >= $4)
  AND ($5::timestamptz IS NULL OR occurred_at < $5)
  AND seq > $6
ORDER BY seq LIMIT $7;

-- name: timeline
SELECT * FROM entries
WHERE seq > $2
  AND (sku = $1 OR sku IS NULL AND batch_id IN (
        SELECT batch_id FROM entries WHERE sku = $1 AND batch_id IS NOT NULL))
ORDER BY seq LIMIT $3;

-- name: approvals
SELECT * FROM entries e
WHERE type = 'VariantApproved' AND topic = 'trueshelf.review'
  AND ($1::text IS NULL OR sku = $1)
  AND ($2::text IS NULL OR actor_id = $2)
  AND ($3::timestamptz IS NULL OR occurred_at >= $3)
  AND ($4::timestamptz IS NULL OR occurred_at < $4)
  AND seq > $5
  AND NOT EXISTS (
        SELECT FROM entries earlier
        WHERE earlier.event_id = e.event_id AND earlier.topic = e.topic AND earlier.seq < e.seq)
ORDER BY seq LIMIT $6;

-- name: withdrawals
SELECT * FROM entries
WHERE type = 'ApprovalWithdrawn' AND topic = 'trueshelf.review' AND sku = ANY($1::text[])
ORDER BY seq;

-- name: custom_plans
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: ask_verification
INSERT INTO verifications (id, asked_at, asked_by) VALUES ($1, $2, $3);

-- name: record_report
INSERT INTO verification_reports (id, finished_at, ok, report) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: verification
SELECT v.id, v.asked_at, v.asked_by, r.finished_at, r.ok, r.report
FROM verifications v LEFT JOIN verification_reports r USING (id)
WHERE v.id = $1;

-- name: waiting_verification
SELECT v.id, v.asked_at FROM verifications v LEFT JOIN verification_reports r USING (id)
WHERE r.id IS NULL ORDER BY v.asked_at DESC LIMIT 1;
