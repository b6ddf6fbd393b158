"""Intake: deliveries by sheet, SKUs, batches, and photos from a phone."""

from fastapi import APIRouter

from trueshelf_console.web.context import Console
from trueshelf_console.web.intake import batches, capture, changes, delivery, sending, sku, start
from trueshelf_console.web.intake.desk import Desk


def router(console: Console) -> APIRouter:
    desk = Desk.of(console)
    routes = APIRouter(include_in_schema=False)
    for part in (start, batches, sku, changes, capture, delivery, sending):  # fixed paths before /intake/{delivery_id}
        routes.include_router(part.router(desk))
    return routes
