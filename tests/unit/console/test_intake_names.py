# ruff: noqa: E501 -- the scripts that Node runs are easier to read in one piece
"""In whose name photos are sent, and what of their sender's words stays in the log for good."""

import json
import shutil
import subprocess
from contextlib import asynccontextmanager
from importlib import resources
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from trueshelf_console.domain.people import Account, Person, Session
from trueshelf_console.web.intake import delivery, start
from trueshelf_contracts.sheet import read_sheet
from trueshelf_runtime.clock import SystemClock

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not here: these modules are tested in e2e only")
STATIC = resources.files("trueshelf_console").joinpath("static", "intake")
PAGE = "{csrf: 'old', account: 'aigerim', stranger: 'log in as who began'}"


def node(script: str) -> Any:
    """Return what `script` puts into `out`. `session` is who is logged in; `writes` are the secrets that writes brought."""
    stub = """
    const writes = []; let session = {csrf: 'new', account: 'timur'}; let out;
    const reply = (status, body) => ({status, headers: {get: () => 'application/json'}, json: async () => body});
    const written = (secret) => { writes.push(secret); return secret === session.csrf ? [201, {}] : [403, {code: 'csrf'}]; };
    globalThis.fetch = async (path, {method, headers}) => path === '/intake/session' ? reply(200, session) : reply(...written(headers['X-CSRF-Token']));
    globalThis.XMLHttpRequest = class {
      upload = {}; headers = {};
      open() {}
      setRequestHeader(name, value) { this.headers[name] = value; }
      send() { const [status, body] = written(this.headers['X-CSRF-Token']); this.status = status; this.responseText = JSON.stringify(body); queueMicrotask(() => this.onload()); }
    };
    globalThis.window = globalThis.document = {addEventListener() {}};
    """
    imports = "".join(
        f"const {name} = await import('file://{STATIC.joinpath(name)}.js');" for name in ("wire", "queue")
    )
    program = f"{stub}{imports}{script}\nconsole.log(JSON.stringify(out)); process.exit(0);"
    command = [str(NODE), "--experimental-default-type=module", "--input-type=module", "-"]
    ran = subprocess.run(command, input=program, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@needs_node
@pytest.mark.parametrize("send", ["w.ask('POST', '/x', {})", "w.upload('/x', 'photo', () => {})"])
def test_another_persons_login_sends_nothing_of_this_page(send: str):
    out = node(f"const w = new wire.Wire({PAGE}); const a = await {send}; out = [a, wire.kindOf(a), w.csrf, writes];")
    answer, kind, csrf, writes = out
    assert (kind, answer["body"]["detail"]) == ("session", "log in as who began")
    assert (csrf, writes) == ("old", ["old"])


@needs_node
@pytest.mark.parametrize("send", ["w.ask('POST', '/x', {})", "w.upload('/x', 'photo', () => {})"])
def test_a_new_login_of_the_same_person_goes_on(send: str):
    script = (
        f"const w = new wire.Wire({PAGE}); await w.renew(); const before = w.stranger; session.account = 'aigerim';"
    )
    out = node(f"{script} const a = await {send}; out = [before, a.status, w.stranger, writes];")
    assert out == ["log in as who began", 201, "", ["old", "new"]]


@needs_node
@pytest.mark.parametrize(("account", "writes", "left"), [("timur", [], 1), ("aigerim", ["new"], 0)])
def test_the_phones_queue_waits_for_the_one_who_photographed(account: str, writes: list[str], left: int):
    script = f"""
    session.account = '{account}';
    const q = new queue.Queue(new wire.Wire({PAGE}), 'aigerim', {{texts: {{}}, shots: {{}}, limits: {{}}, sent() {{}}}});
    q.paint = () => {{}}; q.held = 'session'; q.snaps = [{{id: '1', sku: 'A', shot: 'front', name: 'a.jpg', form: {{}}, photo: {{size: 1}}}}];
    q.go();
    await new Promise((resolve) => setTimeout(resolve, 50));
    out = [writes, q.snaps.length, q.now];
    """
    assert node(script) == [writes, left, None]


CLOCK = SystemClock()
PERSON = Person(
    Account("aigerim-1", "aigerim", "Aigerim", "person", ("capturer",)),
    Session("s", "secret", CLOCK.now(), CLOCK.now()),
    "en",
)


def endpoint(router: Any, path: str) -> Any:
    return next(route.endpoint for route in router.routes if route.path == path)


async def test_a_page_learns_whose_session_it_is():
    desk: Any = SimpleNamespace(console=None, senders=lambda: PERSON, readers=lambda: PERSON)
    answer = await endpoint(start.router(desk), "/intake/session")(PERSON)
    assert json.loads(answer.body) == {"csrf": "secret", "account": "aigerim-1"}


async def test_a_files_name_does_not_enter_the_log(monkeypatch: pytest.MonkeyPatch):
    """The log keeps everything for ever; a name is the sender's words."""
    targets: list[str] = []
    mine = UUID(int=7)

    async def find(*_: Any) -> Any:
        return SimpleNamespace(name="Иванова, возврат 12.csv", delivery_id=mine)

    async def act(*_: Any, target: str, **__: Any) -> None:
        targets.append(target)

    async def of(_: Any) -> Any:
        return SimpleNamespace(sheet=read_sheet(b"sku,category,title,file,shot,rights\n"))

    @asynccontextmanager
    async def transaction():
        yield None

    monkeypatch.setattr(delivery.intake, "find", find)
    monkeypatch.setattr(delivery, "act", act)
    console = SimpleNamespace(db=SimpleNamespace(transaction=transaction), clock=CLOCK, pages=None)
    desk: Any = SimpleNamespace(console=console, senders=lambda: PERSON, sheets=SimpleNamespace(of=of))
    request: Any = None
    answer = await endpoint(delivery.router(desk), "/intake/{delivery_id}/wrong.csv")(request, mine, PERSON)
    assert answer.status_code == 200
    assert targets == [f"wrong rows of {mine}"]
