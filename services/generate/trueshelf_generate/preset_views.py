"""What HTTP clients send and see of presets, rules and drafts."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from trueshelf_contracts.event import Actor, PolicyRef
from trueshelf_contracts.refs import Mode, Slot
from trueshelf_generate.credits_views import OfferView, offer_view
from trueshelf_generate.domain import preset as allowed
from trueshelf_generate.domain.offers import Offers
from trueshelf_generate.domain.preset import Preset
from trueshelf_generate.domain.presets import DRAFTS, Presets
from trueshelf_generate.policy import Policy, preset_of
from trueshelf_runtime.db import Row


class PresetView(BaseModel):
    """One way to make a draft."""

    name: str
    title: str
    mode: Mode
    background: tuple[int, int, int] | None
    fill: float
    aspect: float
    shadow: Literal["none", "natural", "contact"]
    neutralise: bool
    exposure: float
    keep_light: bool
    scene: UUID | None
    version: str
    sha256: str


class DraftView(PresetView):
    """A preset that nobody has confirmed yet: no draft is made with it."""

    number: int
    copied_from: str
    made_by: Actor
    made_at: AwareDatetime


class ConfirmedView(BaseModel):
    """Who put a preset of your own into force."""

    number: int
    copied_from: str
    made_by: Actor
    confirmed_by: Actor
    confirmed_at: AwareDatetime


class RuleView(BaseModel):
    """How a category's slots are made; slots that are not named are kept as shot."""

    main: list[str]
    slots: dict[Slot, str]
    given_by: Actor | None = Field(default=None, description="absent when it came with the release")
    given_at: AwareDatetime | None = None


class PresetsView(BaseModel):
    """The presets in force, who confirmed them, the drafts, the rules, and what values are allowed."""

    policy: PolicyRef
    presets: list[PresetView]
    confirmed: dict[str, ConfirmedView]
    drafts: list[DraftView]
    rules: dict[str, RuleView]
    allowed: dict[str, Any]
    offers: list[OfferView] = Field(description="presets that external generators make, each call for its credits")


class PresetBody(BaseModel):
    """A new draft: a copy with some values changed, or all values. Their ranges: `allowed` of GET /presets."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    copy_of: str = Field(default="", max_length=100)
    values: dict[str, Any] = Field(default_factory=dict, max_length=20)


class RuleBody(BaseModel):
    """Main's presets, two or three, and the preset of further slots."""

    model_config = ConfigDict(extra="forbid")

    main: list[str] = Field(max_length=10)
    slots: dict[str, str] = Field(default_factory=dict, max_length=20)
    reason: str = Field(default="", max_length=1000)


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


ALLOWED = {
    "mode": list(allowed.MADE),
    "background": {"least": allowed.DARKEST, "most": allowed.LIGHTEST, "apart": allowed.TINT},
    "fill": list(allowed.FILL),
    "aspect": list(allowed.ASPECT),
    "exposure": list(allowed.EXPOSURE),
    "shadow": list(allowed.SHADOWS),
    "title": [1, allowed.LONGEST_TITLE],
    "main": list(DRAFTS),
}


def presets_view(
    policy: Policy, offers: Offers, confirmed: list[Row], drafts: list[Row], rules: list[Row]
) -> PresetsView:
    """Return everything that the page and the clients need."""
    return PresetsView(
        policy=policy.ref,
        presets=[preset_view(preset) for preset in policy.presets.presets.values()],
        confirmed={row["name"]: ConfirmedView.model_validate(dict(row)) for row in confirmed},
        drafts=[DraftView(**preset_view(preset_of(row)).model_dump(), **_about(row)) for row in drafts],
        rules=_rules(policy.presets, {row["category"]: row for row in rules}),
        allowed=ALLOWED,
        offers=[offer_view(offer) for offer in offers.offers],
    )


def preset_view(preset: Preset) -> PresetView:
    return PresetView(name=preset.name, version=preset.version, sha256=preset.sha256, **preset.body())


def _about(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("number", "copied_from", "made_by", "made_at")}


def _rules(presets: Presets, given: dict[str, Row]) -> dict[str, RuleView]:
    made = {}
    for category, rule in presets.rules.items():
        row = given.get(category)
        who = {"given_by": row["made_by"], "given_at": row["made_at"]} if row else {}
        made[category] = RuleView.model_validate({"main": rule.main, "slots": rule.slots} | who)
    return made
