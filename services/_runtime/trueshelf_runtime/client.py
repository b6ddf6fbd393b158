"""The `trueshelf` command's way to a service: address and token, from the environment or the running local stack."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.keys import Level, load_key, mint

STACK_FILE = Path(".trueshelf/stack.json")


class StackNotRunning(Exception):  # noqa: N818 - it says what is the case
    """There is no address for the service; says how to get one."""


class NoAccount(Exception):  # noqa: N818 - it says what is the case
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
    token_for(role, stack, account=account, levels=levels)  # a missing account shows itself before the first request

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token_for(role, stack, account=account, levels=levels)}"
        return request

    return httpx.Client(base_url=url, timeout=timeout, auth=sign, headers={"Accept": "application/json"})
