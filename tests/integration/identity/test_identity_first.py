"""The first administrator: a link that works once, for a day, for one browser."""

import asyncio
import stat
from datetime import timedelta

import pytest

from support.console_app import PASSWORD, ConsoleApp
from trueshelf_console.adapters.first_link import FirstLink

pytestmark = pytest.mark.integration


def link_in(console: ConsoleApp) -> str:
    file = console.settings.first_link_file
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text().strip().removeprefix(console.settings.url)


def form(link: str, login: str = "saule", **more: str) -> dict[str, str]:
    key = link.partition("key=")[2]
    return {"key": key, "login": login, "name": "Saule", "password": PASSWORD, "repeat": PASSWORD, **more}


async def test_the_link_makes_one_administrator_and_is_gone(console: ConsoleApp):
    link, browser = link_in(console), console.browser()
    assert "first administrator" in (await browser.get(link)).text
    made = await browser.post("/link", form(link))
    assert (made.status_code, made.headers["location"]) == (303, "/login?made=true")
    row = await console.row("saule")
    assert (row["roles"], row["kind"]) == (["admin"], "person")
    assert row["password_hash"].startswith("$argon2id$")
    assert console.settings.first_link_file is not None
    assert not console.settings.first_link_file.exists()
    (event,) = await console.stated("AccountChanged")
    assert (event["change"], event["actor"], event["roles"], event["drill"]) == ("created", None, ["admin"], False)
    assert "saule" not in str(event).lower()
    assert (await browser.get(link)).status_code == 410
    assert (await browser.post("/link", form(link, "second"))).status_code == 410
    assert (await browser.login("saule")).status_code == 303


async def test_of_two_browsers_with_the_link_one_gets_the_account(console: ConsoleApp):
    link = link_in(console)
    answers = await asyncio.gather(*(console.browser().post("/link", form(link, f"browser-{n}")) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]
    assert await console.db.fetchval("SELECT count(*) FROM accounts") == 1


async def test_the_link_is_over_after_a_day_and_a_new_one_is_written(console: ConsoleApp):
    old = link_in(console)
    file = FirstLink(console.db, console.clock, console.settings.first_link_file, console.settings.url)
    await file.ensure()
    assert link_in(console) == old, "a restart does not change a link that holds"
    console.clock.advance(timedelta(hours=24))
    assert (await console.browser().post("/link", form(old))).status_code == 410
    await file.ensure()
    assert link_in(console) != old
    assert (await console.browser().post("/link", form(link_in(console)))).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "too short", "repeat": "too short"}, "fewer than 12"),
        ({"password": "aaaaaaaaaaaaaa", "repeat": "aaaaaaaaaaaaaa"}, "easy to guess"),
        ({"repeat": "another one here"}, "not the same"),
        ({"login": "two words"}, "no spaces"),
        ({"name": "Saule\u202egpj"}, "invisible signs"),
        ({"name": ""}, "1 to 200"),
    ],
)
async def test_what_is_wrong_is_said_and_the_link_still_works(console: ConsoleApp, wrong: dict[str, str], says: str):
    link, browser = link_in(console), console.browser()
    answer = await browser.post("/link", {**form(link), **wrong})
    assert answer.status_code == 422
    assert says in answer.text
    assert PASSWORD not in answer.text
    assert (await browser.post("/link", form(link))).status_code == 303


async def test_a_made_up_key_opens_nothing(console: ConsoleApp):
    for key in ("", "x" * 43, "../../etc/passwd", "\u0000"):
        assert (await console.browser().get("/link", params={"key": key})).status_code == 410
