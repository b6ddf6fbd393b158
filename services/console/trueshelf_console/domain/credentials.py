"""Logins, names and passwords as people give them, and for how long one who guesses has to wait."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

MIN_LENGTH = 12
MAX_LENGTH = 200
FEWEST_CHARACTERS = 5
JOINERS = "\u200c\u200d"
"""Invisible, and part of how some scripts are written."""
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries without success within the window, then a wait."""

    tries: int
    what: str


LIMITS = (Limit(5, "pair"), Limit(20, "login"), Limit(60, "address"))
"""The pair of login and address first, so that a stranger elsewhere hardly locks out whom he names. An address is often
a whole office."""


EVERYWHERE = Limit(600, "everywhere")
"""For all logins and addresses together: guessing from a thousand addresses at a thousand logins is guessing. A browser
in which the login was used before is spared: a stranger does not lock out everybody."""
NETWORK = 64
"""Bits of an IPv6 address that name a connection; the owner chooses the others freely."""


def neighbourhood(address: str) -> str:
    """Return what counts as one address: an IPv4 address, the /64 of an IPv6 one; another text as it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, NETWORK), strict=False))
    return str(found)


def blocked_until(failures: Sequence[datetime], limit: Limit) -> datetime | None:
    """Return when the next try is allowed; None: now. `failures` are those within the window, oldest first."""
    if len(failures) < limit.tries:
        return None
    return failures[-limit.tries] + WINDOW


def plain_login(text: str) -> str:
    """Return a login as it is stored and compared: two that look alike are one."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_fault(login: str) -> str:
    """Return what is wrong with a new login, as a code; empty when nothing."""
    if not 1 <= len(login) <= MAX_LENGTH:
        return "login_length"
    if any(character.isspace() or unicodedata.category(character)[0] == "C" for character in login):
        return "login_characters"
    return ""


def name_fault(name: str) -> str:
    """Return what is wrong with a name. Any script is a name; signs that turn the text around are none."""
    if not 1 <= len(name) <= MAX_LENGTH:
        return "name_length"
    if any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in JOINERS
        for character in name
    ):
        return "name_characters"
    return ""


def password_fault(password: str, login: str) -> str:
    """Return what is wrong with a new password: length counts, not a mix of signs (NIST SP 800-63B)."""
    if len(password) < MIN_LENGTH:
        return "password_short"
    if len(password) > MAX_LENGTH:
        return "password_long"
    if len(set(password)) < FEWEST_CHARACTERS or (len(login) > FEWEST_CHARACTERS and login in password.lower()):
        return "password_easy"
    return ""
