"""Accounts as administrators change them: on record, never the last one, rights that shrink at once (R-65, R-72)."""

import asyncio
import re
from typing import Any

import pytest

from support.console_app import PASSWORD, Browser, ConsoleApp
from trueshelf_console.service import accounts
from trueshelf_console.web.guard import account_of
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal

pytestmark = pytest.mark.integration
LINK = re.compile(r'value="https://console\.test(/link\?key=[^"]+)"')


async def admin_of(console: ConsoleApp, login: str = "admin") -> Browser:
    await console.account(login, ("admin",))
    return await console.inside(login)


async def change(browser: Browser, account: str, what: str, **form: Any) -> Any:
    row = re.search(r'name="version" value="(\d+)"', (await browser.get(f"/accounts/{account}")).text)
    assert row is not None
    return await browser.post(f"/accounts/{account}/{what}", {"version": row[1], **form})


async def test_an_account_is_made_with_a_link_that_is_shown_once(console: ConsoleApp):
    admin = await admin_of(console)
    form = {"login": " Daniyar ", "name": "Daniyar  Q.", "roles": ["reviewer", "uploader"]}
    form |= {"category": ["*", "Jewelry", ""], "level": ["junior", "senior", ""]}
    made = await admin.post("/accounts", form)
    assert made.status_code == 201
    row = await console.row("daniyar")
    assert (row["name"], row["roles"], row["levels"]) == (
        "Daniyar Q.",
        ["reviewer", "uploader"],
        {"*": "junior", "jewelry": "senior"},
    )
    event = (await console.stated("AccountChanged"))[-1]
    assert (event["change"], event["actor"]["role"], event["levels"]) == ("created", "admin", {"jewelry": "senior"})
    assert event["rest_level"] == "junior", "the level for all other categories"
    assert "daniyar" not in str(event).lower()
    link = LINK.search(made.text)
    assert link is not None
    owner = console.browser()
    assert "daniyar" in (await owner.get(link[1])).text
    form = {"key": link[1].partition("key=")[2], "password": PASSWORD, "repeat": PASSWORD}
    assert (await owner.post("/link", form)).status_code == 303
    assert (await owner.login("daniyar")).status_code == 303
    assert (await console.browser().post("/link", form)).status_code == 410, "a link works once"
    assert link[1] not in (await admin.get(f"/accounts/{row['account_id']}")).text


async def test_a_new_link_takes_the_old_ones_place_and_ends_sessions(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("saule", ("operator",))
    inside = await console.inside("saule")
    links = []
    for _ in range(2):
        page = await admin.post(f"/accounts/{account}/link")
        found = LINK.search(page.text)
        assert found is not None
        links.append(found[1].partition("key=")[2])
    form = {"password": "five herons at dawn", "repeat": "five herons at dawn"}
    assert (await console.browser().post("/link", {"key": links[0], **form})).status_code == 410
    assert (await inside.get("/account")).status_code == 200, "nothing happens before the link is used"
    assert (await console.browser().post("/link", {"key": links[1], **form})).status_code == 303
    assert (await inside.get("/account")).status_code == 303
    assert [event["target"] for event in await console.acts("console.make_link")] == [account, account]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"roles": ["reviewer"]}, "needs a level"),
        ({"roles": ["reviewer"], "category": ["no such thing!"], "level": ["junior"]}, "is no category"),
        ({"roles": ["reviewer"], "category": ["ring", "ring"], "level": ["junior", "senior"]}, "stands twice"),
        ({"roles": ["king"]}, "There is no role"),
        ({"login": "admin"}, "with this login already"),
        ({"login": "Ａdmin"}, "with this login already"),
        ({"login": ""}, "1 to 200"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(console: ConsoleApp, form: dict[str, Any], says: str):
    admin = await admin_of(console)
    name = "Zoë <i>O'Hara</i>"
    answer = await admin.post("/accounts", {"login": "zoe", "name": name, **form})
    assert answer.status_code in {409, 422}
    assert says in answer.text
    assert "Zoë &lt;i&gt;O&#39;Hara&lt;/i&gt;" in answer.text
    assert await console.db.fetchval("SELECT count(*) FROM accounts") == 1


async def test_rights_that_shrink_end_the_sessions_and_rights_that_grow_do_not(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("vera", ("reviewer", "operator"), {"*": "senior"})
    vera = await console.inside("vera")
    grown = {"roles": ["reviewer", "operator", "uploader"], "category": "*", "level": "senior"}
    assert "done=rights" in (await change(admin, account, "rights", **grown)).headers["location"]
    assert (await vera.get("/account")).status_code == 200
    less = {"roles": ["reviewer", "operator", "uploader"], "category": ["*", "ring"], "level": ["senior", "junior"]}
    answer = await change(admin, account, "rights", **less)
    assert answer.headers["location"].endswith("done=rights_less"), "a junior in rings, where she was a senior"
    assert (await vera.get("/account")).status_code == 303
    events = [event for event in await console.stated("AccountChanged") if event["change"] == "roles_changed"]
    assert [event["levels"] for event in events] == [{}, {"ring": "junior"}]
    assert [event["rest_level"] for event in events] == ["senior", "senior"]
    assert {event["actor"]["id"] for event in events} == {(await console.row("admin"))["account_id"]}


async def test_the_last_administrator_stays(console: ConsoleApp):
    admin = await admin_of(console)
    own = (await console.row("admin"))["account_id"]
    await console.account("never-came", ("admin",))
    await console.db.execute("UPDATE accounts SET password_hash = NULL WHERE login = 'never-came'")
    await console.account("practice", ("admin",), kind="drill")
    for what, form in (("close", {}), ("rights", {"roles": ["auditor"]})):
        answer = await change(admin, own, what, **form)
        assert answer.status_code == 409
        assert "last administrator who can log in" in answer.text
    await console.account("second", ("admin",))
    assert (await change(admin, own, "rights", roles=["auditor"])).status_code == 303
    assert (await admin.get("/accounts")).status_code == 303, "the session of who is no administrator any more is over"


async def test_two_administrators_who_close_each_other_leave_one(console: ConsoleApp):
    one, two = await admin_of(console, "one"), await admin_of(console, "two")
    ids = [(await console.row(login))["account_id"] for login in ("one", "two")]
    forms = {"version": "1"}
    answers = await asyncio.gather(
        one.post(f"/accounts/{ids[1]}/close", forms), two.post(f"/accounts/{ids[0]}/close", forms)
    )
    left = await console.db.fetchval("SELECT count(*) FROM accounts WHERE NOT closed")
    assert left == 1, [answer.status_code for answer in answers]


async def test_who_saves_an_old_page_is_told_and_overwrites_nothing(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("saule", ("operator",))
    first = await admin.post(f"/accounts/{account}/rights", {"version": "1", "roles": ["auditor"]})
    assert first.status_code == 303
    late = await admin.post(f"/accounts/{account}/rights", {"version": "1", "roles": ["uploader", "capturer"]})
    assert late.status_code == 409
    assert "Somebody has changed this account meanwhile" in late.text
    assert late.text.count("checked") == 2, "the choice is still on the form"
    assert (await console.row("saule"))["roles"] == ["auditor"]
    assert (await admin.post("/accounts/acc_000000000000/close", {"version": "1"})).status_code == 404


async def test_a_closed_account_is_nobody_until_it_is_reopened(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("saule", ("operator",))
    inside = await console.inside("saule")
    assert (await change(admin, account, "close")).status_code == 303
    assert (await inside.get("/account")).status_code == 303
    assert (await console.browser().login("saule")).status_code == 403
    assert (await admin.post(f"/accounts/{account}/link")).status_code == 409
    assert (await change(admin, account, "reopen")).status_code == 303
    assert (await console.browser().login("saule")).status_code == 303
    changes = [event["change"] for event in await console.stated("AccountChanged")]
    assert changes[-2:] == ["closed", "reopened"]


async def test_a_deputy_holds_the_others_rights_as_long_as_he_is_one(console: ConsoleApp):
    """R-72: an absence does not break the pipeline. The record names the deputy and the role that he used."""
    admin = await admin_of(console)
    vera = await console.account("vera", ("reviewer",), {"jewelry": "senior", "*": "junior"})
    olga = await console.account("olga", ("uploader", "reviewer"), {"*": "junior", "ring": "senior"})
    inside = await console.inside("olga")
    assert (await change(admin, olga, "deputy", deputy_of=vera)).status_code == 303
    row = await console.db.fetchrow(
        "SELECT a.*, p.roles AS lent_roles, p.levels AS lent_levels FROM accounts a"
        " LEFT JOIN accounts p ON p.account_id = a.deputy_of AND NOT p.closed WHERE a.login = 'olga'"
    )
    held = account_of(row)
    assert held.roles == ("reviewer", "uploader")
    assert held.levels == {"*": "junior", "ring": "senior", "jewelry": "senior"}
    assert (await inside.get("/account")).status_code == 200
    event = (await console.stated("AccountChanged"))[-1]
    assert (event["change"], event["account_id"], event["deputy_of"]) == ("deputy_named", olga, vera)
    assert event["roles"] == ["uploader", "reviewer"], "its own ones: what it is lent follows from the other account"
    assert (await change(admin, vera, "rights", roles=["auditor"])).status_code == 303
    assert (await inside.get("/account")).status_code == 303, "what is lent shrank: the deputy logs in again"
    again = await console.inside("olga")
    assert "Auditor" in (await again.get("/account")).text
    assert (await again.get("/accounts")).status_code == 403
    await change(admin, olga, "deputy", deputy_of="")
    assert (await again.get("/account")).status_code == 303


async def test_what_was_lent_is_not_lent_on_and_a_closed_account_lends_nothing(console: ConsoleApp):
    admin = await admin_of(console)
    boss = await console.account("boss", ("admin",))
    middle, last = await console.account("middle", ("operator",)), await console.account("last", ("capturer",))
    await change(admin, middle, "deputy", deputy_of=boss)
    await change(admin, last, "deputy", deputy_of=middle)
    assert (await (await console.inside("middle")).get("/accounts")).status_code == 200
    assert (await (await console.inside("last")).get("/accounts")).status_code == 403
    await change(admin, boss, "close")
    assert (await (await console.inside("middle")).get("/accounts")).status_code == 403
    answer = await change(admin, last, "deputy", deputy_of=boss)
    assert (answer.status_code, "open account" in answer.text) == (409, True)
    answer = await change(admin, last, "deputy", deputy_of=last)
    assert answer.status_code == 409


async def test_practice_and_people_do_not_mix(console: ConsoleApp):
    person, vera = await console.account("person", ("reviewer",)), await console.account("vera", kind="drill")
    real = await admin_of(console)
    answer = await change(real, vera, "deputy", deputy_of=person)
    assert (answer.status_code, "practice accounts only" in answer.text) == (409, True)
    by = accounts.By(Principal("acc_drill", "drill", "admin", "ses", ("admin",)), console.clock.now())
    async with console.db.transaction() as tx:
        made = await accounts.create(tx, by, "trainee", "Trainee", accounts.Rights())
    assert (await console.row("trainee"))["kind"] == "drill", "whom a practice administrator makes is practice, too"
    assert (await console.stated("AccountChanged"))[-1]["drill"] is True
    with pytest.raises(Refused, match="practice_only"):
        async with console.db.transaction() as tx:
            await accounts.close(tx, by, person, 1)
    async with console.db.transaction() as tx:
        await accounts.close(tx, by, made, 1)


async def test_an_administrator_may_not_review_because_he_is_one(console: ConsoleApp):
    """R-60, R-65: the role gives no reviewer's right, and who gives it to himself is on record as who he is."""
    admin = await admin_of(console)
    own = (await console.row("admin"))["account_id"]
    assert (await admin.get("/review")).status_code == 403
    assert (await change(admin, own, "rights", roles=["admin", "reviewer"], category="*", level="junior")).is_redirect
    event = (await console.stated("AccountChanged"))[-1]
    assert event["actor"]["id"] == event["account_id"] == own


async def test_names_that_try_to_be_more_are_shown_as_they_are(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("saule", ("operator",))
    name = "<script>alert(1)</script> \" ' &amp; الفا"
    assert (await change(admin, account, "name", name=name)).status_code == 303
    page = (await admin.get("/accounts")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    (act,) = await console.acts("console.rename_account")
    assert "script" not in str(act)


async def test_of_many_who_use_a_link_at_once_one_sets_the_password(console: ConsoleApp):
    admin = await admin_of(console)
    account = await console.account("saule")
    found = LINK.search((await admin.post(f"/accounts/{account}/link")).text)
    assert found is not None
    key = found[1].partition("key=")[2]
    words = [f"number {number} of six herons" for number in range(6)]
    answers = await asyncio.gather(
        *(console.browser().post("/link", {"key": key, "password": word, "repeat": word}) for word in words)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]
    (done,) = [word for word, answer in zip(words, answers, strict=True) if answer.status_code == 303]
    assert (await console.browser().login("saule", done)).status_code == 303
