"""One HTTP call to an external generator: bounded in time and bytes, to one host, with every end told apart.

No redirect is followed, no proxy or .netrc of the environment is used, certificates are verified. A connection serves
one call: an idle one that the server has just closed would make an end unknown that need not be.
"""

import asyncio
import base64
import binascii
import contextlib
import email.utils
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

import httpx

from trueshelf_generate.domain.calls import Busy, CallFailed, Declined, NotCharged, Unknown, Useless
from trueshelf_generate.domain.offers import External
from trueshelf_imaging.formats import sniff
from trueshelf_runtime.clock import Clock

ERROR_BYTES = 16 * 1024
"""Read of an answer that is no success: enough for its code; its text is never kept."""
ERROR_SECONDS = 5.0
JSON_OVERHEAD = 64 * 1024
TAKEN = frozenset({"image/png", "image/jpeg", "image/webp"})
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_BETWEEN = frozenset({502, 504, 520, 521, 522, 523, 524})
"""Said by something between us and the generator, which may have done the work: nobody knows."""
_ACCOUNT = {
    401: "generator_key_refused",
    402: "generator_out_of_credits",
    403: "generator_key_refused",
}
_SUCCESS, _REDIRECT, _CLIENT, _SERVER = 200, 300, 400, 500
_TOO_SLOW, _TOO_MANY, _NOT_NOW = 408, 429, 503


class Seen(TypedDict):
    """What is known of an answer whatever is in it."""

    status: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Received:
    """A whole answer."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def seen(self) -> Seen:
        return {"status": self.status, "request_id": word(self.headers.get("x-request-id", ""))}

    @property
    def media_type(self) -> str:
        said: str = self.headers.get("content-type", "")
        return said.partition(";")[0].strip().lower()

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; empty for anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Wire:
    """The way to one generator. Nothing of it stays open between calls."""

    def __init__(self, external: External, clock: Clock) -> None:
        self.external = external
        self._clock = clock
        self._trust = ssl.create_default_context()

    def _client(self) -> httpx.AsyncClient:
        external = self.external
        return httpx.AsyncClient(
            verify=self._trust,
            timeout=httpx.Timeout(external.read_seconds, connect=external.connect_seconds),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "trueshelf-generate"},
        )

    async def post(
        self, path: str, *, headers: Mapping[str, str], fields: Mapping[str, str], picture: tuple[str, bytes], most: int
    ) -> Received:
        """Send a form with one PNG and return the whole answer, of at most `most` bytes where it is a success.

        Raises NotCharged when nothing was sent, Unknown when no end came, Useless when too much came.
        """
        url = self.external.base_url.rstrip("/") + path
        files = {picture[0]: ("photo.png", picture[1], "image/png")}
        try:
            async with asyncio.timeout(self.external.total_seconds), self._client() as client:
                sent = client.stream("POST", url, data=dict(fields), files=files, headers=dict(headers))
                async with sent as response:
                    return Received(response.status_code, response.headers, await _body(response, most))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotCharged("generator_unreachable") from error
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unknown("outcome_unknown") from error

    def failure(self, got: Received, code: str = "") -> CallFailed:
        """Return what an answer other than 200 means; `code` is for what was declined for a reason that is known."""
        status, named = got.status, got.seen
        seconds = retry_after(got.headers.get("retry-after"), self._clock.now())
        if status in _BETWEEN:
            return Unknown("outcome_unknown", **named)
        if status == _TOO_MANY or (status == _NOT_NOW and seconds is not None):
            return Busy(seconds=seconds, **named)
        if status >= _SERVER or status == _TOO_SLOW:
            return NotCharged("generator_failed", **named)
        if status < _REDIRECT:
            return Useless("answer_not_an_image", **named)
        if _REDIRECT <= status < _CLIENT or status in _ACCOUNT:
            return Declined(_ACCOUNT.get(status, "generator_redirects"), account=True, **named)
        return Declined(code or "generator_rejected", **named)


async def _body(response: httpx.Response, most: int) -> bytes:
    """Return the body of a success; of any other answer its beginning, as far as it comes."""
    if response.status_code != _SUCCESS:
        body = bytearray()
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(ERROR_SECONDS):
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) >= ERROR_BYTES:
                        break
        return bytes(body[:ERROR_BYTES])
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Useless("answer_not_an_image", status=_SUCCESS)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise Useless("answer_too_large", status=_SUCCESS)
    return bytes(body)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for (a number or an HTTP date, RFC 9110 10.2.3); None without one."""
    if value is None:
        return None
    text = value.strip()
    if text.isdigit():
        return float(min(int(text[:9]), 10**8))
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def word(text: str) -> str:
    """Return `text` if it is a plain word such as an id, else nothing: what a server says is not repeated."""
    return text if _WORD.fullmatch(text) else ""


def sniffed(data: bytes, media_type: str, got: Received) -> str:
    """Return the media type by the bytes' beginning. Raises Useless unless `media_type`, as said, is the same."""
    found = f"image/{sniff(data)}"
    if found not in TAKEN or (media_type and media_type != found):
        raise Useless("answer_not_an_image", **got.seen)
    return found


def from_base64(text: object, got: Received) -> bytes:
    """Return the bytes in `text`. Raises Useless when it is no base64."""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Useless("answer_not_an_image", **got.seen) from error
