"""The export pages: choose, see refusals, order, follow, look at each file beside its master, download, report back."""

from fastapi import APIRouter

from trueshelf_console.web.context import Console
from trueshelf_console.web.export.choose import router as choose
from trueshelf_console.web.export.orders import router as orders
from trueshelf_console.web.export.outcomes import router as outcomes
from trueshelf_console.web.export.packs import router as packs
from trueshelf_console.web.export.rules import router as rules


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    for part in (rules, choose, orders, packs, outcomes):
        routes.include_router(part(console))
    return routes
