"""Practice accounts: only in a stack started with `--drill`, and marked for ever in whatever they do."""

from datetime import datetime
from typing import Final
from uuid import uuid4

from trueshelf_console.domain.people import Level
from trueshelf_console.domain.rights import REST
from trueshelf_console.service.login import new_account_id
from trueshelf_console.sql import SQL
from trueshelf_contracts.console import AccountChanged
from trueshelf_contracts.event import Role
from trueshelf_runtime.db import Tx
from trueshelf_runtime.origin import stamp

PRACTICE: Final[tuple[tuple[str, str, tuple[Role, ...], dict[str, Level]], ...]] = (
    ("aigerim", "Aigerim (practice)", ("reviewer",), {"*": "senior"}),
    ("vera", "Vera (practice)", ("reviewer",), {"*": "senior"}),
    ("daniyar", "Daniyar (practice)", ("reviewer",), {"*": "junior"}),
    ("timur", "Timur (practice)", ("capturer", "operator"), {}),
    ("olga", "Olga (practice)", ("uploader",), {}),
    ("anton", "Anton (practice)", ("auditor",), {}),
    ("marat", "Marat (practice)", ("admin", "operator"), {}),
)
"""Login, name, roles, levels."""


async def ensure(tx: Tx, password_hash: str, now: datetime) -> int:
    """Make the practice accounts that are missing, and give all of them this stack's password; return how many."""
    made = 0
    for login, name, roles, levels in PRACTICE:
        row = await tx.fetchrow(SQL["account_by_login"], login)
        if row is not None:
            if row["kind"] == "drill":
                await tx.execute(SQL["set_password"], row["account_id"], password_hash)
            continue
        account = new_account_id()
        fields = (account, login, name, "drill", list(roles), levels, "en", password_hash, now)
        await tx.execute(SQL["add_account"], *fields)
        event = AccountChanged(
            **stamp("AccountChanged", account, "created", at=now, drill=True),
            account_id=account,
            change_id=uuid4(),
            change="created",
            kind="drill",
            roles=roles,
            levels={category: level for category, level in levels.items() if category != REST},
            rest_level=levels.get(REST),
        )
        await tx.emit(event)
        made += 1
    return made
