"""Each service gets what it needs and nobody else's secrets."""

from pathlib import Path

import pytest

from trueshelf_cli.keyring import Keyring
from trueshelf_cli.layout import MAX_SOCKET, SERVICES, Layout
from trueshelf_cli.processes import base_environment, service_processes, service_program, worker_name
from trueshelf_cli.servers import Servers
from trueshelf_contracts.refs import Service
from trueshelf_runtime.settings import RuntimeSettings

LAYOUT = Layout(Path("/srv/shelf"))
PORTS = {name: 9100 + n for n, name in enumerate((*SERVICES, "console-images"))}
PASSWORDS = {f"{name}{part}": f"pw-{name}{part}" for name in (*SERVICES, "postgres") for part in ("", "_owner")}
KEYRING = Keyring(LAYOUT.secrets, PASSWORDS)
SERVERS = Servers(
    local=(),
    pg_admin_dsn="postgresql://postgres:pw-postgres@127.0.0.1:5433/trueshelf",
    kafka_env={"TRUESHELF_KAFKA_BOOTSTRAP": "127.0.0.1:9092"},
    kafka_replication=1,
    s3_env={"TRUESHELF_S3_ENDPOINT": "http://127.0.0.1:9000"},
)


def environment(service: Service, environ: dict[str, str] | None = None, *, drill: bool = False):
    (process,) = service_processes([service], {}, {service: 8101})
    return dict(service_program(process, LAYOUT, KEYRING, SERVERS, environ or {}, ports=PORTS, drill=drill).env)


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_sees_another_ones_password_or_the_owners(service: Service):
    env = environment(service)
    text = " ".join(env.values())
    assert f":pw-{service}@" in env["TRUESHELF_PG_DSN"]
    for name, password in PASSWORDS.items():
        assert name == service or f":{password}@" not in text


def test_signing_keys_go_to_their_owner_only():
    keys = {"review_key": "review", "audit_key": "audit", "token_key": "console", "image_key": "console"}
    for name, owner in keys.items():
        path = str(getattr(KEYRING, name))
        assert [s for s in SERVICES if path in environment(s).values()] == [owner], name
    audit = environment("audit")
    assert audit["TRUESHELF_AUDIT_CHECKPOINT_KEY_FILE"].endswith("audit-checkpoint.jwk")
    assert audit["TRUESHELF_AUDIT_REVIEW_PUBLIC_KEYS_FILE"].endswith("review-public.json")


def test_a_services_own_settings_and_crash_point_reach_it_alone():
    environ = {"TRUESHELF_QA_TILE": "64", "TRUESHELF_QA_CRASH_AT": "relay.after_mark", "TRUESHELF_LOG_LEVEL": "DEBUG"}
    qa, review = environment("qa", environ), environment("review", environ)
    assert qa["TRUESHELF_QA_TILE"] == "64"
    assert qa["TRUESHELF_CRASH_AT"] == "relay.after_mark"
    assert "TRUESHELF_QA_TILE" not in review
    assert "TRUESHELF_CRASH_AT" not in review
    assert review["TRUESHELF_LOG_LEVEL"] == "DEBUG"


def test_the_users_own_secrets_do_not_leak_into_the_stack():
    environ = {"TRUESHELF_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "TRUESHELF_EXTERNAL_PG_DSN": "x", "PATH": "/bin"}
    assert environment("qa", environ).keys().isdisjoint({"TRUESHELF_TOKEN", "TRUESHELF_EXTERNAL_PG_DSN"})
    base = base_environment(LAYOUT.root, environ)
    assert base["PATH"] == "/bin"
    assert base.keys().isdisjoint(environ.keys() - {"PATH"})


def test_what_the_stack_sets_is_what_the_runtime_reads(monkeypatch: pytest.MonkeyPatch):
    for name, value in environment("qa", drill=True).items():
        monkeypatch.setenv(name, value)

    class Settings(RuntimeSettings):
        service: str = "qa"

    settings = Settings()
    assert settings.drill
    assert settings.http_port == 8101
    assert settings.pg_dsn.get_secret_value() == "postgresql://trueshelf_qa:pw-qa@127.0.0.1:5433/trueshelf"
    assert settings.jwks_file == KEYRING.jwks


def test_workers_are_further_processes_of_the_verb_work():
    ports = {"qa": 1, worker_name("qa", 1): 2, worker_name("qa", 2): 3}
    processes = service_processes(["qa"], {"qa": 2}, ports)
    assert [(p.name, p.verb, p.port) for p in processes] == [
        ("qa", "run", 1),
        ("qa-work-1", "work", 2),
        ("qa-work-2", "work", 3),
    ]


def test_a_deep_checkout_still_gets_a_socket_that_the_kernel_accepts():
    deep = Layout(Path("/home") / ("d" * 60) / ("e" * 60))
    assert len(str(deep.socket)) <= MAX_SOCKET
    assert deep.socket != Layout(deep.root / "other").socket
    assert Layout(Path("/srv/shelf")).socket == Path("/srv/shelf/.trueshelf/run/supervisor.sock")
