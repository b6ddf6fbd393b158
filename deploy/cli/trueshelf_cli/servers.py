"""Which PostgreSQL, Kafka and S3 the stack uses: local ones, or external ones that environment variables name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from trueshelf_cli.backing.jars import ensure_jars
from trueshelf_cli.backing.kafka import Kafka
from trueshelf_cli.backing.postgres import Postgres
from trueshelf_cli.backing.program import Server
from trueshelf_cli.backing.s3proxy import S3Proxy
from trueshelf_cli.keyring import Keyring
from trueshelf_cli.layout import Layout, write_private
from trueshelf_contracts.refs import Service

BACKING = ("postgres", "kafka", "s3")
DATABASE = "trueshelf"
KAFKA_OPTIONS = ("SECURITY_PROTOCOL", "SASL_MECHANISM", "USERNAME", "PASSWORD", "CA_FILE")


@dataclass(frozen=True, slots=True)
class Servers:
    """How to reach the three, and those of them that are ours to run."""

    local: tuple[Server, ...]
    pg_admin_dsn: str
    """An admin's DSN that names the stack's database (local: made by `up`)."""
    kafka_env: Mapping[str, str]
    """`TRUESHELF_KAFKA_…` as services read them."""
    kafka_replication: int
    s3_env: Mapping[str, str]
    """`TRUESHELF_S3_…` as services read them."""

    @property
    def kafka(self) -> str:
        return self.kafka_env["TRUESHELF_KAFKA_BOOTSTRAP"]

    @property
    def s3(self) -> str:
        return self.s3_env["TRUESHELF_S3_ENDPOINT"]

    @property
    def postgres(self) -> str:
        """Host and port without user or password: for people."""
        return urlsplit(self.pg_admin_dsn).netloc.rpartition("@")[2] or "unix socket"

    def addresses(self) -> dict[str, str]:
        return {"postgres": self.postgres, "kafka": self.kafka, "s3": self.s3}


def external(environ: Mapping[str, str]) -> set[str]:
    """Return which of the three are external."""
    names = {
        "postgres": "TRUESHELF_EXTERNAL_PG_DSN",
        "kafka": "TRUESHELF_EXTERNAL_KAFKA",
        "s3": "TRUESHELF_EXTERNAL_S3",
    }
    return {name for name, variable in names.items() if environ.get(variable)}


def choose_servers(
    layout: Layout, keyring: Keyring, ports: Mapping[str, int], environ: Mapping[str, str], *, bring: bool = True
) -> Servers:
    """Describe the three servers. With `bring`, jars that are missing are fetched. Raises BackingError."""
    local: list[Server] = []
    outside = external(environ)
    passwords = keyring.passwords

    if "postgres" in outside:
        dsn = environ["TRUESHELF_EXTERNAL_PG_DSN"]
    else:
        postgres = Postgres(layout.data / "postgres", ports["postgres"], passwords["postgres"])
        local.append(postgres)
        dsn = postgres.dsn(database=DATABASE)

    kafka_env = _external_kafka(environ)
    if "kafka" not in outside:
        jars = ensure_jars("kafka", layout.poms, layout.state) if bring else layout.state / "lib" / "kafka"
        kafka = Kafka(layout.data / "kafka", jars, ports["kafka"], ports["kafka-controller"])
        local.append(kafka)
        kafka_env = {"TRUESHELF_KAFKA_BOOTSTRAP": kafka.bootstrap}

    if "s3" in outside:
        s3_env = {
            "TRUESHELF_S3_ENDPOINT": environ["TRUESHELF_EXTERNAL_S3"],
            "TRUESHELF_S3_ACCESS_KEY": environ.get("TRUESHELF_EXTERNAL_S3_ACCESS_KEY", ""),
            "TRUESHELF_S3_SECRET_KEY": environ.get("TRUESHELF_EXTERNAL_S3_SECRET_KEY", ""),
            "TRUESHELF_S3_REGION": environ.get("TRUESHELF_EXTERNAL_S3_REGION", "us-east-1"),
        }
    else:
        jars = ensure_jars("s3proxy", layout.poms, layout.state) if bring else layout.state / "lib" / "s3proxy"
        s3 = S3Proxy(layout.data / "s3", jars, ports["s3"], passwords["s3_access"], passwords["s3_secret"])
        local.append(s3)
        s3_env = {
            "TRUESHELF_S3_ENDPOINT": s3.endpoint,
            "TRUESHELF_S3_ACCESS_KEY": s3.access_key,
            "TRUESHELF_S3_SECRET_KEY": s3.secret_key,
        }
    replication = int(environ.get("TRUESHELF_EXTERNAL_KAFKA_REPLICATION", "3")) if "kafka" in outside else 1
    return Servers(tuple(local), dsn, kafka_env, replication, s3_env)


def _external_kafka(environ: Mapping[str, str]) -> dict[str, str]:
    env = {"TRUESHELF_KAFKA_BOOTSTRAP": environ.get("TRUESHELF_EXTERNAL_KAFKA", "")}
    for option in KAFKA_OPTIONS:
        value = environ.get(f"TRUESHELF_EXTERNAL_KAFKA_{option}")
        if value:
            env[f"TRUESHELF_KAFKA_{option}"] = value
    return env


def save_servers(layout: Layout, servers: Servers) -> None:
    """Remember how the running stack reaches the three, for the verbs that look into it; holds passwords."""
    facts = {
        "local": [server.name for server in servers.local],
        "pg_admin_dsn": servers.pg_admin_dsn,
        "kafka_env": dict(servers.kafka_env),
        "kafka_replication": servers.kafka_replication,
        "s3_env": dict(servers.s3_env),
    }
    write_private(layout.run / "servers.json", json.dumps(facts, indent=1))


def known_servers(layout: Layout) -> Servers | None:
    """Return what `save_servers` remembered (without the local ones' own description); None before the first `up`."""
    path = layout.run / "servers.json"
    if not path.exists():
        return None
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts.pop("local")
    return Servers(local=(), **facts)


def local_servers(layout: Layout) -> frozenset[str]:
    """Return which of the three `up` runs itself, as `save_servers` remembered."""
    path = layout.run / "servers.json"
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["local"]) if path.exists() else frozenset()


def client_settings(servers: Servers, service: Service | None = None, pg_dsn: str | None = None) -> Any:
    """Return the runtime's settings over these servers: the admin's view, or that of `service` with its own DSN."""
    from trueshelf_runtime.settings import RuntimeSettings  # noqa: PLC0415 -- heavy import, not needed for --help

    class Client(RuntimeSettings):
        service: Any = "console"

    values: dict[str, Any] = {"pg_dsn": pg_dsn or servers.pg_admin_dsn}
    for name, value in {**servers.kafka_env, **servers.s3_env}.items():
        values[name.removeprefix("TRUESHELF_").lower()] = value
    if service is not None:
        values["service"] = service
    return Client(**values)
