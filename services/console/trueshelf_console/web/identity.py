"""All pages about who somebody is: logins, one-time links, accounts, and the keys that others check us by."""

from fastapi import APIRouter
from joserfc.jwk import OKPKey

from trueshelf_console.web import account, accounts, company, keys, links, login, step_up
from trueshelf_console.web.context import Console


def routers(console: Console, key: OKPKey) -> tuple[APIRouter, ...]:
    """Return the routers; `key` signs the tokens with which the six are called."""
    return (
        login.router(console),
        step_up.router(console),
        company.router(console),
        links.router(console),
        account.router(console),
        accounts.router(console),
        keys.router(key),
    )
