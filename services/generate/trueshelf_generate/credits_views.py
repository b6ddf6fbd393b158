"""What the API tells of external generators, credits and refused items."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import Category, Mode, Slot
from trueshelf_generate.domain.credits import PlanLine, Spent, crossed
from trueshelf_generate.domain.offers import Caps, Offer

Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class OfferView(BaseModel):
    """A preset that an external generator makes, and its price."""

    name: str
    title: str
    mode: Mode
    model: str
    width: int
    height: int
    credits: int


def offer_view(offer: Offer) -> OfferView:
    return OfferView(
        name=offer.name,
        title=offer.title,
        mode=offer.mode,
        model=offer.model,
        width=offer.width,
        height=offer.height,
        credits=offer.credits,
    )


class GeneratorView(BaseModel):
    """One configured generator; `held_until` and `blocked` say why nobody calls it now."""

    name: str
    kind: str
    host: str
    per_minute: float
    in_flight: int
    failures: int
    broken: bool = Field(description="it failed so often that nobody calls for a while")
    held_until: AwareDatetime | None
    blocked: str
    offers: list[OfferView]


class GeneratorsView(BaseModel):
    """All configured generators; `policy` is the version of their file, absent without one."""

    policy: PolicyRef | None
    generators: list[GeneratorView]


class CapsView(BaseModel):
    """The most credits of a batch and of a month; absent = no cap."""

    batch: int | None
    month: int | None


class ModelSpending(BaseModel):
    """What one generator's model cost in the month. `per_approved` counts every call, also those in vain."""

    generator: str
    model: str
    calls: int
    charged: int
    not_charged: int
    unknown: int
    under_way: int
    credits: int
    credits_unknown: int = Field(description="part of `credits` of which nobody knows whether it was charged")
    approved: int = Field(description="pictures of the month's calls that are approved, whenever that was")
    per_approved: float | None = None


class BatchSpending(BaseModel):
    """What one batch cost."""

    batch_id: UUID
    calls: int
    credits: int
    credits_ever: int


class UnknownCall(BaseModel):
    """A call that was intended and of which no end is, or was, known."""

    call_id: UUID
    item_id: UUID
    batch_id: UUID
    sku: str
    generator: str
    model: str
    offer: str
    credits: int
    state: Literal["intended", "unknown", "charged", "not_charged"] = Field(description="the last two once settled")
    status: int | None
    request_id: str | None
    intended_at: AwareDatetime


class CreditsView(BaseModel):
    """One month of credits."""

    month: str
    months: list[str]
    caps: CapsView
    credits: int
    credits_unknown: int
    approved_own: int = Field(description="approved pictures of our own generators: they cost nothing")
    generators: list[ModelSpending]
    batches: list[BatchSpending]
    unknown: list[UnknownCall]


class SkuCount(BaseModel):
    """So many SKUs of a category."""

    category: Category
    count: int = Field(ge=0, le=1_000_000)


class PlanBody(BaseModel):
    """What shall be planned: SKUs by category, and an offer that each of them gets besides, if one is chosen."""

    skus: list[SkuCount] = Field(max_length=100)
    preset: str | None = Field(default=None, max_length=40)
    batch_id: UUID | None = None


class PlanLineView(BaseModel):
    """One offer for one category."""

    category: str
    offer: str
    title: str
    generator: str
    calls: int
    credits: int


class CreditsPlanView(BaseModel):
    """What it will use at most, before anything runs. `crossed` names the caps that would be crossed."""

    credits: int
    left: int = Field(description="of `credits`, what the batch that is named has not spent on first drafts yet")
    lines: list[PlanLineView]
    spent_batch: int
    spent_month: int
    caps: CapsView
    crossed: list[Literal["batch", "month"]]


class SettleBody(BaseModel):
    """What the generator's bill says of a call."""

    charged: bool
    reason: str = Field(min_length=1, max_length=500)


class RefusedItem(BaseModel):
    """An item of today's SKU version that was not made, and that nobody has asked for again."""

    item_id: UUID
    sku: str
    sku_version: int
    batch_id: UUID
    category: str
    slot: Slot
    round: int
    mode: Mode
    preset: str
    code: str
    message: str
    advice: str
    credits: int
    capture: Capture
    ended_at: AwareDatetime


class RefusedView(BaseModel):
    """Refused items, latest first; `before` asks for the next page."""

    items: list[RefusedItem]
    before: AwareDatetime | None


def plan_view(lines: tuple[PlanLine, ...], first: int, spent: Spent, caps: Caps) -> CreditsPlanView:
    """Return a plan with what is spent already, of it `first` on first drafts, and what it would cross."""
    total = sum(line.credits for line in lines)
    left = max(0, total - first)
    return CreditsPlanView(
        credits=total,
        left=left,
        lines=[
            PlanLineView(
                category=line.category,
                offer=line.offer.name,
                title=line.offer.title,
                generator=line.offer.generator,
                calls=line.calls,
                credits=line.credits,
            )
            for line in lines
        ],
        spent_batch=spent.batch,
        spent_month=spent.month,
        caps=caps_view(caps),
        crossed=crossed(left, spent, caps),  # type: ignore[arg-type]  # the two words of Caps
    )


def caps_view(caps: Caps) -> CapsView:
    return CapsView(batch=caps.batch, month=caps.month)
