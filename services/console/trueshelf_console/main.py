"""The console's composition root."""

import asyncio
from functools import partial
from pathlib import Path

from trueshelf_console.adapters.first_link import FirstLink
from trueshelf_console.adapters.passwords import hashed
from trueshelf_console.adapters.services import Services
from trueshelf_console.handlers import subscriptions
from trueshelf_console.service import practice
from trueshelf_console.service.overview import prune
from trueshelf_console.settings import Settings
from trueshelf_console.web import audit, export, home, identity, images, intake, operate, overview, review, static
from trueshelf_console.web.context import Console
from trueshelf_console.web.operate.watching import Watcher
from trueshelf_console.web.rendering import Pages, headers
from trueshelf_runtime.keys import load_key
from trueshelf_runtime.lifecycle import Background, Origin, Parts, Runtime
from trueshelf_runtime.web import Faces

SHORTEST_SECRET = 32
MAX_FORM = 1024 * 1024
"""Bytes of a request; routes that take photos, sheets or lists of names say more themselves."""


async def build(runtime: Runtime) -> Parts:
    """Put the console together."""
    settings: Settings = runtime.settings
    secret = await asyncio.to_thread(_secret, settings.image_key_file)
    key = await asyncio.to_thread(load_key, settings.token_key_file)
    services = Services(settings.services, key, runtime.clock, issuer=settings.issuer, audience=settings.audience)
    pages = Pages(runtime.clock, local_accounts=settings.local_accounts)
    console = Console(settings, runtime.db, runtime.store, runtime.clock, services, pages, secret)
    first = FirstLink(runtime.db, runtime.clock, settings.first_link_file, settings.url)
    await first.ensure()  # before anybody is told that the console is ready
    watcher = Watcher(console, runtime.health)
    background = [Background("the first administrator's link", first.keep), Background("watcher", watcher.run)]
    background.append(Background("old tallies", partial(prune, runtime.db, runtime.clock)))
    if settings.drill:
        background.append(Background("practice accounts", partial(_practice, console)))
    pictures = Faces(headers=images.HEADERS, browsers=True, max_body=MAX_FORM)
    return Parts(
        subscriptions=subscriptions(),
        background=tuple(background),
        routers=(
            static.router(),
            *identity.routers(console, key),
            home.router(console),
            intake.router(console),
            overview.router(console),
            operate.router(console, watcher),
            review.router(console),
            export.router(console),
            audit.router(console),
        ),
        faces=Faces(pages.problem, headers(settings.images), browsers=True, max_body=MAX_FORM),
        origins=(Origin("images", settings.image_port, (images.router(console),), pictures),),
    )


async def _practice(console: Console) -> None:
    file = console.settings.practice_password_file
    if file is None:
        return
    password = (await asyncio.to_thread(file.read_text, "utf-8")).strip()
    digest = await hashed(password)
    async with console.db.transaction() as tx:
        await practice.ensure(tx, digest, console.clock.now())


def _secret(path: Path) -> bytes:
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"{path} holds {len(secret)} bytes: a key for image addresses has at least {SHORTEST_SECRET}")
    return secret
