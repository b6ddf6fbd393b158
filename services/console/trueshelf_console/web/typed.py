"""What somebody typed into a form whose session had ended: kept in the answer, sent on after the login by a click."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from trueshelf_console.web.addresses import safe_next

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SECRET = ("password", "csrf", "key")
MOST_FIELDS = 500
MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was not sent: where to, and its fields without secrets. `files` had to stay behind."""

    action: str
    fields: tuple[tuple[str, str], ...]
    files: bool = False

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The fields with something in them."""
        return tuple((name, value) for name, value in self.fields if value.strip())

    def text(self) -> str:
        return json.dumps({"action": self.action, "fields": self.fields, "files": self.files})


async def typed_of(request: Request) -> Typed | None:
    """Return what a form's POST carries; None when it is no form, or too large to be kept in a page."""
    if not request.headers.get("content-type", "").startswith(FORMS):
        return None
    fields, files = [], False
    for name, value in (await request.form()).multi_items():
        if not isinstance(value, str):
            files = files or bool(value.filename)
        elif not any(word in name.lower() for word in SECRET):
            fields.append((name, value))
    if len(fields) > MOST_FIELDS or sum(len(value) for _, value in fields) > MOST_TEXT:
        return None
    return Typed(request.url.path, tuple(fields), files)


def typed_from(text: str) -> Typed | None:
    """Read back what `Typed.text` wrote into our own login form; None when it is something else."""
    if not text:
        return None
    try:
        said: Any = json.loads(text)
        fields = tuple((str(name), str(value)) for name, value in said["fields"][:MOST_FIELDS])
        action = safe_next(str(said["action"]))
        return Typed(action, fields, bool(said.get("files"))) if action != "/" else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
