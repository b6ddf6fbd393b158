"""The generators' file: what is accepted, what is refused with which words, and what its offers lead to.

R-20, R-21, R-22, R-26, R-31, R-32.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from trueshelf_generate import paid_metrics
from trueshelf_generate.catalogue import load_catalogue
from trueshelf_generate.domain import gate as gates
from trueshelf_generate.domain.calls import NotCharged, Unknown, Useless
from trueshelf_generate.domain.credits import Spent, crossed, forbidden, month_of, next_month, planned
from trueshelf_generate.domain.external_plan import bought_round, standing_drafts
from trueshelf_generate.domain.offers import Caps, External, Offers
from trueshelf_generate.domain.plan import Shelf, Wish, first_round
from trueshelf_generate.policy import load_policy
from trueshelf_generate.settings import Settings

from .test_plan import capture

SECRET = "sk-very-secret-42"
ENVIRON = {"TRUESHELF_GENERATE_KEY_STUDIO": SECRET}
PRESETS = load_policy().presets
NOW = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


def shelf_of(*captures: Any, category: str = "apparel") -> Shelf:
    return Shelf(category, captures, PRESETS, {})


def data() -> dict[str, Any]:
    return {
        "version": "7",
        "caps": {"batch": 20, "month": 100},
        "generators": [
            {
                "name": "studio",
                "kind": "openai_images",
                "base_url": "https://images.example.com/v1",
                "key_env": "TRUESHELF_GENERATE_KEY_STUDIO",
            },
            {"name": "roomy", "kind": "photoroom", "base_url": "https://image-api.example.com"},
        ],
        "offers": [
            {
                "name": "on_model",
                "title": "On a person",
                "mode": "clothing_on_model",
                "generator": "studio",
                "model": "gpt-image-2-2026-04-21",
                "prompt": "worn by a person",
                "width": 1024,
                "height": 1536,
                "credits": 4,
                "seed": 11,
            },
            {
                "name": "scene",
                "title": "In a room",
                "mode": "lifestyle",
                "generator": "roomy",
                "model": "background-studio-beta-2025-03-17",
                "prompt": "a plain table",
                "width": 1024,
                "height": 1024,
                "credits": 3,
            },
        ],
        "every_sku": [{"category": "apparel", "slot": "social", "shot": "front", "offer": "on_model"}],
    }


def write(folder: Path, value: Any) -> Path:
    file = folder / "generators.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


@pytest.fixture
def offers(tmp_path: Path) -> Offers:
    return load_catalogue(write(tmp_path, data()), ENVIRON).offers


def test_the_file_has_a_version_and_a_hash_and_the_key_comes_from_the_environment_r31(tmp_path: Path):
    catalogue = load_catalogue(write(tmp_path, data()), ENVIRON)
    assert catalogue.ref is not None
    assert (catalogue.ref.kind, catalogue.ref.name, catalogue.ref.version) == ("presets", "generators", "7")
    assert catalogue.version == f"7@{catalogue.ref.sha256[:12]}"
    assert catalogue.keys == {"studio": SECRET}
    assert SECRET not in repr(catalogue)


def test_the_example_of_the_documentation_is_without_faults(tmp_path: Path):
    text = (Path(__file__).resolve().parents[3] / "docs" / "generators.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json")[2].partition("```")[0])
    keys = {one["key_env"]: "k" for one in example["generators"] if "key_env" in one}
    catalogue = load_catalogue(write(tmp_path, example), keys)
    assert [offer.name for offer in catalogue.offers.offers] == ["on_model", "on_avery", "table"]


def test_without_a_file_nothing_external_exists():
    assert load_catalogue(None).offers == Offers()


def changed(path: str, value: Any) -> dict[str, Any]:
    whole: Any = data()
    *way, last = path.split(".")
    place = whole
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return whole  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("generators.0.base_url", "http://images.example.com", "https://"),
        ("generators.0.base_url", "https://me:pw@images.example.com", "no user, no password"),
        ("generators.0.base_url", "https://images.example.com/?key=1", "no query"),
        ("generators.0.base_url", "file:///etc/passwd", "https://"),
        ("generators.0.base_url", "https://images.example.com:99999", "host or port"),
        ("generators.0.base_url", "https://me:pw@[images", "host or port"),
        ("generators.0.per_minute", 0, "per_minute is more than 0"),
        ("generators.0.patience_seconds", -1, "patience_seconds is more than 0"),
        ("generators.0.total_seconds", float("nan"), "total_seconds is more than 0"),
        ("generators.0.idempotency_header", "Idempotency Key", "name of a header"),
        ("generators.1.idempotency_header", "Idempotency-Key", "would be charged again"),
        ("generators.0.max_bytes", 10, "max_bytes"),
        ("generators.0.typo", 1, "nothing is called 'typo'"),
        ("generators.1.name", "studio", "stands twice"),
        ("generators.0.name", "A b", "is no name"),
        ("offers.0.mode", "white_background", "is never bought"),
        ("offers.0.model", "chatgpt-image-latest", "one version that stays the same"),
        ("offers.1.model", "background studio", "without spaces"),
        ("offers.0.generator", "nobody", "no generator 'nobody'"),
        ("offers.0.credits", -1, "credits is 0 or more"),
        ("offers.0.width", 20, "width and height"),
        ("offers.0.prompt", "", "prompt says what is wanted"),
        ("offers.0.parameters", {"n": "10"}, "filled by the adapter"),
        ("offers.1.parameters", {"background.imageUrl": "https://x"}, "no addresses"),
        ("offers.1.parameters", {"background.guidance.imageFile": "x"}, "no pictures but the photo"),
        ("offers.1.model", "unversioned", "version of the background model"),
        ("offers.1.mode", "clothing_on_model", "names no version for virtual models"),
        ("every_sku.0.slot", "main", "R-21"),
        ("every_sku.0.offer", "gone", "no offer 'gone'"),
        ("caps.month", -5, "a cap is 0 or more"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, path: str, value: Any, words: str):
    with pytest.raises(ValueError, match=r"generators\.json") as fault:
        load_catalogue(write(tmp_path, changed(path, value)), ENVIRON)
    assert words in str(fault.value)
    assert "me:pw" not in str(fault.value)


def test_a_missing_key_is_named_and_one_in_the_file_is_not_repeated(tmp_path: Path):
    with pytest.raises(ValueError, match="TRUESHELF_GENERATE_KEY_STUDIO is not set"):
        load_catalogue(write(tmp_path, data()), {})
    with pytest.raises(ValueError, match="never the key itself") as fault:
        load_catalogue(write(tmp_path, changed("generators.0.key_env", SECRET)), ENVIRON)
    assert SECRET not in str(fault.value)


@pytest.mark.parametrize("key", [SECRET + "\n", "two words", "ключ"])
def test_a_key_that_no_header_takes_is_refused_at_start_and_not_repeated(tmp_path: Path, key: str):
    """At each call it would fail on the way, after its intent, and count as spent."""
    with pytest.raises(ValueError, match="the key in TRUESHELF_GENERATE_KEY_STUDIO") as fault:
        load_catalogue(write(tmp_path, data()), {"TRUESHELF_GENERATE_KEY_STUDIO": key})
    assert key.strip() not in str(fault.value)


def test_no_other_secret_of_the_environment_can_be_sent_away(tmp_path: Path):
    with pytest.raises(ValueError, match="TRUESHELF_GENERATE_KEY_"):
        load_catalogue(write(tmp_path, changed("generators.0.key_env", "TRUESHELF_PG_DSN")), {"TRUESHELF_PG_DSN": "x"})


def test_the_service_does_not_start_on_a_wrong_file(tmp_path: Path):
    with pytest.raises(ValueError, match="is never bought"):
        Settings(pg_dsn="postgresql://x", generators_file=write(tmp_path, changed("offers.0.mode", "jewelry")))  # type: ignore[arg-type]


def test_a_standing_order_adds_a_draft_where_the_shot_is_there_and_never_to_main_r21(offers: Offers):
    front, macro = capture("front"), capture("macro")
    shelf = shelf_of(front, macro)
    (draft,) = standing_drafts(shelf, first_round(shelf), offers)
    assert (draft.slot, draft.mode, draft.preset, draft.index) == ("social", "clothing_on_model", "on_model", 0)
    assert draft.capture == front
    assert standing_drafts(shelf_of(front, category="home"), (), offers) == ()
    assert standing_drafts(shelf_of(macro), (), offers) == ()


def bought(slot: str, wish: Wish, offers: Offers) -> Any:
    shelf = shelf_of(capture("front"), capture("macro"))
    return bought_round(slot, first_round(shelf)[0], wish, shelf, offers)  # type: ignore[arg-type]


def test_the_mode_that_nobody_here_can_make_is_bought_r20(offers: Offers):
    (draft,) = bought("social", Wish(mode="clothing_on_model"), offers)
    assert (draft.mode, draft.preset, draft.refusal) == ("clothing_on_model", "on_model", None)
    assert [draft.index for draft in bought("main", Wish(preset="on_model"), offers)] == [0, 1], "R-22: two compete"


def test_what_we_make_ourselves_is_never_bought(offers: Offers):
    assert bought("main", Wish(), offers) is None
    assert bought("main", Wish(mode="white_background"), offers) is None
    assert bought("main", Wish(preset="white"), offers) is None
    assert bought("social", Wish(mode="clothing_on_model"), Offers()) is None


@pytest.mark.parametrize(
    ("slot", "wish", "code"),
    [
        ("main", Wish(preset="scene"), "not_for_main"),
        ("social", Wish(mode="lifestyle", preset="on_model"), "preset_unknown"),
        ("social", Wish(preset="on_model", hinted=True), "hints_not_for_external"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_before_anything_is_paid(
    offers: Offers, slot: str, wish: Wish, code: str
):
    (draft,) = bought(slot, wish, offers)
    assert draft.refusal.code == code
    assert draft.refusal.advice


def test_several_captures_compete_for_a_bought_main_too_and_a_strange_one_is_refused_r26(offers: Offers):
    one, other = capture("front"), capture("profile")
    shelf = shelf_of(one, other)
    before, wished = first_round(shelf)[0], (one.capture_id, other.capture_id)
    drafts = bought_round("main", before, Wish(preset="on_model", capture_ids=wished), shelf, offers)
    assert drafts is not None
    assert [draft.capture for draft in drafts] == [one, other]
    strange = Wish(preset="on_model", capture_ids=(one.capture_id, UUID(int=9)))
    (refused,) = bought_round("main", before, strange, shelf, offers) or ()
    assert refused.refusal is not None
    assert refused.refusal.code == "capture_unknown", "nothing is paid for half a wish"


def test_the_same_again_is_bought_again_r26(offers: Offers):
    shelf = shelf_of(capture("front"))
    (before,) = standing_drafts(shelf, (), offers)
    again = bought_round("social", before, Wish(), shelf, offers)
    assert again is not None
    assert again[0].preset == "on_model"
    assert bought_round("social", before, Wish(mode="as_shot"), shelf, offers) is None


def test_a_plan_says_what_an_intake_will_use_before_it_runs_r32(offers: Offers):
    lines = planned([("apparel", 20), ("home", 5)], offers)
    assert [(line.category, line.calls, line.credits) for line in lines] == [("apparel", 20, 80)]
    with_scene = planned([("home", 5)], offers, offers.offer("scene"))
    assert [(line.offer.name, line.credits) for line in with_scene] == [("scene", 15)]
    assert crossed(80, Spent(0, 30), offers.caps) == ["batch", "month"]
    assert crossed(0, Spent(500, 500), offers.caps) == []


@pytest.mark.parametrize(
    ("price", "spent", "code"),
    [
        (4, Spent(16, 0), None),
        (4, Spent(17, 0), "cap_batch"),
        (4, Spent(0, 97), "cap_month"),
        (0, Spent(999, 999), None),
    ],
)
def test_a_cap_refuses_with_its_numbers(price: int, spent: Spent, code: str | None):
    refusal = forbidden(price, spent, Caps(20, 100))
    assert (refusal.code if refusal else None) == code
    if refusal:
        assert refusal.value is not None
        assert refusal.threshold is not None
        assert refusal.value > refusal.threshold
        assert "cap" in refusal.message


def test_months_are_of_utc():
    assert month_of(datetime.fromisoformat("2026-12-01T02:00:00+05:00")) == datetime(2026, 11, 1, tzinfo=UTC)
    assert next_month(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_month(datetime(2026, 11, 1, tzinfo=UTC)) == datetime(2026, 12, 1, tzinfo=UTC)


SLOW = External("studio", "openai_images", "https://x", per_minute=6, burst=2)


def test_a_call_in_vain_counts_with_its_price_where_it_was_charged():
    def counted(name: str) -> float | None:
        return REGISTRY.get_sample_value("trueshelf_paid_credits_total", {"generator": name})

    paid_metrics.count("vain", 5)
    paid_metrics.count("vain", 5, Useless("answer_too_large"))
    paid_metrics.count("vain", 5, Unknown("outcome_unknown"))
    paid_metrics.count("vain", 5, NotCharged("generator_failed"))
    assert counted("vain") == 10


def test_a_bucket_lets_a_burst_pass_and_then_one_every_ten_seconds():
    gate = gates.fresh(SLOW, NOW)
    for _ in range(2):
        assert gates.wait(gate, SLOW, NOW) == 0
        gate = gates.taken(gate, SLOW, NOW)
    assert gates.wait(gate, SLOW, NOW) == pytest.approx(10)
    assert gates.wait(gate, SLOW, NOW + timedelta(seconds=10)) == pytest.approx(0)
    assert gates.wait(gate, SLOW, NOW - timedelta(hours=1)) == pytest.approx(10), (
        "a clock that jumps back gives nothing"
    )


def test_a_breaker_opens_lets_one_try_and_closes_with_an_answer():
    gate = gates.fresh(SLOW, NOW)
    for _ in range(gates.BREAKS_AT):
        assert gates.wait(gate, SLOW, NOW) == 0
        gate = gates.failed(gate, NOW, NOW)
    assert gates.wait(gate, SLOW, NOW) == 30
    later = NOW + timedelta(seconds=31)
    probing = gates.taken(gate, SLOW, later)
    assert gates.wait(probing, SLOW, later) == SLOW.total_seconds, "the others wait for the one that tries"
    assert gates.wait(gates.failed(probing, later, later), SLOW, later) == 60
    assert gates.wait(gates.answered(probing), SLOW, later) == 0


def test_an_answer_that_was_under_way_does_not_end_what_retry_after_asked_for():
    gate = gates.held(gates.answered(gates.fresh(SLOW, NOW)), NOW, 300)
    later = NOW + timedelta(seconds=5)
    assert gates.wait(gates.answered(gate), SLOW, later) == 295


def test_a_refused_account_lets_one_call_ask_again():
    gate = gates.blocked(gates.fresh(SLOW, NOW), NOW, "generator_key_refused")
    later = NOW + gates.BLOCKED_FOR
    assert gates.wait(gate, SLOW, later) == 0
    asking = gates.taken(gate, SLOW, later)
    assert (asking.blocked, gates.wait(asking, SLOW, later)) == ("generator_key_refused", SLOW.total_seconds)
    good = gates.answered(asking)
    assert (good.blocked, gates.wait(good, SLOW, later)) == ("", 0)


def test_a_breakers_pause_has_an_end():
    gate, now = gates.fresh(SLOW, NOW), NOW
    for _ in range(40):
        gate = gates.failed(gate, now, now)
        now += timedelta(seconds=1)
    assert gates.wait(gate, SLOW, now - timedelta(seconds=1)) == gates.LONGEST_PAUSE.total_seconds()


def test_calls_that_fail_of_one_outage_pause_once():
    """Twenty calls under way when the server dies are one failure of it, not twenty; the next try counts again."""
    gate, end = gates.fresh(SLOW, NOW), NOW + timedelta(seconds=20)
    for _ in range(20):
        gate = gates.failed(gate, NOW, end)
    assert gates.wait(gate, SLOW, end) == gates.FIRST_PAUSE.total_seconds()
    tried = end + gates.FIRST_PAUSE
    assert gates.wait(gates.failed(gates.taken(gate, SLOW, tried), tried, tried), SLOW, tried) == 60
