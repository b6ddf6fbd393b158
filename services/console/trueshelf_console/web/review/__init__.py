"""The review part: queue, the case's page, batches, and what the viewer asks for."""

from fastapi import APIRouter

from trueshelf_console.web.context import Console
from trueshelf_console.web.review import api, pages


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.include_router(api.router(console))
    routes.include_router(pages.router(console))
    return routes
