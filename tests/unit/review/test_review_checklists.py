"""Checklists as data (R-50, R-71) and what the API offers whom."""

import json
from pathlib import Path

import pytest

from support.review_facts import Sku, actor
from support.review_office import Office
from trueshelf_review.adapters.policies import body_of, checklist_of, read_checklist, read_checklists
from trueshelf_review.domain.options import options
from trueshelf_review.service.context import reviewer_of

QA_POINTS_AT = {
    "colour_matches", "shape_unchanged", "kit_unchanged", "edges_clean", "background_neutral", "chain_unbroken",
}  # fmt: skip


def test_the_documents_items_are_there_with_english_texts_and_scopes():
    checklists = read_checklists()
    jewelry = checklists.of("jewelry")
    assert {item.code for item in jewelry.items} >= QA_POINTS_AT | {"stones_match", "matches_sample", "copy_matches"}
    for checklist in checklists.by_name.values():
        assert {item.scope for item in checklist.items} == {"capture", "variant", "pack", "marketplace", "team"}
        assert all(item.text["en"] for item in checklist.items)
    assert checklists.of("umbrellas").name == "default"


def test_main_is_asked_more_than_a_further_slot():
    default = read_checklists().of("default")
    main, detail = ({i.code for i in default.for_slot(slot)} for slot in ("main", "detail"))
    assert main - detail == {"no_foreign_logos"}


def test_the_hash_is_over_the_content_and_reading_back_keeps_it():
    checklist = read_checklists().of("jewelry")
    assert checklist_of(body_of(checklist)) == checklist
    body = body_of(checklist)
    body["items"][0]["text"]["en"] += "!"
    assert checklist_of(body).sha256 != checklist.sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": []}, "is no checklist"),
        ({"version": "new"}, "is no checklist"),
        ({"items": [{"code": "a", "scope": "variant", "text": {"ru": "а"}}]}, "no English text for a"),
        ({"items": [{"code": "a", "scope": "pack", "text": {"en": "a"}}]}, "nothing could be approved"),
        ({"items": [{"code": "a", "scope": "variant", "text": {"en": "a"}}] * 2}, "stands twice"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(change: dict[str, object], message: str):
    good = {"name": "default", "version": "2026.1", "items": []}
    with pytest.raises(ValueError, match=message) as caught:
        read_checklist("checklist_x.json", json.dumps(good | change).encode())
    assert "checklist_x.json" in str(caught.value)


def test_a_folder_without_a_last_resort_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="no checklist 'default'"):
        read_checklists(tmp_path)


def test_options_say_what_is_open_and_why_not(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), sku.generated(), sku.checked(), sku.refused(index=1)])
    offered = options(office.case("slot"), reviewer_of(actor()), office.review.policy)
    by_kind = {option.kind: option for option in offered.decisions}
    assert "R-22" in by_kind["approve"].refused_because
    assert by_kind["reject"].open
    assert {option.kind for option in offered.then if option.open} == {
        "regenerate", "reshoot", "keep_original", "abandon",
    }  # fmt: skip
    stranger = options(office.case("slot"), reviewer_of(actor("olga", None)), office.review.policy)
    assert not any(option.open for option in (*stranger.decisions, *stranger.then))


def test_a_junior_is_told_to_dispute_what_qa_stopped(office: Office):
    sku = Sku()
    office.take_in([sku.planned(), *sku.drafts(verdict="stop")])
    offered = options(office.case(), reviewer_of(actor("vera", "junior")), office.review.policy)
    assert "dispute" in offered.decisions[0].refused_because
    assert next(o for o in offered.decisions if o.kind == "dispute").open


CATEGORIES = {"default", "apparel", "electronics", "jewelry", "glass", "home", "shoes", "accessories"}


def test_every_category_has_its_list_in_three_languages():
    """R-50: one checklist per category, with items of its own; nobody reviews in a language they do not read."""
    checklists = read_checklists().by_name
    assert checklists.keys() >= CATEGORIES
    default = {item.code for item in checklists["default"].items}
    for name, checklist in checklists.items():
        codes = {item.code for item in checklist.items}
        assert codes >= default, name
        assert name == "default" or codes - default, f"{name} asks nothing of its own"
        for item in checklist.items:
            assert item.text.keys() == {"en", "ru", "kk"}, (name, item.code)
            assert len(set(item.text.values())) == 3, (name, item.code)


@pytest.mark.parametrize(
    ("rule", "name", "codes"),
    [
        ("R-40", "default", {"details_unchanged", "kit_unchanged", "colour_matches", "shape_unchanged"}),
        ("R-43", "default", {"edges_clean"}),
        ("R-44", "default", {"shadows_honest"}),
        ("R-45", "default", {"no_foreign_logos"}),
        ("R-46", "default", {"background_neutral"}),
        ("R-47", "jewelry", {"stones_match", "chain_unbroken", "clasps_in_place", "no_added_glare"}),
        ("R-48", "apparel", {"hems_and_prints", "fit_kept"}),
        ("R-49", "apparel", {"fabric_kept"}),
        ("R-49", "glass", {"transparency_kept"}),
        ("R-51", "default", {"files_checked_after_compression"}),
        ("R-52", "default", {"defects_kept"}),
        ("R-54", "default", {"copy_matches"}),
    ],
)
def test_what_the_documents_ask_for_is_asked(rule: str, name: str, codes: set[str]):
    assert {item.code for item in read_checklists().of(name).items} >= codes, rule
