"""One-time links: the first administrator's, and those with which an account's owner sets a password."""

import hashlib
import secrets
from datetime import datetime, timedelta

from trueshelf_console.domain.rights import Rights
from trueshelf_console.service.accounts import By, changeable, create
from trueshelf_console.sql import ACCOUNTS, SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.errors import Refused

LIFE = timedelta(hours=24)
OVER = ("link_over", "this link was used already, or a day has passed", "ask an administrator for a new one")


async def make_link(tx: Tx, by: By, account_id: str) -> str:
    """Return the token of a new link for an account; earlier ones that were not used are worth nothing from now on.

    Raises Refused: `account_not_found`, `practice_only`, `account_closed`.
    """
    row = await changeable(tx, by, account_id)
    if row["closed"]:
        raise Refused("account_closed", "this account is closed", "reopen it first")
    await tx.execute(ACCOUNTS["drop_links"], account_id, by.at)
    token = secrets.token_urlsafe(32)
    made_by = by.who.id if by.who is not None else None
    await tx.execute(ACCOUNTS["add_link"], digest(token), account_id, made_by, by.at + LIFE)
    how = {} if by.who is not None else {"how": "on the host"}
    await act(tx, "console.make_link", target=account_id, who=by.who, at=by.at, details=how)
    return token


async def make_first_link(tx: Tx, now: datetime, known: str) -> str | None:
    """Return the first administrator's link: `known` as long as it holds, else a new one; None when there is one."""
    await tx.execute(ACCOUNTS["lock"])
    if await tx.fetchval(ACCOUNTS["person_admins"]):
        await tx.execute(ACCOUNTS["drop_first_links"])
        return None
    row = await tx.fetchrow(ACCOUNTS["link"], digest(known))
    if row is not None and row["used_at"] is None and row["until"] > now:
        return known
    await tx.execute(ACCOUNTS["drop_first_links"])
    token = secrets.token_urlsafe(32)
    await tx.execute(ACCOUNTS["add_link"], digest(token), None, None, now + LIFE)
    return token


async def link_of(tx: Tx, token: str, now: datetime) -> Row:
    """Return an open link and its account. Raises Refused `link_over`: nothing more is said about a wrong one."""
    row = await tx.fetchrow(ACCOUNTS["link"], digest(token))
    if row is None or row["used_at"] is not None or row["until"] <= now or row["closed"]:
        raise Refused(*OVER)
    return row


async def first_administrator(
    tx: Tx, token: str, login: str, name: str, now: datetime, *, password_hash: str | None, subject: str | None
) -> str:
    """Use the first administrator's link: make the account and return its id. Raises Refused.

    The lock comes first: of two browsers with the same link one makes the account and the other one is told.
    """
    await tx.execute(ACCOUNTS["lock"])
    await _use(tx, token, None, now)
    if await tx.fetchval(ACCOUNTS["person_admins"]):
        raise Refused(*OVER)
    rights = Rights(("admin",))
    made = await create(tx, By(None, now), login, name, rights, password_hash=password_hash, subject=subject)
    await tx.execute(ACCOUNTS["drop_first_links"])
    return made


async def set_password(tx: Tx, token: str, account_id: str, password_hash: str, now: datetime) -> None:
    """Use an account's link: a new password, and every session of before is over. Raises Refused `link_over`."""
    await tx.execute(ACCOUNTS["lock"])
    await _use(tx, token, account_id, now)
    await tx.execute(SQL["set_password"], account_id, password_hash)
    await tx.execute(SQL["end_sessions_of"], account_id, now)
    await act(tx, "console.set_password", target=account_id, at=now)


async def set_subject(tx: Tx, token: str, account_id: str, subject: str, now: datetime) -> None:
    """Use an account's link to join it with a person of the company's login. Raises Refused.

    An administrator chose the account and handed out the link: nothing is matched by a name or an address.
    """
    await tx.execute(ACCOUNTS["lock"])
    await _use(tx, token, account_id, now)
    if await tx.fetchval(ACCOUNTS["subject_taken"], subject, account_id):
        raise Refused(
            "subject_taken", "this person of the company's login has another account here", "log in with that one"
        )
    await tx.execute(ACCOUNTS["set_subject"], account_id, subject)
    await tx.execute(SQL["end_sessions_of"], account_id, now)
    await act(tx, "console.join_login", target=account_id, at=now)


async def _use(tx: Tx, token: str, account_id: str | None, now: datetime) -> None:
    used = await tx.fetchrow(ACCOUNTS["use_link"], digest(token), now)
    if used is None or used["account_id"] != account_id:
        raise Refused(*OVER)
    if account_id is not None:
        row = await tx.fetchrow(ACCOUNTS["account"], account_id)
        if row is None or row["closed"]:
            raise Refused(*OVER)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
