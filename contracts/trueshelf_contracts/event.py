"""What every event carries."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from trueshelf_contracts.refs import Category, Frozen, Sha256, Sku

Role = Literal["capturer", "operator", "reviewer", "uploader", "auditor", "admin"]


class Actor(Frozen):
    """Who did it: an id, never a name or an address; the role that was used (R-65) and the session."""

    id: str = Field(min_length=1, max_length=100)
    kind: Literal["person", "machine", "drill"]
    role: Role
    level: Literal["junior", "senior"] | None = Field(default=None, description="a reviewer's level in the category")
    session: str = Field(min_length=1, max_length=100)


class Signature(Frozen):
    """Review's Ed25519 signature over the event's canonical JSON without this field (`signing.signable`)."""

    algorithm: Literal["Ed25519"] = "Ed25519"
    key_id: str
    value: str = Field(description="base64, 64 bytes")


class Event(Frozen):
    """A fact. `event_id` is derived from what it is about, so that the same fact stated twice is one event."""

    type: str
    schema_version: Literal[1] = 1
    event_id: UUID
    occurred_at: AwareDatetime
    cause_id: UUID = Field(description="the event, request or act that led to this one")
    correlation_id: UUID = Field(description="the same from the intake to the pack")
    drill: bool = Field(default=False, description="made by, or resting on, a decision of a practice account")

    @property
    def key(self) -> str:
        """The partition key: all facts about one subject from one producer stay in order."""
        raise NotImplementedError


class SkuEvent(Event):
    """A fact about one version of one SKU."""

    sku: Sku
    sku_version: int = Field(ge=1)

    @property
    def key(self) -> str:
        return self.sku


class BatchEvent(Event):
    """A fact about a batch."""

    batch_id: UUID
    category: Category

    @property
    def key(self) -> str:
        return str(self.batch_id)


class BatchMember(Frozen):
    """One SKU version in a batch."""

    sku: Sku
    sku_version: int = Field(ge=1)


class PolicyRef(Frozen):
    """Which version of a policy was used."""

    kind: Literal["presets", "shot_list", "source_gate", "checklist", "thresholds", "profile", "review"]
    name: str
    version: str
    sha256: Sha256


class ActRecorded(Event):
    """A person's act that has no event of its own: a login, a refusal, a download, a reading of the trail, a replay."""

    type: Literal["ActRecorded"] = "ActRecorded"
    act: str = Field(pattern=r"^[a-z][a-z0-9_.]*$", description="what was done, as service.verb")
    outcome: Literal["done", "refused"]
    target: str = Field(default="", max_length=300, description="what it was done to: an id, a SKU, a route")
    reason: str = Field(default="", max_length=1000, description="why, in the actor's or the policy's words")
    details: dict[str, str] = Field(default_factory=dict)
    actor: Actor | None = Field(default=None, description="absent when nobody was authenticated")

    @property
    def key(self) -> str:
        return self.actor.id if self.actor else "anonymous"


class PolicyPublished(Event):
    """A new version of presets, checklists, thresholds or profiles came into force."""

    type: Literal["PolicyPublished"] = "PolicyPublished"
    policy: PolicyRef
    actor: Actor | None = Field(default=None, description="absent when it came with a release")

    @property
    def key(self) -> str:
        return f"{self.policy.kind}/{self.policy.name}"


Discriminated = Field(discriminator="type")
AnyService = Annotated[ActRecorded | PolicyPublished, Discriminated]
