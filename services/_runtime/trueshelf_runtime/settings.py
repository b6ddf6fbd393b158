"""What a service is told from outside: environment variables with prefix `TRUESHELF_`, read once at start.

A service subclasses `RuntimeSettings` with `service: Literal["qa"] = "qa"` and its own fields. A shared field is read
from `TRUESHELF_<FIELD>`, or `TRUESHELF_<SERVICE>_<FIELD>` where this service differs; an own
field only from the latter.
"""

import os
import socket
import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from trueshelf_contracts.refs import Service

MOST_CHILDREN = 4
"""By default; on a larger machine further worker processes share the work, each with a lease of its own."""


def default_children() -> int:
    """Return a child for each core that this process may use."""
    return min(len(os.sched_getaffinity(0)), MOST_CHILDREN)


class RuntimeSettings(BaseSettings):
    """Settings that every service shares."""

    model_config = SettingsConfigDict(env_prefix="TRUESHELF_", extra="ignore", frozen=True)

    service: Service

    pg_dsn: SecretStr = Field(description="the service's own role; its schema is the service's name")
    pg_owner_dsn: SecretStr | None = Field(default=None, description="may create schema and role; only for `migrate`")
    pg_pool: PositiveInt = Field(default=10, description="connections to PostgreSQL at most")

    kafka_bootstrap: str = Field(default="localhost:9092", description="host:port, comma-separated")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_member: str | None = Field(
        default=None, description="a name that a killed process's successor has too: it takes over without waiting"
    )

    s3_endpoint: str = "http://localhost:9000"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    s3_region: str = "us-east-1"
    bucket_prefix: str = "trueshelf"

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    jwks_file: Path | None = None
    jwks_url: str | None = None
    issuer: str = "trueshelf-local"
    audience: str = "trueshelf"

    drill: bool = Field(
        default=False, description="practice accounts may decide; everything they touch says so for ever"
    )
    children: PositiveInt = Field(
        default_factory=default_children, description="child processes for pixels; one core and up to 1 GB each"
    )
    scratch_dir: Path = Path("/tmp/trueshelf")  # noqa: S108 - a default; each child gets a private folder in it
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str | None = Field(default=None, description="where traces go; absent = no exporter")

    delivery_attempts: PositiveInt = Field(default=6, description="real attempts before a record is dead-lettered")
    graceful_timeout: float = Field(default=20.0, gt=0, description="seconds that running work gets at stop")

    @property
    def instance(self) -> str:
        """A name of this process for logs and lock owners: service, host, never an address."""
        return f"{self.service}@{socket.gethostname()}"

    def kafka_options(self) -> dict[str, Any]:
        """Return the connection options that aiokafka's clients share."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap.split(","),
            "security_protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.kafka_sasl_mechanism,
                "sasl_plain_username": self.kafka_username,
                "sasl_plain_password": self.kafka_password.get_secret_value() if self.kafka_password else None,
            }
        if self.kafka_security_protocol.endswith("SSL"):
            options["ssl_context"] = ssl.create_default_context(cafile=self.kafka_ca_file)
        return options

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by the two sources below
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's; no .env is ever read
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then `TRUESHELF_<SERVICE>_…`, then the shared `TRUESHELF_…`, then secret files."""
        service = settings_cls.model_fields["service"].default
        own = _Own(settings_cls, env_prefix=f"TRUESHELF_{str(service).upper()}_")
        return (init_settings, own, _Shared(settings_cls), file_secret_settings)


class _Own(EnvSettingsSource):
    """`TRUESHELF_QA_…`: any field of the service."""


class _Shared(EnvSettingsSource):
    """`TRUESHELF_…`: only the fields that all services share, so that two services' own fields never meet."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if field_name not in RuntimeSettings.model_fields or field_name == "service":
            return None, field_name, False
        return super().get_field_value(field, field_name)
