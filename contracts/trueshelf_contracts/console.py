"""What the console says: accounts, and acts in the browser."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from trueshelf_contracts.event import Actor, ActRecorded, Discriminated, Event, PolicyPublished, Role
from trueshelf_contracts.refs import Category


class AccountChanged(Event):
    """An account was made, its roles changed, or it was closed. No name, no address: the console keeps those."""

    type: Literal["AccountChanged"] = "AccountChanged"
    account_id: str = Field(min_length=1, max_length=100)
    change_id: UUID
    change: Literal["created", "roles_changed", "deputy_named", "closed", "reopened"]
    kind: Literal["person", "machine", "drill"]
    roles: tuple[Role, ...]
    levels: dict[Category, Literal["junior", "senior"]] = Field(default_factory=dict)
    rest_level: Literal["junior", "senior"] | None = Field(
        default=None, description="the level in every category that `levels` does not name"
    )
    deputy_of: str | None = None
    actor: Actor | None = Field(default=None, description="absent for the first administrator")

    @property
    def key(self) -> str:
        return self.account_id


ConsoleEvent = Annotated[AccountChanged | ActRecorded | PolicyPublished, Discriminated]
