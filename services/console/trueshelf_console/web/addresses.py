"""Addresses that came from outside: only paths of ours are followed."""

from urllib.parse import urlsplit

from fastapi import Request


def safe_next(address: str) -> str:
    """Return a path of ours: nobody is led to another site by a login."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if plain and "\\" not in address else "/"


def came_from(request: Request) -> str:
    """Return the path of the page that sent this request; "/" when it was none of ours."""
    page = request.headers.get("hx-current-url") or request.headers.get("referer") or ""
    parts = urlsplit(page)
    if parts.netloc != request.headers.get("host"):
        return "/"
    return safe_next(parts.path + (f"?{parts.query}" if parts.query else ""))


def client_address(request: Request) -> str:
    """Return where a request comes from; uvicorn has looked at the proxies that it was told to trust."""
    return request.client.host if request.client else ""
