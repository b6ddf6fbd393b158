"""What the console is told from outside."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, SecretStr, model_validator

from trueshelf_contracts.refs import Service
from trueshelf_runtime.settings import RuntimeSettings

SIX: tuple[Service, ...] = ("ingest", "generate", "qa", "review", "export", "audit")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Settings(RuntimeSettings):
    """Keys, addresses, the lengths of sessions, and the company's own login where there is one."""

    service: Literal["console"] = "console"

    token_key_file: Path = Field(description="JWK with the Ed25519 key that signs the five-minute tokens")
    image_key_file: Path = Field(description="at least 32 bytes that sign image addresses")
    first_link_file: Path | None = Field(
        default=None, description="where the one-time link of the first administrator is written"
    )

    practice_password_file: Path | None = Field(
        default=None, description="in a practice stack: the one password of all practice accounts"
    )

    public_url: str = Field(default="", description="how browsers reach the pages; default: the HTTP address")
    image_port: int = Field(default=8081, ge=0, le=65535, description="the port of the images' own origin")
    image_origin: str = Field(default="", description="how browsers reach it; default: that port of the HTTP host")

    ingest_url: str = "http://127.0.0.1:8001"
    generate_url: str = "http://127.0.0.1:8002"
    qa_url: str = "http://127.0.0.1:8003"
    review_url: str = "http://127.0.0.1:8004"
    export_url: str = "http://127.0.0.1:8005"
    audit_url: str = "http://127.0.0.1:8006"

    session_hours: PositiveInt = Field(default=12, description="after a login, whatever is done")
    idle_minutes: PositiveInt = Field(default=120, description="without a request")

    signing_minutes: PositiveInt = Field(
        default=720, description="so long after a login a person may decide; then the password is asked once more"
    )

    oidc_issuer: str = Field(default="", description="the company's login; empty: local accounts only")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    local_accounts: bool = Field(default=True, description="passwords of our own; off where OIDC is the only way in")

    @model_validator(mode="after")
    def _somebody_can_log_in(self) -> Self:
        """Refuse settings with which nobody could, or with which anybody between us and the issuer could listen."""
        if not self.oidc_issuer and not self.local_accounts:
            raise ValueError("local_accounts is off and oidc_issuer is empty: nobody could log in; set one of them")
        if self.oidc_issuer:
            parts = urlsplit(self.oidc_issuer)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                raise ValueError("oidc_issuer is an https address, as the issuer's discovery document names it")
            if not self.oidc_client_id:
                raise ValueError("oidc_client_id is missing: it is what the issuer calls this console")
        return self

    @model_validator(mode="after")
    def _images_are_another_site(self) -> Self:
        """Refuse one host name for pages and images: cookies know no ports, so the session's would go to both."""
        if urlsplit(self.url).hostname == urlsplit(self.images).hostname:
            raise ValueError(
                "public_url and image_origin have the same host name: give the images one of their own "
                "(locally: localhost for the pages, 127.0.0.1 for the images)"
            )
        return self

    @property
    def url(self) -> str:
        """Return how browsers reach the pages; on one machine by another name than the images."""
        host = "localhost" if self.http_host == "127.0.0.1" else self.http_host
        return (self.public_url or f"http://{host}:{self.http_port}").rstrip("/")

    @property
    def images(self) -> str:
        return (self.image_origin or f"http://{self.http_host}:{self.image_port}").rstrip("/")

    @property
    def services(self) -> dict[Service, str]:
        """Return the six services' addresses."""
        return {service: str(getattr(self, f"{service}_url")).rstrip("/") for service in SIX}

    @property
    def signing_age(self) -> timedelta:
        return timedelta(minutes=self.signing_minutes)

    @property
    def session_lengths(self) -> tuple[timedelta, timedelta]:
        """Return after what a session is over: since the login, and without a request."""
        return timedelta(hours=self.session_hours), timedelta(minutes=self.idle_minutes)
