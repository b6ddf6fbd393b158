"""Settings: whose variable wins, and that services' own fields never meet."""

from typing import Literal

import pytest
from pydantic import ValidationError

from trueshelf_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    service: Literal["qa"] = "qa"
    threshold: int = 3


@pytest.fixture(autouse=True)
def dsn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_PG_DSN", "postgresql://all")


def test_the_service_s_own_variable_goes_before_the_shared_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_QA_PG_DSN", "postgresql://qa")
    monkeypatch.setenv("TRUESHELF_HTTP_PORT", "9001")
    settings = Settings()
    assert settings.pg_dsn.get_secret_value() == "postgresql://qa"
    assert settings.http_port == 9001


def test_an_own_field_is_never_read_from_the_shared_prefix(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_THRESHOLD", "9")
    assert Settings().threshold == 3
    monkeypatch.setenv("TRUESHELF_QA_THRESHOLD", "7")
    assert Settings().threshold == 7


def test_secrets_do_not_show_and_a_wrong_port_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_S3_SECRET_KEY", "hush")
    assert "hush" not in repr(Settings())
    monkeypatch.setenv("TRUESHELF_HTTP_PORT", "70000")
    with pytest.raises(ValidationError, match="http_port"):
        Settings()


def test_kafka_options_follow_the_protocol():
    plain = Settings(kafka_bootstrap="a:1,b:2").kafka_options()
    assert plain == {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}
    secure = Settings(
        kafka_security_protocol="SASL_SSL",
        kafka_username="qa",
        kafka_password="hush",  # type: ignore[arg-type]
    ).kafka_options()
    assert (secure["sasl_plain_username"], secure["sasl_plain_password"]) == ("qa", "hush")
    assert secure["ssl_context"] is not None
