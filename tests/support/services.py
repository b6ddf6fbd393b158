"""What a service's integration test needs around it: schema and roles, migrations, settings, keys."""

import importlib
import secrets
from dataclasses import dataclass
from typing import Any

from support.backing import KafkaServer, PostgresServer, S3Server
from trueshelf_cli.roles import ensure_database, ensure_service
from trueshelf_contracts.refs import Service
from trueshelf_runtime.migrate import migrate
from trueshelf_runtime.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class ServiceDb:
    """One service's schema in a fresh database."""

    service: Service
    dsn: str
    """The service role: what the service runs with."""
    owner_dsn: str
    """The owner: migrations only."""
    admin_dsn: str
    """The superuser, same database: for looking at everything."""


class ServiceDbFactory:
    """`await service_db("qa")` gives a fresh database with qa's schema, roles and migrations.

    Several services in one database, as the stack has them: pass the same `database`.
    """

    def __init__(self, postgres: PostgresServer) -> None:
        self._postgres = postgres
        self._passwords: dict[str, tuple[str, str]] = {}

    async def __call__(self, service: Service, *, database: str | None = None, migrated: bool = True) -> ServiceDb:
        name = database or f"t_{service}_{secrets.token_hex(4)}"
        admin = await ensure_database(self._postgres.dsn, name)
        owner_password, password = self._passwords.setdefault(
            service, (secrets.token_urlsafe(12), secrets.token_urlsafe(12))
        )
        access = await ensure_service(admin, service, owner_password, password)
        db = ServiceDb(service, access.service, access.owner, admin)
        if migrated:
            await run_migrations(db)
        return db


async def run_migrations(db: ServiceDb) -> None:
    """Apply the runtime's and the service's migrations with the owner's rights."""
    await migrate(db.owner_dsn, db.service, package=f"trueshelf_{db.service}")


class SettingsFactory:
    """`settings = await make_settings("qa", db, threshold=3)`: the service's settings over the running servers.

    The buckets are there; they are shared by the session, which is harmless: keys are content hashes.
    """

    def __init__(self, kafka: KafkaServer, s3: S3Server) -> None:
        self._kafka = kafka
        self._s3 = s3
        self._prefix = f"t{secrets.token_hex(4)}"
        self._buckets = False

    async def __call__(self, service: Service, db: ServiceDb, **own: Any) -> Any:
        settings = importlib.import_module(f"trueshelf_{service}.settings").Settings
        values: dict[str, Any] = {
            "pg_dsn": db.dsn,
            "pg_owner_dsn": db.owner_dsn,
            "kafka_bootstrap": self._kafka.bootstrap,
            "s3_endpoint": self._s3.endpoint,
            "s3_access_key": self._s3.access_key,
            "s3_secret_key": self._s3.secret_key,
            "bucket_prefix": self._prefix,
            "http_port": 0,
        }
        made = settings(**(values | own))
        if not self._buckets and made.bucket_prefix == self._prefix:
            async with ObjectStore.of(made) as store:
                await store.ensure_buckets()
            self._buckets = True
        return made
