"""From templates to pages: languages, dates, addresses of our own files, problems as pages."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime, format_timedelta
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from trueshelf_console.adapters.catalogues import best_language, part_of, told, translations
from trueshelf_console.domain.people import LANGUAGES, Language, Person
from trueshelf_console.domain.words import MARKETS
from trueshelf_console.web.addresses import came_from
from trueshelf_console.web.typed import Typed
from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.problem import Problem

LANGUAGE_COOKIE = "trueshelf-language"
UNAUTHORISED = 401
STOP_POLLING = 286
NEED_LOGIN = frozenset({"login_needed", "session_over", "reauthenticate"})


class Pages:
    """Renders the templates. Every template sees `person`, `path`, `language`, and `_` in its language."""

    def __init__(self, clock: Clock, *, local_accounts: bool = True) -> None:
        self._clock = clock
        self._local = local_accounts
        self._environments: dict[tuple[Language, str], Environment] = {}

    def render(
        self, request: Request, template: str, person: Person | None = None, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Return the page. Nothing of it is kept by a cache: pages are about people and what they may see."""
        language = person.language if person else language_of(request)
        text = (
            self._environment(language, part_of(request.url.path))
            .get_template(template)
            .render(
                person=person,
                path=request.url.path,
                here=_here(request),
                language=language,
                languages=LANGUAGES,
                csrf=person.session.csrf if person else "",
                **context,
            )
        )
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

    def say(self, person: Person | None, request: Request, message: str, /, **values: Any) -> str:
        """Return one message in the person's language, for what Python code says itself."""
        return self.words(person.language if person else language_of(request), request.url.path, message, **values)

    @staticmethod
    def words(language: Language, path: str, message: str, /, **values: Any) -> str:
        """Return one message as the part says it that `path` belongs to."""
        text = translations(language, part_of(path)).gettext(message)
        return text % values if values else text

    def problem(self, request: Request, problem: Problem) -> Response | None:
        """Return the page about a problem; who is not logged in is led to the login and back."""
        if not _wants_page(request):
            return None
        fragment = "hx-request" in request.headers
        if problem.status == UNAUTHORISED and problem.code in NEED_LOGIN:
            return self._login_first(request, problem, fragment=fragment)
        person: Person | None = getattr(request.state, "person", None)
        template = "problem_fragment.html" if fragment else "problem.html"
        needed = getattr(request.state, "needed", ())
        page = self.render(request, template, person, status=problem.status, problem=problem, needed=needed)
        if fragment:
            page.headers["HX-Retarget"] = "#notice"
            page.headers["HX-Reswap"] = "innerHTML"
        page.headers.update(problem.headers)
        return page

    def _login_first(self, request: Request, problem: Problem, *, fragment: bool) -> Response:
        """Lead to the login and back, and lose nothing that was typed.

        A page that stands open is not left: it says where to log in. A form comes back with the login below it.
        """
        if fragment:
            page = self.render(request, "login/over_fragment.html", status=_stopped(request))
            page.headers["HX-Retarget"] = "#notice"
            page.headers["HX-Reswap"] = "innerHTML"
            return page
        if request.method in {"GET", "HEAD"}:
            back = _here(request)
            over = "&over=1" if problem.code == "session_over" else ""
            return RedirectResponse(f"/login?next={quote(back, safe='')}{over}", 303)
        typed: Typed | None = getattr(request.state, "typed", None)
        context: dict[str, Any] = {"typed": typed, "back": came_from(request), "login": "", "local": self._local}
        return self.render(request, "login/over.html", status=problem.status, **context)

    def _environment(self, language: Language, part: str) -> Environment:
        """Return the templates with one part's words in one language; each is made when it is first needed."""
        known = self._environments.get((language, part))
        if known is None:
            known = self._environments[language, part] = self._made(language, part)
        return known

    def _made(self, language: Language, part: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("trueshelf_console"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(translations(language, part), newstyle=True)  # type: ignore[attr-defined]
        environment.globals["static"] = static_address
        environment.globals["disclaimers"] = DISCLAIMERS
        environment.filters["market"] = lambda name: MARKETS.get(name, name)
        environment.filters["told"] = lambda sentence: _said(language, sentence)
        environment.filters["when"] = lambda value: format_datetime(_time(value), "medium", locale=language)
        environment.filters["ago"] = self._ago(language)
        return environment

    def _ago(self, language: Language) -> Callable[[Any], str]:
        def ago(value: Any) -> str:
            gone: timedelta = _time(value) - self._clock.now()
            return format_timedelta(gone, add_direction=True, locale=language)

        return ago


def _said(language: Language, sentence: str) -> Markup:
    """Return what a service said, marked as English where the catalogue has no translation of it."""
    text, spoken = told(language, sentence)
    return escape(text) if spoken == language else Markup('<span lang="en">{}</span>').format(text)


def language_of(request: Request) -> Language:
    """Return the language of somebody who is not logged in."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    for language in LANGUAGES:
        if chosen == language:
            return language
    return best_language(request.headers.get("accept-language", ""))


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


def _here(request: Request) -> str:
    """Return the address to come back to with a GET: of this page, or of the one whose form made it."""
    if request.method not in {"GET", "HEAD"}:
        return came_from(request)
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _stopped(request: Request) -> int:
    """Return 286, by which htmx ends polling, for what a page asks by itself; what somebody sent gets 401."""
    return STOP_POLLING if request.method == "GET" else UNAUTHORISED


def _time(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


@cache
def static_file(path: str) -> bytes:
    """Return a file of ours. Raises FileNotFoundError; `path` never leaves the folder."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise FileNotFoundError(path)
    file = resources.files("trueshelf_console").joinpath("static", *path.split("/"))
    if not file.is_file():
        raise FileNotFoundError(path)
    return file.read_bytes()


@cache
def static_version() -> str:
    """Return a name of all our files' content: part of their addresses, so that browsers may keep them for ever.

    One for all: modules import each other by relative paths, and must meet their own release.
    """
    digest = hashlib.sha256()
    stack = [resources.files("trueshelf_console").joinpath("static")]
    while stack:
        for entry in sorted(stack.pop().iterdir(), key=lambda each: each.name):
            if entry.is_dir():
                stack.append(entry)
            else:
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())
    return digest.hexdigest()[:16]


def static_address(path: str) -> str:
    """Return the address of a file of ours. Raises FileNotFoundError: a page never names what is not there."""
    static_file(path)
    return f"/static/{static_version()}/{path}"


def headers(images: str) -> Mapping[str, str]:
    """Return the headers of every page: what it may load, from where, and that nobody frames it (security.md)."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' {images} blob: data:",
        "connect-src": f"'self' {images}",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    }
