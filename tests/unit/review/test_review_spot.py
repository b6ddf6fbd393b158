"""Spot checks: commitment, draw, passing, quarantine, release (R-69, R-70)."""

import hashlib
from collections.abc import Sequence
from uuid import uuid4

import pytest

from support.review_facts import Sku, actor, opened, sealed
from support.review_office import Office, commitment
from trueshelf_contracts.ids import draw_sample
from trueshelf_review.domain.cases import Standing
from trueshelf_review.domain.refusal import Refusal
from trueshelf_review.domain.spot import Draw, MemberView, Pass, next_step, relaxed, tightened

ANNA, BORIS, VERA = actor("anna"), actor("boris"), actor("vera", "junior")


def batch_of(office: Office, count: int, approve: Sequence[bool] | None = None) -> list[Sku]:
    """Take a batch in and decide all its slots: approved by Anna, or abandoned."""
    skus = [Sku(f"ring-{n}") for n in range(count)]
    office.take_in([opened(skus[0].batch), *(fact for sku in skus for fact in (sku.planned(), *sku.drafts()))])
    for sku, good in zip(skus, approve or [True] * count, strict=True):
        case = office.case(sku=sku.sku)
        if good:
            office.approve(case, ANNA)
        else:
            office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "abandon"}))
    office.take_in([sealed(skus[0].batch, skus)])
    return skus


def test_the_seed_is_bound_before_and_revealed_after_the_last_decision(office: Office):
    skus = [Sku(f"ring-{n}") for n in range(11)]
    office.take_in([opened(skus[0].batch), opened(skus[0].batch)])
    (committed,) = office.desk.stated("SpotCheckCommitted")
    office.take_in([fact for sku in skus for fact in (sku.planned(), *sku.drafts())])
    office.take_in([sealed(skus[0].batch, skus)])
    for sku in skus:
        assert not office.desk.stated("SpotCheckDrawn")
        office.approve(office.case(sku=sku.sku), ANNA)
    (drawn,) = office.desk.stated("SpotCheckDrawn")
    assert commitment(drawn.seed) == committed.commitment
    assert committed.commitment == hashlib.sha256(bytes.fromhex(drawn.seed)).hexdigest()
    expected = draw_sample(bytes.fromhex(drawn.seed), [sku.sku for sku in skus], 5)
    assert [m.sku for m in drawn.sample] == expected
    assert len(expected) == 3, "every fifth of eleven, rounded up (R-69)"
    assert len(drawn.population) == 11


def test_sealing_may_come_last_or_first(office: Office):
    batch_of(office, 1)
    assert len(office.desk.stated("SpotCheckDrawn")) == 1


def test_all_good_passes_with_what_stands(office: Office):
    skus = batch_of(office, 6, [True] * 4 + [False] * 2)
    case = office.case("spot")
    with pytest.raises(Refusal, match="another person"):
        office.lease(case, ANNA)
    assert office.next(ANNA) is None
    office.decide(case, VERA, "spot_good")
    (passed,) = office.desk.stated("SpotCheckPassed")
    assert passed.basis == "sample"
    assert {m.sku for m in passed.members} == {sku.sku for sku in skus[:4]}
    approved = {event.event_id for event in office.desk.stated("VariantApproved")}
    assert {a for m in passed.members for a in m.approvals.values()} == approved
    assert [a.id for a in passed.checked_by] == ["vera"]


def test_nothing_approved_ends_the_batch_with_nothing(office: Office):
    batch_of(office, 2, [False, False])
    (passed,) = office.desk.stated("SpotCheckPassed")
    assert (passed.basis, passed.members) == ("nothing_approved", ())
    assert not office.desk.stated("SpotCheckDrawn")


def bad_batch(office: Office) -> list[Sku]:
    skus = batch_of(office, 6)
    case = office.cases("spot")[0]
    office.decide(case, BORIS, "spot_bad", reasons=[{"code": "colour_changed"}])
    return skus


def test_one_bad_quarantines_the_batch_and_tightens_the_category_r70(office: Office):
    skus = bad_batch(office)
    (quarantined,) = office.desk.stated("BatchQuarantined")
    assert quarantined.next_rate == 2
    assert quarantined.signature is not None
    assert {e.sku for e in office.desk.stated("SkuHeld")} == {sku.sku for sku in skus}
    assert not office.desk.stated("SpotCheckPassed")
    later = Sku("later", batch=Sku("x", batch=skus[0].plan_id("main", 2)).batch)
    office.take_in([opened(later.batch)])
    assert office.desk.stated("SpotCheckCommitted")[-1].rate == 2


def test_a_senior_who_approved_nothing_there_ends_a_quarantine_and_says_why(office: Office):
    skus = bad_batch(office)
    batch = skus[0].batch
    for who, code in (
        (ANNA, "second_person_needed"),
        (VERA, "senior_only"),
        (actor("r", kind="machine"), "not_a_person"),
    ):
        with pytest.raises(Refusal) as caught:
            office.release(batch, who)
        assert caught.value.code == code
    withdrawn = office.desk.stated("VariantApproved")[0]
    office.withdraw(withdrawn.event_id, BORIS, cause="spot_check")
    office.release(batch, BORIS)
    assert office.desk.stated("BatchReleased")[0].reason
    assert len(office.desk.stated("SkuFreed")) == 6
    (passed,) = office.desk.stated("SpotCheckPassed")
    assert passed.basis == "release"
    assert withdrawn.sku not in {m.sku for m in passed.members}
    assert not office.cases("spot")
    with pytest.raises(Refusal, match="is released"):
        office.release(batch, BORIS)


def test_nobody_takes_a_sampled_sku_out_by_withdrawing(office: Office):
    batch_of(office, 3)
    case = office.case("spot")
    (approved,) = [e for e in office.desk.stated("VariantApproved") if e.sku == case.sku]
    with pytest.raises(Refusal) as caught:
        office.withdraw(approved.event_id, BORIS)
    assert caught.value.code == "spot_waits"


def test_a_sampled_sku_that_changes_gives_its_place_to_the_next(office: Office):
    skus = {sku.sku: sku for sku in batch_of(office, 3)}
    first = office.case("spot").sku
    office.take_in([skus[first].changed()])
    second = office.case("spot").sku
    assert second != first
    _, drawn = office.desk.stated("SpotCheckDrawn")
    assert {m.sku for m in drawn.population} == set(skus) - {first}
    assert [m.sku for m in drawn.sample] == draw_sample(bytes.fromhex(drawn.seed), sorted(set(skus) - {first}), 5)
    office.decide(office.case("spot"), BORIS, "spot_good")
    assert len(office.desk.stated("SpotCheckPassed")[0].members) == 2


def test_a_reshoot_counts_as_decided(office: Office):
    skus = [Sku("a"), Sku("b")]
    office.take_in([fact for sku in skus for fact in (sku.planned(), *sku.drafts())])
    office.take_in([sealed(skus[0].batch, skus)])
    office.approve(office.case(sku="a"), ANNA)
    case = office.case(sku="b")
    office.decide(case, ANNA, "reject", **office.rejection(case, {"kind": "reshoot", "shots": ["front"]}))
    assert len(office.desk.stated("SpotCheckDrawn")) == 1


def test_a_spot_check_is_drill_when_anything_in_it_was(office: Office):
    skus = [Sku("a"), Sku("b")]
    office.take_in([fact for sku in skus for fact in (sku.planned(), *sku.drafts())])
    office.approve(office.case(sku="a"), actor("drill-1", kind="drill"))
    office.approve(office.case(sku="b"), ANNA)
    office.take_in([sealed(skus[0].batch, skus)])
    assert office.desk.stated("SpotCheckDrawn")[0].drill
    office.decide(office.case("spot"), BORIS, "spot_good")
    assert office.desk.stated("SpotCheckPassed")[0].drill


# the pure step


def member(name: str, *, decided: bool = True, approved: bool = True) -> MemberView:

    standing = (Standing("main", uuid4(), uuid4(), "anna"),) if approved else ()
    return MemberView(name, 1, decided, standing)


def test_next_step_waits_for_sealing_and_the_last_decision():
    assert next_step("open", None, {}, lambda skus: skus[:1]) is None
    assert next_step("open", (member("a"), member("b", decided=False)), {}, lambda skus: skus[:1]) is None


def test_next_step_draws_looks_and_passes():
    members = (member("a"), member("b"), member("c", approved=False))
    step = next_step("open", members, {}, lambda skus: skus[:1])
    assert isinstance(step, Draw)
    assert step.sample == (("a", 1),)
    assert next_step("drawn", members, {("a", 1): "waiting"}, lambda skus: skus[:1]) is None
    assert isinstance(next_step("drawn", members, {("a", 1): "good"}, lambda skus: skus[:1]), Pass)
    assert next_step("quarantined", members, {("a", 1): "good"}, lambda skus: skus[:1]) is None


def test_rates_tighten_and_come_back_slowly():
    assert [tightened(5), tightened(2), tightened(1)] == [2, 1, 1]
    assert [relaxed(1, 5, n) for n in (4, 5)] == [1, 2]
    assert relaxed(4, 5, 5) == 5
    assert relaxed(5, 5, 5) == 5
