"""The thresholds are data: versioned, hashed, per profile, with a fallback for every category."""

import pytest

from trueshelf_qa.policy import ThresholdsError, as_json, from_json, load, parse

WHOLE = b"""
version = "1"
[composited.default.halo]
fringe_share = { flag = 0.1, stop = 0.5 }
[composited.fur.halo]
fringe_share = { flag = 0.3, stop = 0.9 }
[generative.default.halo]
fringe_share = { flag = 0.2 }
[rendition.default.halo]
fringe_share = { stop = 0.5 }
"""


def test_a_category_overrides_the_fallback_and_others_use_it() -> None:
    policy = parse(WHOLE)
    assert policy.limits("composited", "fur")["halo"]["fringe_share"].flag == 0.3
    assert policy.limits("composited", "shoes")["halo"]["fringe_share"].flag == 0.1


def test_a_changed_number_changes_the_hash() -> None:
    assert parse(WHOLE).ref.sha256 != parse(WHOLE.replace(b"0.3", b"0.4")).ref.sha256


def test_limits_survive_their_way_to_the_child() -> None:
    limits = load().limits("composited", "jewelry")
    assert from_json(as_json(limits)) == limits


def test_the_shipped_thresholds_have_limits_for_every_check_that_can_judge() -> None:
    policy = load()
    for profile in ("composited", "generative", "rendition"):
        assert {"colour_shift", "proportions", "missing_part", "extra_part", "surface", "background"} <= set(
            policy.limits(profile, "default")
        )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[", "not TOML"),
        (b"x = 1", "no version"),
        (b'version = "1"', "lack [composited.default"),
        (WHOLE.replace(b"flag = 0.3, stop = 0.9", b"flag = 1.0, stop = 0.9"), "composited.fur.halo.fringe_share: flag"),
        (WHOLE.replace(b"{ flag = 0.2 }", b"7"), "generative.default.halo.fringe_share is 7"),
        (WHOLE.replace(b"{ flag = 0.2 }", b'{ flag = "x" }'), "generative.default.halo.fringe_share"),
        (WHOLE.replace(b"{ flag = 0.2 }", b"{ warn = 1 }"), "generative.default.halo.fringe_share"),
    ],
)
def test_a_wrong_file_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(ThresholdsError, match=said.replace("[", r"\[")):
        parse(data)
