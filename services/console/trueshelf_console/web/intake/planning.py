"""What a delivery or a batch will use of credits, before anything runs (R-32)."""

from collections import Counter
from collections.abc import Iterable

from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.intake.desk import Json
from trueshelf_contracts.event import Role
from trueshelf_runtime.problem import Problem

PLANNERS: tuple[Role, ...] = ("capturer", "operator", "admin")


async def credits_plan(console: Console, person: Person, categories: Iterable[str], batch_id: str = "") -> Json | None:
    """Return generate's plan for one SKU of each of `categories`; None for who may not ask, or while it is away."""
    if not person.may(*PLANNERS):
        return None
    counts = Counter(categories)
    body: Json = {"skus": [{"category": category, "count": count} for category, count in sorted(counts.items())]}
    if batch_id:
        body["batch_id"] = batch_id
    try:
        plan: Json = await console.services.post(person, person.role(*PLANNERS), "generate", "/credits/plan", body)
    except Problem:
        return None
    return plan
