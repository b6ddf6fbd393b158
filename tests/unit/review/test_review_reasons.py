"""Reasons as data (R-64, R-103): which there are, about what, and that no other is taken."""

import json
from pathlib import Path

import pytest

from support.review_facts import Sku, actor
from support.review_office import Office
from trueshelf_review.adapters.policies import read_checklists
from trueshelf_review.adapters.reasons import body_of, read_reasons, reasons_of
from trueshelf_review.domain.refusal import Refusal

ONE = {"code": "dull", "about": ["picture", "rendition"], "text": {"en": "Dull"}, "item": None, "offered": True}


def written(folder: Path, **change: object) -> Path:
    file = {"name": "reasons", "version": "2026.7", "reasons": [ONE]} | change
    (folder / "reasons.json").write_text(json.dumps(file), encoding="utf-8")
    return folder


def test_what_ships_has_a_key_each_and_words_in_three_languages():
    """R-64: at most ten are offered, so that each has a digit; what was said before may still be said."""
    reasons = read_reasons()
    offered = [each.code for each in reasons.of("picture") if each.offered]
    assert (offered[0], offered[-1], len(offered)) == ("colour_changed", "other", 10)
    assert [each.code for each in reasons.of("rendition")] == [
        "compression_artefacts", "colour_changed", "wrongly_cropped", "too_small", "other",
    ]  # fmt: skip
    assert "too_few_variants" in {each.code for each in reasons.of("picture")}
    assert all(set(each.text) == {"en", "ru", "kk"} and all(each.text.values()) for each in reasons.codes)
    items = {item.code for checklist in read_checklists().by_name.values() for item in checklist.items}
    assert {each.item for each in reasons.codes} - {None} <= items


def test_the_hash_is_over_the_content_and_reading_back_keeps_it():
    reasons = read_reasons()
    assert reasons_of(body_of(reasons)) == reasons
    body = body_of(reasons)
    body["reasons"][0]["text"]["en"] += "!"
    assert reasons_of(body).sha256 != reasons.sha256


def test_a_company_has_its_own_and_its_folder_of_checklists_may_be_without(tmp_path: Path):
    assert read_reasons(tmp_path) == read_reasons()
    assert [each.code for each in read_reasons(written(tmp_path)).codes] == ["dull"]
    with pytest.raises(ValueError, match="no checklist 'default'"):  # the file is not taken for a checklist
        read_checklists(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "new"}, "holds no reasons"),
        ({"reasons": [ONE, ONE]}, "a code stands twice"),
        ({"reasons": [ONE | {"text": {"ru": "Тусклый"}}]}, "no English text for dull"),
        ({"reasons": [ONE | {"code": f"a{n}"} for n in range(11)]}, "more than 10"),
        ({"reasons": [ONE | {"about": ["picture"]}]}, "nothing could be rejected"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, change: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message) as caught:
        read_reasons(written(tmp_path, **change))
    assert "reasons.json" in str(caught.value)


def test_a_reason_that_nobody_published_is_refused_with_those_there_are(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), *sku.drafts()])
    case = office.case()
    variants = [{"variant_id": str(c.variant_id), "reasons": [{"code": "ugly"}]} for c in case.subject.candidates]
    with pytest.raises(Refusal, match=r"'ugly' is no reason of version 2026\.1 about a picture") as caught:
        office.decide(case, actor("vera", "junior"), "reject", variants=variants, then={"kind": "abandon"})
    assert (caught.value.nature, caught.value.code) == ("incomplete", "unknown_reason")
    assert "shape_changed" in caught.value.advice
    assert "wrongly_cropped" not in caught.value.advice


def test_a_file_for_a_marketplace_has_reasons_of_its_own():
    reasons = read_reasons()
    reasons.check("rendition", ["wrongly_cropped"])
    with pytest.raises(Refusal, match="about a picture"):
        reasons.check("picture", ["wrongly_cropped"])
