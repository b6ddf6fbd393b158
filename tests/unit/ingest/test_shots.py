"""Which photos a SKU needs (R-11, R-13, R-14, R-16)."""

import pytest

from trueshelf_ingest.domain.changes import photos_stay_valid
from trueshelf_ingest.domain.gate import Measurements, judge, refused
from trueshelf_ingest.domain.shots import missing_shots
from trueshelf_ingest.policies import load_policies

POLICIES = load_policies()


def needed(category: str, kit: tuple[str, ...] = (), waived: tuple[str, ...] = ()) -> dict[str, int]:
    return dict(POLICIES.shot_lists.of(category).needed(kit, waived))


def test_r11_default_and_jewelry_shot_lists() -> None:
    assert needed("apparel") == {"front": 1, "profile": 1, "macro": 1}
    assert needed("jewelry") == {"front": 1, "profile": 1, "macro": 1, "clasp": 1}


def test_r14_macro_of_jewelry_glass_and_electronics_cannot_be_waived() -> None:
    for category in ("jewelry", "glass", "electronics"):
        assert needed(category, waived=("macro",))["macro"] == 1
    assert "macro" not in needed("apparel", waived=("macro",))


def test_r11_a_kit_needs_a_bundle_photo() -> None:
    assert needed("home", kit=("mug", "lid"))["bundle"] == 1
    assert "bundle" not in needed("home", kit=("mug",))


def test_r13_every_piece_of_a_set_is_photographed() -> None:
    assert needed("kit", kit=("spoon", "fork", "knife"))["piece"] == 3


def test_missing_counts_repeats() -> None:
    want = POLICIES.shot_lists.of("kit").needed(("spoon", "fork"), ())
    assert missing_shots(want, ["front", "macro", "piece", "bundle"]) == ("piece", "profile")


def test_r16_only_words_keep_the_photos() -> None:
    assert photos_stay_valid(("text",))
    assert not photos_stay_valid(("text", "colour"))
    assert not photos_stay_valid(())


GOOD = Measurements(
    long_side=1600, short_side=1200, blur=0.3, clipped_white=0.0, clipped_black=0.0, backdrop_sigma=2.0,
    jpeg_quality=92, has_exif=True,
)  # fmt: skip


def test_a_good_photo_has_no_findings() -> None:
    assert judge(GOOD, POLICIES.gate, "front") == ()


@pytest.mark.parametrize(
    ("change", "code", "kept_out"),
    [
        ({"blur": 0.9}, "blurred", True),
        ({"blur": 0.5}, "soft", False),
        ({"short_side": 200}, "too_small", True),
        ({"long_side": 800}, "small", False),
        ({"backdrop_sigma": 20.0}, "backdrop_not_plain", False),
        ({"clipped_white": 0.3}, "highlights_clipped", False),
        ({"jpeg_quality": 70, "has_exif": False}, "messenger_compressed", False),
    ],
)
def test_r06_r09_r10_findings(change: dict[str, float], code: str, *, kept_out: bool) -> None:
    measured = Measurements(**{**{f: getattr(GOOD, f) for f in GOOD.__slots__}, **change})
    findings = judge(measured, POLICIES.gate, "front")
    assert [finding.code for finding in findings] == [code]
    assert refused(findings) is kept_out
    assert findings[0].threshold is not None


def test_r10_a_macro_may_fill_the_frame() -> None:
    measured = Measurements(**{**{f: getattr(GOOD, f) for f in GOOD.__slots__}, "backdrop_sigma": 30.0})
    assert judge(measured, POLICIES.gate, "macro") == ()
