"""What `up` and `demo` say last: where the pages are, and who may log in."""

from urllib.parse import urlsplit

from rich.markup import escape

from trueshelf_cli.keyring import Keyring
from trueshelf_cli.layout import Layout


def public_address(url: str) -> str:
    """Return how browsers reach the console: only as `localhost` do its cookies count as secure."""
    return f"http://localhost:{urlsplit(url).port}"


def welcome(layout: Layout) -> list[str]:
    """Return lines about the running stack's pages; none where no console runs."""
    stack = layout.stack() or {}
    console = stack.get("services", {}).get("console")
    if console is None:
        return []
    keyring = Keyring(layout.secrets, {})
    lines = [f"the pages: [bold]{public_address(console['url'])}[/]"]
    if stack.get("drill"):
        lines += [
            f"  practice logins: {_logins()}",
            f"  their password: [bold]{escape(str(keyring.practice_password))}[/]",
        ]
    if (link := _first_link(keyring)) is not None:
        lines += [
            "  the first administrator sets a name and a password here (once, within a day):",
            f"  {escape(link)}",
        ]
    return lines


def _logins() -> str:
    from trueshelf_console.service.practice import PRACTICE  # noqa: PLC0415 -- keeps `--help` light

    def what(roles: tuple[str, ...], levels: dict[str, str]) -> str:
        return ", ".join(f"{levels['*']} reviewer" if role == "reviewer" else role for role in roles)

    return "; ".join(f"{login} ({what(roles, dict(levels))})" for login, _, roles, levels in PRACTICE)


def _first_link(keyring: Keyring) -> str | None:
    """Return the one-time link as long as nobody has used it: the console removes the file then."""
    try:
        return keyring.first_link.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
