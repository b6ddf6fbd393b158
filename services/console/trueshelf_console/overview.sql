-- name: facts_locked
INSERT INTO progress_facts (sku, sku_version) VALUES ($1, $2)
ON CONFLICT (sku, sku_version) DO UPDATE SET sku = excluded.sku
RETURNING facts

-- name: put_facts
UPDATE progress_facts SET facts = $3 WHERE sku = $1 AND sku_version = $2

-- name: put_standing
INSERT INTO progress (sku, sku_version, stage, since, stuck, why, category, batch_id, title,
    planned, made, unmade, checked, slots, decided, packs)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (sku, sku_version) DO UPDATE SET stage = excluded.stage, since = excluded.since, stuck = excluded.stuck,
    why = excluded.why, category = excluded.category, batch_id = excluded.batch_id, title = excluded.title,
    planned = excluded.planned, made = excluded.made, unmade = excluded.unmade, checked = excluded.checked,
    slots = excluded.slots, decided = excluded.decided, packs = excluded.packs

-- name: count_fact
INSERT INTO progress_tally (slice, what, n)
VALUES (date_bin('5 minutes', $1::timestamptz, '2020-01-01T00:00:00Z'), $2, $3)
ON CONFLICT (slice, what) DO UPDATE SET n = progress_tally.n + excluded.n

-- name: put_batch
INSERT INTO progress_batches AS b (batch_id, category, first_at, sealed_at, drawn_at, passed_at, quarantined_at,
    released_at, members)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (batch_id) DO UPDATE SET first_at = LEAST(b.first_at, excluded.first_at),
    sealed_at = LEAST(b.sealed_at, excluded.sealed_at), drawn_at = LEAST(b.drawn_at, excluded.drawn_at),
    passed_at = LEAST(b.passed_at, excluded.passed_at),
    quarantined_at = GREATEST(b.quarantined_at, excluded.quarantined_at),
    released_at = GREATEST(b.released_at, excluded.released_at), members = GREATEST(b.members, excluded.members)

-- name: put_policy
INSERT INTO policies AS p (owner, kind, name, version, sha256, since, actor) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (owner, kind, name, version, sha256) DO UPDATE SET since = LEAST(p.since, excluded.since)

-- name: policies
SELECT *, since = max(since) OVER (PARTITION BY owner, kind, name) AS in_force FROM policies
ORDER BY owner, kind, name, since DESC

-- name: counts
SELECT p.category, p.stage, count(*)::int AS n, min(p.since) AS oldest,
    (count(*) FILTER (WHERE p.stuck OR p.since < slow.before))::int AS stuck,
    sum(greatest(p.planned - p.made - p.unmade, 0))::int AS to_make,
    sum(greatest(p.made - p.checked, 0))::int AS to_check,
    sum(greatest(p.slots - p.decided, 0))::int AS to_decide
FROM progress p LEFT JOIN unnest($1::text[], $2::timestamptz[]) AS slow (stage, before) ON slow.stage = p.stage
WHERE p.stage <> 'superseded' GROUP BY p.category, p.stage

-- name: batches
SELECT b.*, s.stages, coalesce(s.n, 0) AS n, coalesce(s.stuck, 0) AS stuck
FROM (
    SELECT * FROM progress_batches
    WHERE ($3::timestamptz IS NULL OR (first_at, batch_id) < ($3, $4::uuid)) AND ($6::text IS NULL OR category = $6)
    ORDER BY first_at DESC, batch_id DESC LIMIT $5
) b
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(stage, n) AS stages, sum(n)::int AS n, sum(stuck)::int AS stuck FROM (
        SELECT p.stage, count(*) AS n, count(*) FILTER (WHERE p.stuck OR p.since < slow.before) AS stuck
        FROM progress p LEFT JOIN unnest($1::text[], $2::timestamptz[]) AS slow (stage, before) ON slow.stage = p.stage
        WHERE p.batch_id = b.batch_id AND p.stage <> 'superseded' GROUP BY p.stage
    ) each
) s ON true
ORDER BY b.first_at DESC, b.batch_id DESC

-- name: batch
SELECT * FROM progress_batches WHERE batch_id = $1

-- name: members
SELECT * FROM progress WHERE batch_id = $1 ORDER BY stage = 'superseded', sku, sku_version

-- name: stuck
SELECT * FROM (
    (SELECT * FROM progress WHERE stuck AND stage <> 'superseded' ORDER BY since, sku, sku_version LIMIT $3)
    UNION ALL
    (SELECT p.* FROM unnest($1::text[], $2::timestamptz[]) AS slow (stage, before)
     CROSS JOIN LATERAL (
        SELECT * FROM progress WHERE progress.stage = slow.stage AND NOT stuck AND since < slow.before
        ORDER BY since, sku, sku_version LIMIT $3
     ) p)
) found ORDER BY since, sku, sku_version LIMIT $3

-- name: search
SELECT p.* FROM progress p LEFT JOIN unnest($1::text[], $2::timestamptz[]) AS slow (stage, before) ON slow.stage = p.stage
WHERE ($3::text IS NULL OR p.stage = $3) AND ($3 IS NOT NULL OR p.stage <> 'superseded')
    AND ($4::text IS NULL OR p.category = $4)
    AND ($5::text IS NULL OR p.search LIKE '%' || $5 || '%')
    AND (NOT $6::bool OR p.stuck OR p.since < slow.before)
    AND ($7::timestamptz IS NULL OR (p.since, p.sku, p.sku_version) > ($7, $8::text, $9::int))
ORDER BY p.since, p.sku, p.sku_version LIMIT $10

-- name: rates
SELECT what, date_trunc('hour', slice) AS hour, sum(n)::int AS n FROM progress_tally
WHERE slice >= $1 GROUP BY 1, 2

-- name: waiting
SELECT stage, count(*)::int AS n, sum(greatest(planned - made - unmade, 0))::int AS to_make,
    sum(greatest(made - checked, 0))::int AS to_check
FROM progress WHERE stage IN ('source', 'drafts', 'qa', 'packing') GROUP BY stage

-- name: drop_old_tallies
DELETE FROM progress_tally WHERE slice < $1

-- name: last_hour
SELECT what, sum(n)::int AS n FROM progress_tally WHERE slice > $1::timestamptz - interval '1 hour' GROUP BY what

-- name: watched
SELECT * FROM service_watch

-- name: watch
INSERT INTO service_watch AS w (service, state, since, seen_at, details, figures) VALUES ($1, $2, $3, $3, $4, $5)
ON CONFLICT (service) DO UPDATE SET seen_at = excluded.seen_at, details = excluded.details,
    figures = CASE WHEN excluded.state = 'away' THEN w.figures ELSE excluded.figures END,
    since = CASE WHEN w.state = excluded.state THEN w.since ELSE excluded.since END, state = excluded.state
