"""From the facts of generate and qa to what the rules work on."""

from trueshelf_contracts.generate import GenerationRefused, VariantGenerated
from trueshelf_contracts.qa import VariantChecked
from trueshelf_review.domain.cases import Candidate, RefusedItem, RoundItem
from trueshelf_runtime.errors import Invalid


def round_item(
    mode: str, generated: VariantGenerated | None, checked: VariantChecked | None, refused: GenerationRefused | None
) -> RoundItem | None:
    """Return how an item ended, or None while nothing is known. Raises Invalid when qa checked another picture."""
    candidate = candidate_of(generated, checked) if generated and checked else None
    refusal = refused_item(refused) if refused and candidate is None else None
    item_id = next((fact.item_id for fact in (generated, checked, refused) if fact), None)
    return None if item_id is None else RoundItem(item_id, mode, candidate, refusal)


def candidate_of(generated: VariantGenerated, checked: VariantChecked) -> Candidate:
    if generated.master.sha256 != checked.master_sha256:
        raise Invalid(
            f"variant {generated.variant_id} was checked as {checked.master_sha256[:12]}…, but it is "
            f"{generated.master.sha256[:12]}…: one of the two facts is wrong"
        )
    return Candidate(
        variant_id=generated.variant_id,
        mode=generated.mode,
        verdict=checked.verdict,
        master_sha256=generated.master.sha256,
        flagged=tuple(c.check for c in checked.checks if c.verdict in ("flag", "unjudged")),
        stopped=tuple(c.check for c in checked.checks if c.verdict == "stop"),
        capture_id=generated.capture_id,
        drill=generated.drill or checked.drill,
    )


def refused_item(refused: GenerationRefused) -> RefusedItem:
    return RefusedItem(
        item_id=refused.item_id,
        mode=refused.mode,
        code=refused.reason.code,
        message=refused.reason.message,
        advice=refused.advice,
        capture_id=refused.capture_id,
        drill=refused.drill,
    )
