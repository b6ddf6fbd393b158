"""`python -m trueshelf_console.reset_link LOGIN`: a one-time link for an account, made by whoever runs the host.

For when no administrator can log in any more. It needs the console's settings, its database above all.
"""

import argparse
import asyncio
import sys

from pydantic import ValidationError

from trueshelf_console.domain.credentials import plain_login
from trueshelf_console.service.accounts import By
from trueshelf_console.service.links import LIFE, make_link
from trueshelf_console.settings import Settings
from trueshelf_console.sql import SQL
from trueshelf_runtime.clock import Clock, SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Outage, Refused
from trueshelf_runtime.origin import fresh, using


async def reset_link(db: Database, clock: Clock, url: str, login: str, *, drill: bool) -> str:
    """Return the address of a new one-time link, and put on record that it was made on the host. Raises Refused."""
    row = await db.fetchrow(SQL["account_by_login"], plain_login(login))
    if row is None:
        raise Refused("account_not_found", f"there is no account with the login {login!r}", "see the page Accounts")
    if row["kind"] == "drill" and not drill:
        raise Refused("drill_account", "practice accounts work only in a practice stack (--drill)")
    with using(fresh(drill=row["kind"] == "drill")):
        async with db.transaction() as tx:
            token = await make_link(tx, By(None, clock.now()), row["account_id"])
    return f"{url}/link?key={token}"


async def _made(settings: Settings, login: str) -> str:
    async with Database.open(settings.pg_dsn.get_secret_value(), settings.service) as db:
        return await reset_link(db, SystemClock(), settings.url, login, drill=settings.drill)


def main() -> None:
    """Print the link, or end with 1 and what is wrong."""
    parser = argparse.ArgumentParser(prog="trueshelf_console.reset_link", description="make a one-time link")
    parser.add_argument("login", help="of the account whose owner shall set a new password")
    arguments = parser.parse_args()
    try:
        link = asyncio.run(_made(Settings(), arguments.login))  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        names = ", ".join(f"TRUESHELF_{'_'.join(map(str, item['loc']))}".upper() for item in error.errors())
        _end(f"the console's settings are missing here ({names}): run it where the console runs")
    except Refused as refused:
        _end(f"{refused.message}. {refused.advice}".strip())
    except Outage as outage:
        _end(f"the console's database does not answer: {outage}")
    sys.stdout.write(f"{link}\n")
    sys.stderr.write(
        f"It holds for {LIFE.total_seconds() / 3600:g} hours and one password; earlier links hold no more.\n"
    )


def _end(text: str) -> None:
    sys.stderr.write(f"error: {text}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
