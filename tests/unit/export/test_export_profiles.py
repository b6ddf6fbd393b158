"""Profiles are dated data; stale and unconfirmed ones wait for a person (R-80, R-81, R-88)."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from trueshelf_export.adapters.shipped import load_checklists, load_profiles
from trueshelf_export.domain.confirmation import Confirmation, ConfirmationError, confirm
from trueshelf_export.domain.naming import file_name, pack_name, stem
from trueshelf_export.domain.profiles import (
    Profile,
    ProfileError,
    check_value,
    content_of,
    read_profile,
    sha256_of,
    standing,
)

TODAY = date(2026, 11, 21)
KASPI = {
    "canvas_width": 1600,
    "canvas_height": 1600,
    "min_width": 500,
    "min_height": 500,
    "max_bytes": 5_000_000,
    "max_files": 8,
}
PROFILES = load_profiles()
CHECKLISTS = load_checklists()
ALL_YES = {item.item: "yes" for item in CHECKLISTS.marketplace}


def given(**changes: Any) -> Confirmation:
    fields = {
        "source": "the cabinet's help, page Pictures",
        "checked_on": TODAY,
        "valid_until": TODAY + timedelta(days=90),
        "answers": ALL_YES,
        "values": {},
        "by": "person-7",
    }
    return Confirmation(**(fields | changes))


def test_five_marketplaces_ship_and_each_value_says_where_it_comes_from_r80_r88():
    assert sorted(PROFILES) == ["ebay", "etsy", "kaspi", "ozon", "wildberries"]
    for profile in PROFILES.values():
        assert profile.checked_by
        assert profile.checked_on <= TODAY
        assert all(value.source and value.confidence in "ABCU" for value in profile.values.values())
        assert all(entry.source for entry in (*profile.guidance, *profile.warnings))


def test_kaspi_has_no_invented_numbers_and_never_stands_by_itself_r88():
    kaspi = PROFILES["kaspi"]
    assert kaspi.status == "unconfirmed"
    assert set(kaspi.missing()) == set(KASPI)
    assert standing(kaspi, TODAY, None) == "unconfirmed"
    assert standing(kaspi, kaspi.checked_on, None) == "unconfirmed"
    with pytest.raises(ProfileError, match="lacks canvas_width"):
        kaspi.limits()


@pytest.mark.parametrize("name", ["wildberries", "ozon", "etsy", "ebay"])
def test_a_documented_profile_goes_stale_on_its_date_and_a_confirmation_expires_too_r88(name: str):
    profile = PROFILES[name]
    end = profile.valid_until
    assert standing(profile, end, None) == "current"
    assert standing(profile, end + timedelta(days=1), None) == "stale"
    assert standing(profile, end + timedelta(days=1), end + timedelta(days=1)) == "current"
    assert standing(profile, end + timedelta(days=2), end + timedelta(days=1)) == "stale"


def test_confirming_kaspi_takes_the_values_that_the_person_entered_r88():
    confirmed = confirm(PROFILES["kaspi"], CHECKLISTS.marketplace, given(values=KASPI), TODAY)
    assert confirmed.limits().canvas == (1600, 1600)
    assert confirmed.values["max_files"].confidence == "entered"
    assert confirmed.values["max_files"].source == "the cabinet's help, page Pictures"
    assert (confirmed.checked_by, confirmed.valid_until) == ("person-7", TODAY + timedelta(days=90))


def test_a_confirmation_tells_everything_that_is_missing_at_once_r71_r88():
    answers = dict(ALL_YES) | {"rules_read": "not_applicable"}
    del answers["main_picture_rules"]
    changes = {
        "answers": answers,
        "values": {"max_bytes": 10, "colour": 3},
        "checked_on": TODAY - timedelta(days=31),
        "valid_until": TODAY,
    }
    with pytest.raises(ConfirmationError) as refusal:
        confirm(PROFILES["ozon"], CHECKLISTS.marketplace, given(**changes), TODAY)
    text = " ".join(refusal.value.reasons)
    for part in ("rules_read", "main_picture_rules", "max_bytes is a whole number", "'colour' is no value"):
        assert part in text
    assert "more than 30 days ago" in text
    assert "not after today" in text


def test_a_confirmation_does_not_last_for_ever_nor_come_from_the_future_r88():
    with pytest.raises(ConfirmationError, match="more than 180 days"):
        confirm(PROFILES["ozon"], CHECKLISTS.marketplace, given(valid_until=TODAY + timedelta(days=181)), TODAY)
    with pytest.raises(ConfirmationError, match="future"):
        confirm(PROFILES["ozon"], CHECKLISTS.marketplace, given(checked_on=TODAY + timedelta(days=1)), TODAY)


def test_kaspi_is_not_confirmed_without_its_numbers_nor_with_contradicting_ones_r88():
    with pytest.raises(ConfirmationError, match="lacks canvas_width"):
        confirm(PROFILES["kaspi"], CHECKLISTS.marketplace, given(), TODAY)
    with pytest.raises(ConfirmationError, match="not between its limits"):
        confirm(PROFILES["kaspi"], CHECKLISTS.marketplace, given(values=KASPI | {"min_width": 2000}), TODAY)


@pytest.mark.parametrize("value", [True, 89, 101, "95", 95.5, None])
def test_an_entered_value_is_a_whole_number_in_its_range_and_quality_never_below_90(value: object):
    with pytest.raises(ProfileError, match="from 90 to 100"):
        check_value("quality_floor", value)
    assert check_value("quality_floor", 95.0) == 95


def test_a_profile_with_a_fault_is_told_apart_from_one_without():
    with pytest.raises(ProfileError, match="marketplace"):
        read_profile({"title": "x"})


def names(profile: Profile, sku: str) -> list[str]:
    return [file_name(profile.naming, sku, position) for position in (1, 2, 3)]


def test_file_names_follow_each_marketplaces_grammar():
    assert names(PROFILES["ozon"], "RC18") == ["RC18.jpg", "RC18_1.jpg", "RC18_2.jpg"]
    assert names(PROFILES["wildberries"], "RC18") == ["RC18-1.jpg", "RC18-2.jpg", "RC18-3.jpg"]
    assert names(PROFILES["ebay"], "RC18") == ["RC18-01.jpg", "RC18-02.jpg", "RC18-03.jpg"]


@pytest.mark.parametrize(
    "sku", ["кольцо-585", "..", "-", "a..", ".hidden", "CON", "aux.x", "серьги_сереб.925", "ұзын-ә"]
)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.marketplace)
def test_no_sku_makes_a_name_that_an_upload_or_a_file_system_trips_over(profile: Profile, sku: str):
    for name in names(profile, sku):
        assert name.isascii()
        assert not name.startswith((".", "-"))
        assert not set(name) & set(' /\\:*?"<>|%')
        assert ".." not in name
        assert name.split(".")[0].lower() not in {"con", "aux", "nul"}
        assert len(name) < 100
    assert len(set(names(profile, sku))) == 3


def test_two_skus_never_share_a_stem():
    skus = ["кольцо", "серьги", "--", "..", "a", "A", "a.", "a-"]
    assert len({stem(sku, "ascii") for sku in skus}) == len(skus)


def test_a_practice_pack_says_so_in_its_name():
    assert pack_name("RC18", "ozon", "0123456789ab", drill=True) == "DRILL_RC18_ozon_01234567.zip"
    assert pack_name("кольцо", "ozon", "0123456789ab", drill=False) == "кольцо_ozon_01234567.zip"


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.marketplace)
def test_a_profile_survives_being_stored_and_its_hash_covers_every_field(profile: Profile):
    stored = json.loads(json.dumps(content_of(profile)))
    assert read_profile(stored) == read_profile(content_of(profile))
    assert sha256_of(read_profile(stored)) == sha256_of(profile)
    assert sha256_of(replace(profile, checked_by="somebody else")) != sha256_of(profile)
