"""The tables in which jobs wait: pgqueuer's own DDL for the current schema, and the table of failed jobs."""

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability

_PLACEHOLDER = "trueshelf_channel"

_JOB_FAILURE = """
CREATE TABLE IF NOT EXISTS job_failure (
    job_id bigint PRIMARY KEY,
    name text NOT NULL,
    key text,
    payload jsonb NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}'::jsonb,
    attempts integer NOT NULL,
    error_type text NOT NULL,
    error text NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS job_failure_failed_at ON job_failure (failed_at);
"""

_OUR_CHANGES = """
-- pgqueuer's own index also covers running jobs: work asked for while the same key runs would be lost. Ours covers
-- waiting jobs only, so that it waits for its turn instead.
DROP INDEX pgqueuer_unique_dedupe_key;
CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON pgqueuer (dedupe_key)
    WHERE status = 'queued'::pgqueuer_status AND dedupe_key IS NOT NULL;

-- A NOTIFY serialises the commits of the whole server, so only new jobs send one; workers poll for all else.
DROP TRIGGER tg_pgqueuer_changed ON pgqueuer;
CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT ON pgqueuer EXECUTE FUNCTION fn_pgqueuer_changed();
"""


def jobs_channel(schema: str) -> str:
    """Return the NOTIFY channel of the jobs in `schema`: channels span a database, so each schema has its own."""
    return f"trueshelf_jobs_{schema}"


def jobs_schema_sql() -> str:
    """Return the SQL that makes pgqueuer's tables and `job_failure` in the current schema (search_path's first).

    To be run once, inside the migration's transaction. Several statements without parameters. The notify function
    derives its channel from the schema of the table that changed, so that the text is the same for every service.
    """
    settings = DBSettings(channel=_PLACEHOLDER, durability=Durability.balanced)  # type: ignore[arg-type]
    install = QueryBuilderEnvironment(settings).build_install_query(create_schema=False)
    return install.replace(f"'{_PLACEHOLDER}'", "'trueshelf_jobs_' || TG_TABLE_SCHEMA") + _OUR_CHANGES + _JOB_FAILURE
