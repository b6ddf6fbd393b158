"""The console's projection with many SKUs, written straight into its tables: for what is measured at that size."""

import asyncpg

FILL = """
INSERT INTO progress (sku, sku_version, stage, since, stuck, why, category, batch_id, title,
    planned, made, unmade, checked, slots, decided)
SELECT 'BULK-' || n, 1,
    (ARRAY['source','ready','drafts','qa','review','review','review','spot','export','packed','packed','after'])
        [1 + n % 12],
    now() - make_interval(secs => n * 7), n % 97 = 0, '[{"code": "decision", "stuck": false, "slot": "main"}]',
    'category_' || n % 14, md5((n / 20)::text)::uuid, 'Ring <b>' || n || '</b> «Заря» "gold"', 4, 3, 0, 2, 3, 1
FROM generate_series(1, $1::int) AS n
"""
FILL_BATCHES = """
INSERT INTO progress_batches (batch_id, category, first_at, sealed_at, members)
SELECT md5(n::text)::uuid, 'category_' || n % 14, now() - make_interval(mins => n), now(), 20
FROM generate_series(0, $1::int / 20) AS n
"""


async def fill(connection: asyncpg.Connection, number: int) -> None:
    """Bring the projection to at least `number` SKUs; a second call does nothing. The search path is the console's."""
    if await connection.fetchval("SELECT count(*) FROM progress") < number:
        await connection.execute(FILL, number)
        await connection.execute(FILL_BATCHES, number)
        await connection.execute("VACUUM ANALYZE progress")
