"""Who runs the host brings an administrator back who lost the password, without SQL and on record."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.console_app import ConsoleApp
from trueshelf_console.reset_link import reset_link
from trueshelf_runtime.errors import Refused

pytestmark = pytest.mark.integration
NEW = "another lighthouse of glass"


async def test_the_only_administrator_gets_a_new_password_by_a_link_from_the_host(console: ConsoleApp):
    account = await console.account("admin", ("admin",))
    lost = await console.inside("admin")
    made = {"clock": console.clock, "url": console.settings.url, "login": " Admin ", "drill": False}
    first = await reset_link(console.db, **made)  # type: ignore[arg-type]
    link = await reset_link(console.db, **made)  # type: ignore[arg-type]
    owner = console.browser()
    assert (await owner.get(first.removeprefix(console.settings.url))).status_code == 410, "only the newest holds"
    assert "admin" in (await owner.get(link.removeprefix(console.settings.url))).text
    form = {"key": link.partition("key=")[2], "password": NEW, "repeat": NEW}
    assert (await owner.post("/link", form)).status_code == 303
    assert (await lost.get("/account")).status_code == 303, "the sessions of before are over"
    assert (await owner.login("admin", NEW)).status_code == 303
    assert (await owner.get("/accounts")).status_code == 200
    acts = await console.acts("console.make_link")
    host = (account, None, {"how": "on the host"})
    assert [(act["target"], act["actor"], act["details"]) for act in acts] == [host, host]
    assert all(link.partition("key=")[2] not in str(event) for event in await console.stated())


async def test_there_is_no_link_for_nobody_and_none_for_a_practice_account(console: ConsoleApp):
    await console.account("vera", ("reviewer",), kind="drill")
    for login, code in (("nobody", "account_not_found"), ("vera", "drill_account")):
        with pytest.raises(Refused) as caught:
            await reset_link(console.db, console.clock, "", login, drill=False)
        assert caught.value.code == code
    assert await console.acts("console.make_link") == []


def test_away_from_the_console_the_command_says_where_to_run_it(tmp_path: Path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    command = [sys.executable, "-m", "trueshelf_console.reset_link", "admin"]
    done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "TRUESHELF_PG_DSN" in done.stderr
    assert "run it where the console runs" in done.stderr
