"""The first page, by role: where the work is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def home(request: Request, person: Annotated[Person, Depends(SignedIn(console, ()))]) -> Response:
        if not person.account.roles:
            return console.pages.render(request, "home.html", person)
        return RedirectResponse("/overview", 303)

    return routes
