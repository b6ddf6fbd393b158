"""Dead letters over HTTP, the same in every service: seen by those who run it, decided by operators (messaging.md 10).

The lifecycle mounts these routes wherever a service consumes; a service's own code knows nothing of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from trueshelf_contracts.event import Actor
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import group_id
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.dlq import DeadLetters, Entry, State, entries
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.settings import RuntimeSettings

MOST_TEXT = 20_000
"""Characters of a record that are shown; `trueshelf dlq show` prints all of it."""


class DecisionBody(BaseModel):
    """Why a letter is replayed or dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=1, max_length=1000, description="it goes into the audit trail")


class LetterView(BaseModel):
    """One dead letter. Bytes that are no UTF-8 stand as a backslash, an x and two hexadecimal digits."""

    id: UUID
    group: str
    consumer: Service
    producer: Service
    state: State
    note: str = Field(description="a failed replay's error, or who decided and why")
    topic: str
    partition: int
    offset: int
    kind: Literal["refused", "invalid", "transient", "outage"]
    error: str
    attempts: int
    died_at: datetime
    trace_id: str | None
    key: str
    headers: list[tuple[str, str]]
    value: str = Field(description=f"the first {MOST_TEXT:,} characters")
    size: int = Field(description="bytes of the value")
    cut: bool = Field(description="true where the letter itself holds a part of the record only: it cannot be replayed")


class Letters:
    """The dead letters of every group of one service."""

    def __init__(self, settings: RuntimeSettings, db: Database, producers: Sequence[Service], clock: Clock) -> None:
        self._settings = settings
        self._db = db
        self._producers = tuple(producers)
        self._clock = clock

    async def list(self, *, everything: bool = False) -> list[LetterView]:
        """Return what wants a decision, or all, oldest first. Raises Outage."""
        found = await entries(self._settings, self._db, self._producers)
        wanted = [entry for entry in found if everything or entry.state in {"open", "failed"}]
        return [_view(entry) for entry in sorted(wanted, key=lambda entry: (entry.letter.died_at, entry.letter.id))]

    async def replay(self, letter_id: UUID, actor: Actor, reason: str) -> None:
        """Let the group try the record once more. Raises Refused, Outage."""
        letters = await self._group_of(letter_id)
        await letters.replay(letter_id, actor=actor, reason=reason, at=self._clock.now())

    async def drop(self, letter_id: UUID, actor: Actor, reason: str) -> None:
        """Let the record lie for good. Raises Refused, Outage."""
        letters = await self._group_of(letter_id)
        await letters.drop(letter_id, actor=actor, reason=reason, at=self._clock.now())

    async def _group_of(self, letter_id: UUID) -> DeadLetters:
        for entry in await entries(self._settings, self._db, self._producers):
            if entry.letter.id == letter_id:
                return DeadLetters(self._settings, self._db, entry.letter.producer)
        service = self._settings.service
        groups = ", ".join(group_id(service, producer) for producer in self._producers)
        raise Refused(
            "letter_not_found", f"no group of {service} holds a letter {letter_id}", f"its groups: {groups or 'none'}"
        )


def _view(entry: Entry) -> LetterView:
    letter = entry.letter
    value = letter.value or b""
    return LetterView(
        id=letter.id,
        group=letter.group,
        consumer=letter.consumer,
        producer=letter.producer,
        state=entry.state,
        note=entry.note,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        kind=letter.kind,
        error=letter.error,
        attempts=letter.attempts,
        died_at=letter.died_at,
        trace_id=letter.trace_id,
        key=_text(letter.key),
        headers=[(name, _text(header)) for name, header in letter.headers],
        value=_text(value)[:MOST_TEXT],
        size=len(value),
        cut=letter.whole_size is not None,
    )


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="backslashreplace")


def router(letters: Letters) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["dead letters"])

    @routes.get("/dead-letters")
    async def list_letters(
        _: Annotated[Principal, Depends(require("operator", "auditor", "admin"))],
        everything: Annotated[bool, Query(alias="all", description="decided ones too")] = False,
    ) -> list[LetterView]:
        return await letters.list(everything=everything)

    @routes.post("/dead-letters/{letter_id}/replay", status_code=202)
    async def replay(
        letter_id: UUID, body: DecisionBody, who: Annotated[Principal, Depends(require("operator"))]
    ) -> None:
        await letters.replay(letter_id, who.actor(), body.reason)

    @routes.post("/dead-letters/{letter_id}/drop", status_code=202)
    async def drop(
        letter_id: UUID, body: DecisionBody, who: Annotated[Principal, Depends(require("operator"))]
    ) -> None:
        await letters.drop(letter_id, who.actor(), body.reason)

    return routes
