"""Slot and generation cases: when they open, what may be decided, what follows."""

import base64
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from support.review_facts import Sku, actor, sealed
from support.review_memory import drive
from support.review_office import SCREEN, Office
from trueshelf_contracts.signing import signable
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.service.context import reviewer_of
from trueshelf_review.service.finalising import give_up
from trueshelf_review.service.queue import give_back

ANNA, BORIS, VERA = actor("anna"), actor("boris"), actor("vera", "junior")


def slot_ready(office: Office, sku: Sku | None = None, **checked: object) -> Sku:
    sku = sku or Sku()
    office.take_in([sku.planned(), *sku.drafts(**checked)])
    return sku


def refused(office: Office, case: object, who: object, kind: str, **body: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        office.submit(case, who, kind, **body)  # type: ignore[arg-type]
    return caught.value


def test_slot_case_opens_when_every_item_has_ended(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), sku.generated(index=0), sku.checked(index=0), sku.generated(index=1)])
    assert not office.desk.cases
    office.take_in([sku.checked(index=1)])
    assert len(office.case().subject.candidates) == 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_any_order_of_facts_and_twice_each_gives_the_same_case(tmp_path: Path, order: tuple[int, ...]):
    sku = Sku()
    facts = [sku.planned(), *sku.drafts()]
    office = Office(tmp_path)
    for index in order:
        office.take_in([facts[index], facts[index]])
    case = office.case()
    assert [c.variant_id for c in case.subject.candidates] == [sku.variant_id(index=0), sku.variant_id(index=1)]
    assert len(office.desk.cases) == 1
    assert len(office.desk.stated("SpotCheckCommitted")) == 1


def test_approval_binds_answers_and_is_signed_r71_r100(office: Office):
    sku = slot_ready(office)
    office.approve(office.case(), ANNA)
    (approved,) = office.desk.stated("VariantApproved")
    assert approved.binding.master_sha256 == sku.master().sha256
    assert approved.binding.original_sha256 == sku.generated().original_sha256
    assert approved.binding.report_sha256 == sku.checked().report.sha256
    assert approved.binding.checklist.version == "2026.3"
    assert {a.item for a in approved.answers} >= {"colour_matches", "shape_unchanged", "no_foreign_logos"}
    (other,) = office.desk.stated("VariantNotChosen")
    assert other.chosen_variant_id == approved.variant_id
    (jwk,) = office.signer.jwks()["keys"]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    for event in (approved, other):
        assert event.signature.key_id == jwk["kid"]
        public.verify(base64.b64decode(event.signature.value), signable(event))
    with pytest.raises(InvalidSignature):
        public.verify(
            base64.b64decode(approved.signature.value), signable(approved.model_copy(update={"title": "Another"}))
        )


def test_no_event_within_ten_seconds_and_undo_takes_everything_back(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    record = office.submit(case, ANNA, "approve", **office.approval(case))
    office.pass_time(9.9)
    assert not office.desk.stated("VariantApproved")
    with pytest.raises(Refusal, match="you took no decision"):
        office.undo(record, BORIS)
    office.undo(record, ANNA)
    office.pass_time(60)
    assert not office.desk.stated("VariantApproved")
    again = office.case()
    assert again.lease is not None
    assert again.lease.holder == "anna"
    office.approve(again, ANNA, index=1)
    assert len(office.desk.stated("VariantApproved")) == 1


def test_undo_after_the_time_is_too_late(office: Office):
    slot_ready(office)
    record = office.approve(office.case(), ANNA)
    with pytest.raises(Refusal) as caught:
        office.undo(record, ANNA)
    assert caught.value.code == "too_late"


def test_the_same_key_is_the_same_decision(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    first = office.submit(case, ANNA, "approve", **office.approval(case), key="k")
    assert office.submit(case, ANNA, "approve", **office.approval(case), key="k") == first
    assert refused(office, case, ANNA, "approve", **office.approval(case, 1), key="k").code == "key_reused"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"viewport": SCREEN | {"width": 390}}, "screen_too_small"),
        ({"case_version": 7}, "case_changed"),
        ({"master_sha256": "0" * 64}, "other_picture"),
        ({"answers": []}, "items_unanswered"),
        ({"answers": [{"item": "colour_matches", "answer": "no"}]}, "items_unanswered"),
        ({"answers": [{"item": "made_up", "answer": "yes"}]}, "unknown_item"),
        ({"variant_id": "00000000-0000-0000-0000-000000000001"}, "no_variant"),
    ],
)
def test_incomplete_approvals_are_refused(office: Office, change: dict[str, object], code: str):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    assert refused(office, case, ANNA, "approve", **office.approval(case) | change).code == code
    assert not office.desk.decisions


def test_an_item_answered_no_is_no_approval_r64(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    body = office.approval(case)
    body["answers"][0] = {"item": body["answers"][0]["item"], "answer": "no"}
    assert refused(office, case, ANNA, "approve", **body).code == "item_failed"
    body["answers"][1] = {"item": "colour_matches", "answer": "not_applicable"}
    body["answers"][0]["answer"] = "yes"
    assert refused(office, case, ANNA, "approve", **body).code == "item_applies"


def test_only_people_with_a_right_in_the_category_decide_r60_r66(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    assert refused(office, case, actor("robot", kind="machine"), "approve", **office.approval(case)).code == (
        "not_a_person"
    )
    assert refused(office, case, actor("olga", None), "approve", **office.approval(case)).code == "no_right"
    assert refused(office, case, BORIS, "approve", **office.approval(case)).code == "not_leased"


def test_main_needs_two_checked_variants_r22(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), sku.generated(), sku.checked(), sku.refused(index=1)])
    case = office.lease(office.case(), ANNA)
    assert refused(office, case, ANNA, "approve", **office.approval(case)).code == "too_few_variants"


def test_the_original_kept_as_it_is_may_stand_alone_r17(office: Office):
    sku = slot_ready(office)
    case = office.case()
    office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "keep_original"}))
    (asked,) = office.desk.stated("RegenerationAsked")
    assert (asked.change.mode, asked.round) == ("as_shot", 2)
    office.take_in(
        [
            sku.planned([("main", 1)], 2, "as_shot"),
            sku.generated(round_=2, mode="as_shot"),
            sku.checked(round_=2),
        ]
    )
    office.approve(office.case(), ANNA)
    assert office.desk.stated("VariantApproved")[0].mode == "as_shot"


def test_detail_needs_only_one(office: Office):
    sku = Sku()
    office.take_in([sku.planned([("detail", 1)]), *sku.drafts("detail", 1)])
    office.approve(office.case(), VERA)
    assert len(office.desk.stated("VariantApproved")) == 1


def test_stop_is_for_a_senior_who_writes_why(office: Office):
    slot_ready(office, verdict="stop")
    case = office.lease(office.case(), VERA)
    assert refused(office, case, VERA, "approve", **office.approval(case)).code == "senior_only"
    office.clock.advance(200)
    case = office.lease(case, ANNA)
    assert refused(office, case, ANNA, "approve", **office.approval(case)).code == "no_override_reason"
    office.approve(case, ANNA, override_reason="the halo is the product's own fur")
    assert office.desk.stated("VariantApproved")[0].override_reason.startswith("the halo")


@pytest.mark.parametrize("verdict", ["flag", "unjudged"])
def test_each_finding_is_acknowledged(office: Office, verdict: str):
    slot_ready(office, verdict=verdict)
    case = office.lease(office.case(), VERA)
    body = office.approval(case)
    assert refused(office, case, VERA, "approve", **body | {"acknowledged": []}).code == "findings_open"
    office.approve(case, VERA)
    assert [a.check for a in office.desk.stated("VariantApproved")[0].acknowledged] == ["halo"]


def test_rejection_names_every_variant_and_what_follows_r26_r64(office: Office):
    sku = slot_ready(office)
    case = office.lease(office.case(), ANNA)
    body = office.rejection(case, {"kind": "regenerate", "change": {"preset": "grey", "note": "softer"}})
    assert refused(office, case, ANNA, "reject", **body | {"variants": body["variants"][:1]}).code == "variants_missing"
    office.decide(case, ANNA, "reject", **body)
    assert len(office.desk.stated("VariantRejected")) == 2
    (asked,) = office.desk.stated("RegenerationAsked")
    assert (asked.round, asked.change.preset, asked.actor.id) == (2, "grey", "anna")
    office.take_in([sku.planned(round_=2), *sku.drafts(round_=2)])
    again = office.case()
    assert (again.round, again.asked_for) == (2, True)


def test_facts_of_an_earlier_round_open_nothing(office: Office):
    sku = Sku()
    facts = [sku.planned(), sku.refused(index=0), sku.refused(index=1)]
    office.take_in(facts)
    office.decide(office.case("generation"), ANNA, "regenerate")
    office.take_in([*facts, *sku.drafts()])
    assert not office.cases("slot")
    assert not office.cases("generation")


def test_after_three_rounds_nothing_is_generated_again(office: Office):
    sku = slot_ready(office)
    for round_ in (2, 3):
        case = office.case()
        office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "regenerate"}))
        office.take_in([sku.planned(round_=round_), *sku.drafts(round_=round_)])
    case = office.lease(office.case(), ANNA)
    again = office.rejection(case, {"kind": "regenerate"})
    assert refused(office, case, ANNA, "reject", **again).code == "rounds_spent"
    office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "abandon"}))
    assert len(office.desk.stated("SlotAbandoned")) == 1


def test_reshoot_ends_the_slot_and_names_shots(office: Office):
    slot_ready(office)
    case = office.case()
    office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "reshoot", "shots": ["front", "macro"]}))
    (asked,) = office.desk.stated("ReshootAsked")
    assert asked.shots == ("front", "macro")
    assert [s.state for s in office.desk.slot_rows.values()] == ["reshoot"]


def test_refused_items_make_one_generation_case_that_leads_on(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), sku.refused(index=0)])
    assert not office.desk.cases, "the other item may still come out"
    office.take_in([sku.refused(index=1)])
    case = office.case("generation")
    assert len(case.subject.refusals) == 2
    office.decide(case, ANNA, "regenerate", change={"box": {"x": 0.1, "y": 0.1, "w": 0.5, "h": 0.5}})
    (asked,) = office.desk.stated("RegenerationAsked")
    assert asked.change.box.w == 0.5
    assert not office.cases("slot")


def test_without_reasons_of_ones_own_generates_refusals_are_the_reasons(office: Office):
    sku = Sku()
    office.take_in([sku.planned([("detail", 1)]), sku.refused("detail")])
    office.decide(office.case("generation"), ANNA, "reshoot", shots=["macro"])
    (asked,) = office.desk.stated("ReshootAsked")
    assert [r.code for r in asked.reasons] == ["backdrop_not_plain"]


def test_deciding_the_slot_closes_its_generation_case(office: Office):
    sku = Sku()
    office.take_in([sku.planned([("main", 3)]), *sku.drafts(count=2), sku.refused(index=2)])
    office.approve(office.case("slot"), ANNA)
    (closed,) = office.cases("generation", "closed")
    assert "approved" in closed.closed_because


def test_two_decisions_about_one_slot_do_not_wait_at_once(office: Office):
    sku = Sku()
    office.take_in([sku.planned([("main", 3)]), *sku.drafts(count=2), sku.refused(index=2)])
    slot, generation = office.lease(office.case("slot"), ANNA), office.lease(office.case("generation"), BORIS)
    office.submit(slot, ANNA, "approve", **office.approval(slot))
    assert refused(office, generation, BORIS, "regenerate").code == "slot_pending"


def test_dispute_goes_to_a_senior_who_is_another_person_r67(office: Office):
    slot_ready(office)
    case = office.case()
    reasons = [{"code": "colour_changed", "note": "greener?"}]
    office.decide(case, VERA, "dispute", variant_id=case.subject.candidates[0].variant_id, reasons=reasons)
    (disputed,) = office.desk.stated("VariantDisputed")
    second = office.case("second")
    assert (second.case_id, second.subject.first_reviewer) == (disputed.second_case_id, "vera")
    promoted = actor("vera", "senior")
    for who, code in ((promoted, "second_person_needed"), (actor("ivan", "junior"), "senior_only")):
        with pytest.raises(Refusal) as caught:
            office.lease(second, who)
        assert caught.value.code == code
        assert office.next(who) is None
    office.approve(second, BORIS)
    assert office.desk.stated("VariantApproved")[0].second_opinion == second.case_id


def test_a_disputed_senior_case_is_not_disputed_again(office: Office):
    slot_ready(office)
    case = office.case()
    reasons = [{"code": "colour_changed"}]
    variant = case.subject.candidates[0].variant_id
    office.decide(case, ANNA, "dispute", variant_id=variant, reasons=reasons)
    second = office.lease(office.case("second"), BORIS)
    assert refused(office, second, BORIS, "dispute", variant_id=variant, reasons=reasons).code == "wrong_decision"


def test_own_work_is_refused_where_the_policy_says_so_r67(tmp_path: Path):
    office = Office(tmp_path, own_work=frozenset({"regeneration"}))
    sku = slot_ready(office)
    case = office.case()
    office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "regenerate"}))
    office.take_in([sku.planned(round_=2), *sku.drafts(round_=2)])
    assert office.next(ANNA) is None
    with pytest.raises(Refusal, match="another person"):
        office.lease(office.case(), ANNA)
    office.approve(office.case(), BORIS)


def test_a_changed_sku_closes_cases_and_withdraws_approvals_r16(office: Office):
    sku = Sku()
    office.take_in([sku.planned([("main", 2), ("detail", 1)]), *sku.drafts(), *sku.drafts("detail", 1)])
    office.approve(office.case(slot="main"), ANNA)
    waiting = office.lease(office.case(slot="detail"), ANNA)
    pending = office.submit(waiting, ANNA, "approve", **office.approval(waiting))
    office.take_in([sku.changed()])
    (withdrawn,) = office.desk.stated("ApprovalWithdrawn")
    assert (withdrawn.cause, withdrawn.actor) == ("sku_changed", None)
    assert withdrawn.signature is not None
    office.pass_time(60)
    assert office.desk.decisions[pending.decision_id].state == "void"
    assert len(office.desk.stated("VariantApproved")) == 1
    assert not [c for c in office.desk.cases.values() if c.state in ("open", "pending")]
    office.take_in([sku.planned(), *sku.drafts()])
    assert not [c for c in office.desk.cases.values() if c.state in ("open", "pending")]


def test_a_change_that_overtakes_the_plan_leaves_the_old_version_closed(office: Office):
    sku = Sku()
    office.take_in([sku.changed(), sealed(sku.batch, [sku]), sku.planned(), *sku.drafts()])
    assert not office.desk.cases
    assert office.desk.stated("SpotCheckPassed")[0].basis == "nothing_approved"


def test_a_person_withdraws_and_asks_for_a_reshoot(office: Office):
    slot_ready(office)
    office.approve(office.case(), ANNA)
    (approved,) = office.desk.stated("VariantApproved")
    office.withdraw(approved.event_id, BORIS, shots=("front",))
    (withdrawn,) = office.desk.stated("ApprovalWithdrawn")
    assert (withdrawn.cause, withdrawn.actor.id, withdrawn.approval_id) == ("person", "boris", approved.event_id)
    assert len(office.desk.stated("ReshootAsked")) == 1
    with pytest.raises(Refusal, match="withdrawn already"):
        office.withdraw(approved.event_id, BORIS)


def test_review_time_is_measured_r74(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    office.clock.advance(42)
    office.lease(case, ANNA)  # a heartbeat does not start the time again
    assert office.submit(case, ANNA, "approve", **office.approval(case)).review_seconds == 42


def test_what_a_practice_account_decides_says_so(office: Office):
    sku = slot_ready(office)
    drill = actor("drill-1", kind="drill")
    case = office.case()
    office.decide(case, drill, "reject", **office.rejection(case, {"kind": "regenerate"}))
    assert office.desk.stated("RegenerationAsked")[0].drill
    office.take_in([sku.planned(round_=2), *sku.drafts(round_=2)])
    office.approve(office.case(), ANNA)
    assert office.desk.stated("VariantApproved")[0].drill, "it rests on a drill decision"


def test_renditions_that_are_not_clear_wait_for_a_person_r51(office: Office):
    sku = slot_ready(office)
    office.approve(office.case(), ANNA)
    office.take_in([sku.rendition("clear")])
    assert not office.cases("rendition")
    office.take_in([sku.rendition("flag"), sku.rendition("flag")])
    case = office.lease(office.case("rendition"), ANNA)
    sha = sku.rendition().rendition.sha256
    assert refused(office, case, ANNA, "rendition_accept", rendition_sha256=sha).code == "findings_open"
    assert refused(office, case, ANNA, "rendition_accept", rendition_sha256="0" * 64).code == "other_picture"
    office.decide(
        case, ANNA, "rendition_accept", rendition_sha256=sha, acknowledged=[{"check": "colour_shift", "note": "tiny"}]
    )
    (accepted,) = office.desk.stated("RenditionAccepted")
    assert accepted.signature is not None
    assert accepted.rendition_sha256 == sha


def test_a_rendition_is_rejected_with_reasons(office: Office):
    sku = slot_ready(office)
    office.take_in([sku.rendition("stop")])
    sha = sku.rendition().rendition.sha256
    case = office.lease(office.case("rendition"), VERA)
    body = {"rendition_sha256": sha, "acknowledged": [{"check": "colour_shift", "note": "fine"}]}
    assert refused(office, case, VERA, "rendition_accept", **body).code == "senior_only"
    office.decide(case, VERA, "rendition_reject", rendition_sha256=sha, reasons=[{"code": "compression_artefacts"}])
    assert office.desk.stated("RenditionRejected")[0].reasons[0].code == "compression_artefacts"


def test_outcomes_are_kept_once(office: Office):
    sku = slot_ready(office)
    office.take_in([sku.outcome(), sku.outcome()])
    assert len(office.desk.outcomes) == 1


def test_queue_order_asked_for_then_old_and_doubtful(office: Office):
    old, doubtful, asked = Sku("a"), Sku("b"), Sku("c")
    office.take_in([old.planned(), *old.drafts()])
    office.clock.advance(600)
    office.take_in([doubtful.planned(), *doubtful.drafts(verdict="stop")])
    office.clock.advance(600)
    office.take_in([asked.planned(), *asked.drafts()])
    case = office.desk.cases[office.case(sku="c").case_id]
    office.desk.cases[case.case_id] = replace(case, asked_for=True)
    order = [office.next(ANNA), office.next(BORIS), office.next(ANNA), office.next(BORIS)]
    assert [case.sku if case else None for case in order] == ["c", "b", "a", None]


def test_a_lease_runs_out_and_the_case_goes_to_another(office: Office):
    slot_ready(office)
    first = office.next(ANNA)
    assert first is not None
    assert office.next(BORIS) is None
    office.clock.advance(121)
    second = office.next(BORIS)
    assert second is not None
    assert second.case_id == first.case_id
    assert refused(office, first, ANNA, "approve", **office.approval(first)).code == "not_leased"


def test_a_decision_that_cannot_be_finalised_opens_its_case_again(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    record = office.submit(case, ANNA, "approve", **office.approval(case))
    drive(give_up(office.review, office.desk, record.decision_id))
    assert office.desk.decisions[record.decision_id].state == "void"
    office.pass_time(60)
    assert not office.desk.stated("VariantApproved")
    office.approve(office.case(), ANNA)


def test_facts_about_an_ended_slot_open_nothing(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), sku.refused(index=0), sku.refused(index=1)])
    office.decide(office.case("generation"), ANNA, "abandon")
    office.take_in(sku.drafts())
    assert not office.cases("slot")
    assert len(office.desk.stated("SlotAbandoned")) == 1


def test_a_live_lease_keeps_others_out_and_a_given_back_one_lets_them_in(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    with pytest.raises(Refusal) as caught:
        office.lease(case, BORIS)
    assert caught.value.code == "leased"
    drive(give_back(office.desk, case.case_id, reviewer_of(BORIS)))
    assert office.desk.cases[case.case_id].lease is not None, "only one's own"
    drive(give_back(office.desk, case.case_id, reviewer_of(ANNA)))
    office.approve(office.lease(case, BORIS), BORIS)


def test_ones_own_pending_decision_is_named_with_how_to_undo_it(office: Office):
    slot_ready(office)
    case = office.lease(office.case(), ANNA)
    record = office.submit(case, ANNA, "approve", **office.approval(case))
    for again in (
        lambda who: office.lease(case, who),
        lambda who: office.submit(case, who, "approve", **office.approval(case), key="another"),
    ):
        with pytest.raises(Refusal, match=r"decided by you \(approve\), pending until 2026-11-21T10:00:10") as mine:
            again(ANNA)
        assert f"`trueshelf review undo {record.decision_id}`" in mine.value.advice
        with pytest.raises(Refusal, match=r"decided by anna \(approve\), pending until") as theirs:
            again(BORIS)
        assert theirs.value.advice == "take the next one"
    office.pass_time()
    with pytest.raises(Refusal, match="the case is decided"):
        office.lease(case, BORIS)
