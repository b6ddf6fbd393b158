"""qa and review against a generator that breaks the rules: review never relies on what generate promises.

The articles here exist on generate's topic only: a foreign generator is played by copies of real events.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from support.forged import put_events
from support.shelf import FIRST, JUNIOR, Shelf
from trueshelf_cli.drill import ApiError, Json, asked
from trueshelf_contracts.generate import GenerationPlanned, VariantGenerated

pytestmark = pytest.mark.e2e


def _played(shelf: Shelf, sku: str, drafts: int, spoil: Callable[[Json], Json] = dict) -> None:
    """Publish plan and drafts of an article that resembles the studio's; `spoil` changes each draft."""
    model = shelf.name("recalled")
    shelf.live.wait_trail(model, "VariantGenerated", 2)
    batch = str(uuid4())
    (plan,) = shelf.events(model, "GenerationPlanned")[:1]
    made = shelf.events(model, "VariantGenerated")[:drafts]
    named = [{"item_id": str(uuid4()), "variant_id": str(uuid4())} for _ in made]
    common: dict[str, Any] = {"sku": sku, "batch_id": batch, "plan_id": str(uuid4()), "cause_id": str(uuid4())}
    of_plan = {item["item_id"]: item for item in plan["items"]}
    items = [{**of_plan[m["item_id"]], "item_id": n["item_id"]} for m, n in zip(made, named, strict=True)]
    planned = {**plan, **common, "event_id": str(uuid4()), "items": items}
    variants = [
        {**spoil(draft), **common, **name, "event_id": str(uuid4())} for draft, name in zip(made, named, strict=True)
    ]
    events = [GenerationPlanned.model_validate(planned), *map(VariantGenerated.model_validate, variants)]
    put_events(shelf.live, "generate", events)


def test_one_draft_for_main_cannot_be_approved(shelf: Shelf):
    """R-22: at least two compete; what is left is another round, another photo, the original, or nothing."""
    sku = shelf.name("alone")
    _played(shelf, sku, 1)
    reviewer = shelf.reviewer()
    case = reviewer.lease(shelf.wait_case(sku)["case_id"])
    assert len(case["variants"]) == 1
    (approve,) = [o for o in case["decisions_open"] if o["kind"] == "approve"]
    assert "R-22" in approve["refused_because"]
    assert {o["kind"] for o in case["then_open"] if o["open"]} == {"regenerate", "reshoot", "keep_original", "abandon"}
    with pytest.raises(ApiError) as refused:
        reviewer.approve(case)
    assert refused.value.code == "too_few_variants"


def test_another_product_in_the_draft_is_stopped_and_only_a_senior_says_why_it_may_pass(shelf: Shelf):
    """R-40, R-53, R-67: qa compares with the source whatever the generator claims; a stop needs a senior's reason."""
    sku, other = shelf.name("swapped"), shelf.name("changed")
    shelf.live.wait_trail(other, "VariantGenerated", 2)
    donors = {e["preset"]: e for e in shelf.events(other, "VariantGenerated") if e["slot"] == "main"}

    def swap(draft: Json) -> Json:
        donor = donors[draft["preset"]]
        return {**draft, "master": donor["master"], "preview": donor["preview"], "pixel_proof": None}

    _played(shelf, sku, 2, swap)
    line = shelf.wait_case(sku)
    junior = shelf.reviewer(JUNIOR, "junior")
    case = junior.lease(line["case_id"])
    assert [v["verdict"] for v in case["variants"]] == ["stop", "stop"]
    with pytest.raises(ApiError) as refused:
        junior.approve(case, case["variants"][0]["variant_id"])
    assert refused.value.code == "senior_only"
    junior.client.delete(f"/cases/{line['case_id']}/lease")
    senior = shelf.reviewer()
    case = senior.lease(line["case_id"])
    variant = case["variants"][0]
    body = {
        "kind": "approve",
        "variant_id": variant["variant_id"],
        "master_sha256": variant["master_sha256"],
        "answers": [{"item": item["code"], "answer": "yes"} for item in asked(case, "variant")],
    }
    flagged = [c["check"] for c in variant["checks"] if c["verdict"] != "clear"]
    seen = {"acknowledged": [{"check": check, "note": "looked at"} for check in flagged]}
    assert _why_not(shelf, case, {**body, **seen}) == "no_override_reason"
    senior.decide(case, {**body, **seen, "override_reason": "drill: the same model in this season's box"})
    shelf.wait_decided([line["case_id"]])
    approved = shelf.wait_event(sku, "VariantApproved")
    assert (approved["verdict"], approved["actor"]["id"]) == ("stop", FIRST)
    assert approved["override_reason"].startswith("drill: the same model")


def _why_not(shelf: Shelf, case: Json, body: Json) -> str:
    with pytest.raises(ApiError) as refused:
        shelf.reviewer().decide(case, body)
    return refused.value.code
