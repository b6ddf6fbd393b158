"""The `trueshelf` command's way to a service: address and token, from the environment or the running local stack.

A verb that cannot go on raises `CallFailed`, whose text a person can act on; `told` prints it and ends the command.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.keys import Level, load_key, mint

STACK_FILE = Path(".trueshelf/stack.json")


class CallFailed(Exception):  # noqa: N818 - it says what is the case
    """A verb cannot go on; the text says what is the case and what to do about it."""


class StackNotRunning(CallFailed):
    """There is no address for the service, or nobody at it; says how to get one."""


class NoAccount(CallFailed):
    """There is no token for this call; says how to get one."""


def find_stack(start: Path | None = None) -> dict[str, Any] | None:
    """Return what the local stack wrote about itself, from TRUESHELF_ROOT, else this folder or one above it.

    None without a stack.
    """
    here = (start or Path(os.environ.get("TRUESHELF_ROOT") or Path.cwd())).resolve()
    for folder in (here, *here.parents):
        file = folder / STACK_FILE
        if file.is_file():
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return found
    return None


def service_url(service: Service, stack: Mapping[str, Any] | None) -> str:
    """Return the service's address. Raises StackNotRunning."""
    given = os.environ.get(f"TRUESHELF_{service.upper()}_URL")
    if given:
        return given
    known = (stack or {}).get("services", {}).get(service)
    if not known:
        raise StackNotRunning(
            f"no address for {service}: start the stack with `trueshelf up`, or set TRUESHELF_{service.upper()}_URL"
        )
    return str(known["url"])


def token_for(
    role: Role,
    stack: Mapping[str, Any] | None,
    *,
    account: str | None = None,
    roles: Sequence[Role] = (),
    levels: Mapping[str, Level] | None = None,
) -> str:
    """Return `TRUESHELF_TOKEN`, or a token minted with the local stack's keys.

    In a drill stack the account is a practice account; elsewhere a machine's, which can never hold the reviewer's role.
    Raises NoAccount.
    """
    given = os.environ.get("TRUESHELF_TOKEN")
    if given and account is None:
        return given
    if not stack or "keys" not in stack:
        raise NoAccount("no token: set TRUESHELF_TOKEN, or run this beside a local stack (`trueshelf up`)")
    drill = bool(stack.get("drill"))
    if role == "reviewer" and not drill:
        raise NoAccount(
            "a reviewer is a person with an account: set TRUESHELF_TOKEN to a token of yours, "
            "or start a practice stack with `trueshelf up --drill`"
        )
    kind = "drill" if drill else "machine"
    subject = account or f"{kind}-{role}"
    senior: Mapping[str, Level] = levels if levels is not None else ({"*": "senior"} if role == "reviewer" else {})
    issuer = {name: str(stack[name]) for name in ("issuer", "audience") if name in stack}
    return mint(
        load_key(Path(str(stack["keys"]))),
        subject,
        role,
        kind="drill" if drill else "machine",
        roles=roles,
        levels=senior,
        session=f"cli-{subject}",
        auth_time=datetime.now(UTC) if drill else None,  # who holds the stack's key is there now
        issuer=issuer.get("issuer", "trueshelf-local"),
        audience=issuer.get("audience", "trueshelf"),
    )


def open_client(
    service: Service,
    role: Role,
    account: str | None = None,
    *,
    levels: Mapping[str, Level] | None = None,
    timeout: float = 60.0,
) -> httpx.Client:
    """Return a client for `service` of the running stack, with a fresh token on every request.

    Raises StackNotRunning or NoAccount, whose text tells the user what to do.
    """
    stack = find_stack()
    url = service_url(service, stack)
    try:
        token_for(role, stack, account=account, levels=levels)  # a missing account shows itself before the first call
    except NoAccount as error:
        if _listens(url):
            raise
        raise StackNotRunning(_not_running(service, url)) from error  # an account would not help

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token_for(role, stack, account=account, levels=levels)}"
        return request

    return httpx.Client(base_url=url, timeout=timeout, auth=sign, headers={"Accept": "application/json"})


@contextmanager
def reached(service: Service, role: Role, account: str | None = None) -> Iterator[httpx.Client]:
    """Give a client as `open_client` does. Raises CallFailed also when the service does not answer."""
    with open_client(service, role, account) as client:
        try:
            yield client
        except httpx.TransportError as error:
            url = str(client.base_url).rstrip("/")
            if isinstance(error, httpx.ConnectError):
                raise StackNotRunning(_not_running(service, url)) from error
            slow = isinstance(error, httpx.TimeoutException)
            said = "in time" if slow else f"at {url} ({error or type(error).__name__})"
            raise CallFailed(
                f"{service} does not answer {said}. See `trueshelf status`, then run the same command again."
            ) from error


def answered(answer: httpx.Response, service: Service) -> Any:
    """Return the answer's JSON. Raises CallFailed in the service's own words when it refused."""
    try:
        body = answer.json()
    except ValueError as error:
        advice = f"is {answer.request.url.netloc.decode()} the address of {service}? See `trueshelf status`"
        raise CallFailed(sentences(f"{service} answered {answer.status_code} without JSON", advice)) from error
    if answer.is_success:
        return body
    problem = body if isinstance(body, dict) else {}
    raise CallFailed(problem_words(problem) or f"{service} answered {answer.status_code}: {answer.text[:300]}")


def problem_words(problem: Mapping[str, Any]) -> str:
    """Return what a service's problem (RFC 9457) says, every wrong field named, with its advice."""
    message = str(problem.get("detail", ""))
    fields = [f"{entry['field']}: {entry['message']}" for entry in problem.get("errors", ())]
    whole = "; ".join([message, *(field for field in fields if field != message)])
    return sentences(whole, str(problem.get("advice", "")))


def sentences(message: str, advice: str = "") -> str:
    """Return what is the case and what to do about it as two sentences."""
    message, advice = message.strip(), advice.strip()
    if not (message and advice):
        return message or advice
    first = advice.split()[0]
    if first.isalpha() and first.islower():
        advice = advice[0].upper() + advice[1:]
    return f"{_ended(message)} {_ended(advice)}"


def _ended(text: str) -> str:
    return text if text[-1] in ".!?…" else f"{text.rstrip(';,:')}."


@contextmanager
def told(code: int) -> Iterator[None]:
    """End the command with `code` and the words of a CallFailed."""
    try:
        yield
    except CallFailed as error:
        fail(str(error), code)


def fail(text: str, code: int) -> NoReturn:
    """Say what went wrong on standard error and end the command."""
    sys.stderr.write(f"error: {text}\n")
    raise SystemExit(code)


def _not_running(service: Service, url: str) -> str:
    return (
        f"{service} does not answer at {url}: the stack is not running, or is still starting. "
        "Start it with `trueshelf up`; see `trueshelf status`."
    )


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 443), timeout=2).close()
    except OSError:
        return False
    return True
