"""Up and down, for real: supervisord, the three servers, and a service small enough to stand in for ours."""

import json
import os
import shutil
import signal
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from support.backing import CACHE, POMS, KafkaServer, PostgresServer, S3Server, wait_until
from trueshelf_cli.layout import Layout
from trueshelf_cli.processes import ServiceProcess
from trueshelf_cli.stack import Running, Stack, Wish, readiness

pytestmark = pytest.mark.integration

SERVICE = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *a): pass
print("started", sys.argv[1], flush=True)
address = os.environ["TRUESHELF_HTTP_HOST"], int(os.environ["TRUESHELF_HTTP_PORT"])
http.server.HTTPServer(address, Handler).serve_forever()
"""


def make_stack(root: Path, environ: dict[str, str] | None = None):
    (root / ".trueshelf").mkdir(parents=True)
    root.chmod(0o755)
    (root / "deploy").mkdir()
    (root / "deploy" / "backing").symlink_to(POMS)
    (root / ".trueshelf" / "lib").symlink_to(CACHE / "lib")
    (root / "small_service.py").write_text(SERVICE)
    keep = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    return Stack(Layout(root), {**keep, **(environ or {})})


MODULES = dict.fromkeys(("ingest", "audit"), "small_service")
WISH = Wish(drill=True, services=("ingest", "audit"), workers={"ingest": 1}, modules=MODULES)


@pytest.fixture(scope="module")
def checkouts():
    # Not pytest's own: each session that starts takes the right to pass through /tmp/pytest-of-… away again.
    folder = Path(tempfile.mkdtemp(prefix="trueshelf-checkouts-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stack(checkouts: Path):
    made = make_stack(checkouts / "first")
    try:
        yield made
    finally:
        made.down()


def pids(stack: Stack):
    return {info["name"]: info["pid"] for info in stack.supervisor.processes()}


@pytest.fixture(scope="module")
def running(stack: Stack):
    return stack.up(WISH)


def test_everything_is_ready_and_written_down(stack: Stack, running: Running):
    written = json.loads(stack.layout.stack_file.read_text())
    assert written["drill"] is True
    assert set(written["services"]) == {"ingest", "audit"}
    assert set(pids(stack)) == {"postgres", "kafka", "s3", "ingest", "ingest-work-1", "audit"}
    for entry in (*written["services"].values(), *written["workers"].values()):
        with urllib.request.urlopen(entry["url"] + "/readyz", timeout=5) as answer:
            assert answer.status == 200
    assert all(process.verb for process in running.processes)


def test_secrets_are_private_and_go_only_where_they_belong(stack: Stack, running: Running):
    for path in (*stack.layout.secrets.glob("*.jwk"), stack.layout.secrets / "passwords.json", stack.layout.config):
        assert path.stat().st_mode & 0o077 == 0, path
    environments = {name: psutil.Process(pid).environ() for name, pid in pids(stack).items()}
    passwords = json.loads((stack.layout.secrets / "passwords.json").read_text())
    for name in ("ingest", "ingest-work-1", "audit"):
        text = " ".join(environments[name].values())
        for foreign in ("postgres", "ingest_owner", "audit_owner", "review"):
            assert passwords[foreign] not in text
    assert "TRUESHELF_AUDIT_CHECKPOINT_KEY_FILE" in environments["audit"]
    assert "TRUESHELF_AUDIT_CHECKPOINT_KEY_FILE" not in environments["ingest"]


def test_a_second_up_changes_nothing(stack: Stack, running: Running):
    before = pids(stack)
    started = time.monotonic()
    stack.up(WISH)
    assert pids(stack) == before
    assert time.monotonic() - started < 20


def test_a_killed_process_is_started_again(stack: Stack, running: Running):
    before = pids(stack)["ingest"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pids(stack)["ingest"] not in (0, before), what="the new process")
    process = next(p for p in running.processes if p.name == "ingest")
    wait_until(lambda: readiness(process) is None, what="its readiness")


def test_external_servers_take_the_place_of_local_ones_beside_another_stack(  # noqa: PLR0917 -- fixtures
    checkouts: Path, running: Running, postgres: PostgresServer, kafka: KafkaServer, s3: S3Server, stack: Stack
):
    other = make_stack(
        checkouts / "other",
        {
            "TRUESHELF_EXTERNAL_PG_DSN": postgres.dsn,
            "TRUESHELF_EXTERNAL_KAFKA": kafka.bootstrap,
            "TRUESHELF_EXTERNAL_KAFKA_REPLICATION": "1",
            "TRUESHELF_EXTERNAL_S3": s3.endpoint,
            "TRUESHELF_EXTERNAL_S3_ACCESS_KEY": s3.access_key,
            "TRUESHELF_EXTERNAL_S3_SECRET_KEY": s3.secret_key,
        },
    )
    try:
        other.up(Wish(services=("ingest",), modules={"ingest": "small_service"}))
        assert set(pids(other)) == {"ingest"}
        mine = {p.port for p in running.processes}
        assert int(other.layout.stack()["services"]["ingest"]["url"].rpartition(":")[2]) not in mine
    finally:
        other.down()
    assert other.members() == []
    assert set(pids(stack)) >= {"kafka", "audit"}, "the first stack does not notice"


def test_down_leaves_nothing_even_when_the_supervisor_was_killed_and_up_takes_the_same_ports(
    stack: Stack, running: Running
):
    ports = (stack.layout.run / "ports.json").read_text()
    children = stack.members()
    os.kill(stack.supervisor.pid(), signal.SIGKILL)
    wait_until(lambda: not stack.supervisor.answers(), what="the supervisor's end")
    assert len(stack.members()) >= 5
    assert stack.down(), "orphans are named"
    assert stack.members() == []
    assert not any(process.is_running() for process in children)
    again = stack.up(Wish(services=("audit",), modules={"audit": "small_service"}))
    assert json.loads((stack.layout.run / "ports.json").read_text()) == json.loads(ports)
    assert [p.name for p in again.processes] == ["audit"]
    stack.down()
    assert stack.members() == []
    assert stack.down() == [], "a second down finds nothing"


def test_a_service_that_is_not_up_says_so():
    assert "does not answer" in readiness(ServiceProcess("x", "qa", "run", 1))
