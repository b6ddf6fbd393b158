"""Accounts as administrators change them. Each change is one `AccountChanged` with its actor, or it did not happen.

Every function takes the lock of all accounts first: two administrators who take each other's role at the same time
meet one after the other, and the second one is told that he is the last.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from trueshelf_console.domain.people import Kind, Language
from trueshelf_console.domain.rights import REST, Rights
from trueshelf_console.service.login import new_account_id
from trueshelf_console.sql import ACCOUNTS, SQL
from trueshelf_contracts.console import AccountChanged
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.origin import stamp

What = Literal["created", "roles_changed", "deputy_named", "closed", "reopened"]


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, and when. Nobody (None) makes the first administrator."""

    who: Principal | None
    at: datetime


async def create(
    tx: Tx,
    by: By,
    login: str,
    name: str,
    rights: Rights,
    *,
    language: Language = "en",
    password_hash: str | None = None,
    subject: str | None = None,
) -> str:
    """Make an account and return its id. Raises Refused `login_taken`.

    Whom a practice account makes is a practice account: nothing of a drill ever passes for a person.
    """
    await tx.execute(ACCOUNTS["lock"])
    account_id = new_account_id()
    kind: Kind = "drill" if by.who is not None and by.who.drill else "person"
    fields = (account_id, login, name, kind, list(rights.roles), dict(rights.levels), language, password_hash, subject)
    if await tx.execute(ACCOUNTS["add"], *fields, by.at) == "INSERT 0 0":
        raise Refused("login_taken", f"there is an account with the login {login}", "choose another login")
    await _state(tx, by, "created", account_id=account_id, kind=kind, rights=rights)
    return account_id


async def change_rights(tx: Tx, by: By, account_id: str, version: int, rights: Rights) -> bool:
    """Give an account these rights instead of its own; return whether sessions were ended because some are gone.

    Raises Refused: `account_not_found`, `account_changed`, `practice_only`, `last_admin`.
    """
    row = await _changeable(tx, by, account_id, version)
    own = rights_of(row)
    if own == rights:
        return False
    if "admin" in own.roles and "admin" not in rights.roles:
        await _not_the_last(tx, row)
    await tx.execute(ACCOUNTS["set_rights"], account_id, list(rights.roles), dict(rights.levels))
    await _state_row(tx, by, "roles_changed", row, rights)
    if not rights.lacks(own):
        return False
    await _end_sessions(tx, account_id, by.at)
    for deputy in await tx.fetch(ACCOUNTS["deputies"], account_id):
        await _end_sessions(tx, deputy["account_id"], by.at)
    return True


async def name_deputy(tx: Tx, by: By, account_id: str, version: int, lender: str | None) -> None:
    """Make an account the deputy of another one, or of nobody (R-72). Raises Refused as `change_rights` does.

    A deputy holds the other's own roles and levels besides his; what was lent to that one is not lent on.
    """
    row = await _changeable(tx, by, account_id, version)
    if row["deputy_of"] == lender:
        return
    if lender is not None:
        other = await tx.fetchrow(ACCOUNTS["account"], lender)
        if other is None or other["closed"] or lender == account_id:
            raise Refused("deputy_unknown", "a deputy stands in for another, open account", "choose one of the list")
        if other["kind"] != row["kind"]:
            raise Refused("deputy_kind", "a practice account stands in for practice accounts only", "choose another")
    await tx.execute(ACCOUNTS["set_deputy"], account_id, lender)
    await _state(
        tx, by, "deputy_named", account_id=account_id, kind=row["kind"], rights=rights_of(row), deputy_of=lender
    )
    if row["deputy_of"] is not None:
        await _end_sessions(tx, account_id, by.at)


async def close(tx: Tx, by: By, account_id: str, version: int) -> None:
    """Close an account: it stays, for the record, and nobody can use it. Raises Refused as `change_rights` does."""
    row = await _changeable(tx, by, account_id, version)
    if row["closed"]:
        return
    if "admin" in row["roles"]:
        await _not_the_last(tx, row)
    await tx.execute(ACCOUNTS["set_closed"], account_id, True)
    await tx.execute(ACCOUNTS["drop_links"], account_id, by.at)
    await _state_row(tx, by, "closed", row, rights_of(row))
    await _end_sessions(tx, account_id, by.at)
    for deputy in await tx.fetch(ACCOUNTS["deputies"], account_id):
        await _end_sessions(tx, deputy["account_id"], by.at)


async def reopen(tx: Tx, by: By, account_id: str, version: int) -> None:
    """Open a closed account again, with the rights that it had. Raises Refused as `change_rights` does."""
    row = await _changeable(tx, by, account_id, version)
    if row["closed"]:
        await tx.execute(ACCOUNTS["set_closed"], account_id, False)
        await _state_row(tx, by, "reopened", row, rights_of(row))


async def rename(tx: Tx, by: By, account_id: str, version: int, name: str) -> None:
    """Give an account another name. The record says that it happened, not which: events carry no names."""
    row = await _changeable(tx, by, account_id, version)
    if row["name"] != name:
        await tx.execute(ACCOUNTS["set_name"], account_id, name)
        await act(tx, "console.rename_account", target=account_id, who=by.who, at=by.at)


async def end_sessions(tx: Tx, by: By, account_id: str) -> int:
    """End every session of an account; return how many there were. Raises Refused as `change_rights` does."""
    await _changeable(tx, by, account_id, None)
    ended = int((await tx.execute(SQL["end_sessions_of"], account_id, by.at)).rpartition(" ")[2])
    await act(tx, "console.end_sessions", target=account_id, who=by.who, at=by.at, details={"sessions": str(ended)})
    return ended


async def changeable(tx: Tx, by: By, account_id: str) -> Row:
    """Return the account if `by` may change it, under the lock. Raises Refused."""
    return await _changeable(tx, by, account_id, None)


def rights_of(row: Row) -> Rights:
    """Return the account's own rights, without what it holds as a deputy."""
    return Rights(tuple(row["roles"]), row["levels"])


async def _changeable(tx: Tx, by: By, account_id: str, version: int | None) -> Row:
    await tx.execute(ACCOUNTS["lock"])
    row = await tx.fetchrow(ACCOUNTS["account"], account_id)
    if row is None:
        raise Refused("account_not_found", "there is no such account")
    if by.who is not None and by.who.drill and row["kind"] != "drill":
        raise Refused(
            "practice_only", "a practice administrator changes practice accounts only", "log in as a real administrator"
        )
    if version is not None and row["version"] != version:
        raise Refused(
            "account_changed", "somebody has changed this account meanwhile", "look at it as it is now, then try again"
        )
    return row


async def _not_the_last(tx: Tx, row: Row) -> None:
    if not await tx.fetchval(ACCOUNTS["other_able_admins"], row["account_id"], row["kind"]):
        raise Refused(
            "last_admin",
            "this is the last administrator who can log in",
            "give the role to another account first, and let its owner log in",
        )


async def _end_sessions(tx: Tx, account_id: str, at: datetime) -> None:
    await tx.execute(SQL["end_sessions_of"], account_id, at)


async def _state_row(tx: Tx, by: By, what: What, row: Row, rights: Rights) -> None:
    await _state(
        tx, by, what, account_id=row["account_id"], kind=row["kind"], rights=rights, deputy_of=row["deputy_of"]
    )


async def _state(
    tx: Tx, by: By, what: What, *, account_id: str, kind: Kind, rights: Rights, deputy_of: str | None = None
) -> None:
    change = uuid4()
    event = AccountChanged(
        **stamp("AccountChanged", account_id, change, at=by.at, drill=kind == "drill"),
        account_id=account_id,
        change_id=change,
        change=what,
        kind=kind,
        roles=rights.roles,
        levels={category: level for category, level in rights.levels.items() if category != REST},
        rest_level=rights.levels.get(REST),
        deputy_of=deputy_of,
        actor=by.who.actor() if by.who is not None else None,
    )
    await tx.emit(event)
