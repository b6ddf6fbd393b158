"""R-43: print that was lost, invented, changed or moved is found, read and quoted; print that agrees is left alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from support.qa_goods import SIZE, WHITE, draft, from_lab, photo, relit
from trueshelf_imaging import reading
from trueshelf_imaging.lettering import rows
from trueshelf_imaging.reading import Reader, Reading
from trueshelf_qa.checks import label, legibility
from trueshelf_qa.domain.aligning import compare
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.quotes import findings
from trueshelf_qa.domain.results import CheckResult
from trueshelf_qa.domain.scene import Scene
from trueshelf_qa.pixels import compare_raw
from trueshelf_qa.policy import Profile, as_json, load

POLICY = load()
READER = reading.reader()
reads = pytest.mark.skipif(bool(reading.missing()), reason="no tesseract with eng, rus and kaz: make setup installs it")


def carton(*words: str, at: tuple[int, int] = (200, 420), size: int = 44) -> tuple[np.ndarray, np.ndarray]:
    """Return (rgb, alpha) of a carton with a round emblem and rows of words, the first with its base line at `at`."""
    grain = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, SIZE).astype(np.float32), (0, 0), 0.9)
    lab = np.stack([74 + 1.5 * grain / grain.std(), np.full(SIZE, 6.0), np.full(SIZE, 22.0)], axis=2)
    rgb = from_lab(lab.astype(np.float32))
    cv2.circle(rgb, (480, 260), 52, (40, 90, 60), -1, cv2.LINE_AA)
    cv2.line(rgb, (170, 190), (330, 260), (150, 60, 40), 6, cv2.LINE_AA)
    for row, word in enumerate(words):
        place = at[0], at[1] + 70 * row
        cv2.putText(rgb, word, place, (35, 30, 40), cv2.FontFace("sans"), size, 600)
    alpha = np.zeros(SIZE, np.uint8)
    cv2.rectangle(alpha, (140, 150), (580, 570), 255, -1)
    return rgb, cv2.GaussianBlur(alpha, (0, 0), 0.8)


def pair(source: np.ndarray, candidate: np.ndarray, reader: Reader | None = READER, **more: bool) -> Comparison:
    generative = more.get("generative", False)
    found = compare(Scene(source), Scene(candidate), placed=None, wanted=WHITE, generative=generative, reader=reader)
    assert isinstance(found, Comparison)
    return found


def judged(found: Comparison, profile: Profile = "composited") -> CheckResult:
    return label.check(found, POLICY.limits(profile, "default")[label.NAME])


@reads
@pytest.mark.parametrize(
    ("before", "after", "quoted"),
    [
        ("Calm tea", "Clam tea", ("Calm", "Clam")),
        ("Мыло хвойное", "Мыло хлебное", ("хвойное", "хлебное")),
        ("Таза сүт", "Таза құрт", ("сүт", "құрт")),
    ],
)
def test_r43_a_changed_word_is_quoted_as_both_pictures_have_it(
    before: str, after: str, quoted: tuple[str, str]
) -> None:
    result = judged(pair(photo(*carton(before)), draft(*carton(after), scale=1.0, quality=93)))
    assert result.verdict in ("flag", "stop")
    for sentence in (result.said.en, result.said.ru, result.said.kk):
        assert all(word in sentence for word in quoted), sentence
    assert "in the photo" in result.said.en
    assert result.places[0].note in result.said.en


@reads
def test_r43_a_lost_word_and_an_invented_one_are_named() -> None:
    lost = judged(pair(photo(*carton("Arabica", "Дәмді шай")), draft(*carton("Arabica"))))
    new = judged(pair(photo(*carton("Arabica")), draft(*carton("Arabica", "SALE 30"))))
    assert (lost.verdict, new.verdict) == ("stop", "stop")
    assert "gone in the draft" in lost.said.en
    assert "the photo has no print there" in new.said.en
    assert "SALE" in new.said.en


@reads
def test_r43_a_word_that_moved_says_the_same_elsewhere() -> None:
    result = judged(pair(photo(*carton("Arabica")), draft(*carton("Arabica", at=(206, 430)), scale=1.0)))
    assert result.verdict != "clear"
    assert "Arabica" in result.said.en


@pytest.mark.parametrize(("scale", "quality"), [(1.0, 90), (0.93, 88), (0.86, 76)])
def test_print_that_agrees_is_left_alone(scale: float, quality: int) -> None:
    goods = carton("Arabica", "Дәмді шай", "Net 340 g")
    found = pair(photo(*goods), draft(*goods, scale=scale, quality=quality))
    assert judged(found).verdict == "clear"
    assert judged(found, "rendition").verdict == "clear"


def test_print_that_agrees_is_not_read() -> None:
    class Refusing(Reader):
        def read(self, picture: np.ndarray, letter: float) -> Reading:
            raise AssertionError(f"read {picture.shape} with letters of {letter}, where nothing differs")

    goods = carton("Arabica", "Дәмді шай", "Net 340 g")
    reader = Refusing(Path("/"), ())
    assert judged(pair(photo(*goods), draft(*goods, scale=1.0, quality=95), reader)).verdict == "clear"
    honest = pair(photo(*goods), relit(draft(*goods)), reader, generative=True)
    assert judged(honest, "generative").verdict == "clear"


def test_without_a_reader_shapes_decide_and_a_changed_word_stays_a_matter_of_confidence() -> None:
    lost = judged(pair(photo(*carton("Arabica", "Robusta")), draft(*carton("Arabica")), None))
    assert lost.verdict == "flag"
    assert "could not be read" in lost.said.en
    changed = judged(pair(photo(*carton("Calm")), draft(*carton("Clam"), scale=1.0), None))
    assert changed.verdict == "clear"
    assert 0 < changed.metrics[2].value < changed.metrics[2].limit.flag
    assert changed.confidence < judged(pair(photo(*carton("Calm")), draft(*carton("Clam"), scale=1.0))).confidence


def test_where_a_language_is_missing_the_report_says_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    source, variant = photo(*carton("Arabica")), draft(*carton("Arabica"), scale=1.0)
    request = {"source": list(SIZE), "variant": list(SIZE), "generative": False, "similarity": None}
    request["limits"] = as_json(POLICY.limits("composited", "default"))
    monkeypatch.setattr(reading, "missing", lambda: ("kaz",))
    told, _ = compare_raw(request, (source.tobytes(), variant.tobytes()))
    absent = next(one for one in told["unavailable"] if one["check"] == label.NAME)
    assert "not available in kaz" in absent["sentence"]
    assert absent["sentences"]["ru"].startswith("Чтение надписей недоступно для kaz")


def test_the_same_pictures_give_the_same_words() -> None:
    found = [judged(pair(photo(*carton("Calm tea")), draft(*carton("Clam tea"), scale=1.0))) for _ in range(2)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("one", "other"), [("SOLO", "S0LО"), ("Сок", "COK"), ("Қазақша", "Казакша"), ("ёлка", "Елка"), ("mill", "mi11")]
)
def test_what_looks_alike_is_the_same_word(one: str, other: str) -> None:
    assert Reading(one, 0.9).letters == Reading(other, 0.9).letters


def test_rows_of_print_are_found_and_plain_goods_have_none() -> None:
    light = np.full((300, 500), 80.0, np.float32)
    everywhere = np.ones(light.shape, np.bool_)
    assert rows(light, everywhere) == ()
    page = np.full((300, 500), 205, np.uint8)
    cv2.putText(page, "Arabica", (120, 160), 30, cv2.FontFace("sans"), 50, 600)
    (row, *_) = rows(page.astype(np.float32) / 2.55, everywhere)
    assert row.letters >= 5
    assert abs(row.x + row.width / 2 - 220) < 30


def test_nothing_differs_nothing_is_suspected() -> None:
    goods = carton("Arabica")
    assert findings(pair(photo(*goods), draft(*goods))) == ()


def of_master(file: np.ndarray, reader: Reader | None = READER) -> CheckResult:
    """Return what is said of a marketplace file of the carton's approved picture."""
    master = draft(*MASTER, scale=1.0, quality=100)
    limits = POLICY.limits("rendition", "default")[legibility.NAME]
    return legibility.check(pair(master, file, reader), limits)


MASTER = carton("Arabica", "Дәмді шай", "Net 340 g")


@reads
@pytest.mark.parametrize(("scale", "quality"), [(1.0, 90), (0.75, 90), (0.6, 80)])
def test_r51_print_that_compression_kept_is_clear(scale: float, quality: int) -> None:
    result = of_master(draft(*MASTER, scale=scale, quality=quality))
    assert result.verdict == "clear", result.sentence
    assert "as legible as" in result.said.en
    assert "rows: 0" not in result.said.en


@reads
def test_r51_print_that_can_no_longer_be_read_is_quoted() -> None:
    file = draft(*MASTER, scale=0.75, quality=90)
    file[340:420, 120:400] = cv2.GaussianBlur(file, (0, 0), 6)[340:420, 120:400]
    result = of_master(file)
    assert result.verdict == "flag"
    assert "no longer in the file" in result.said.en
    assert any(word in result.said.ru for word in ("шай", "Net"))


def test_r51_legibility_is_asked_of_marketplace_files_only() -> None:
    found = pair(photo(*MASTER), draft(*MASTER))
    assert legibility.NAME not in POLICY.limits("composited", "default")
    assert legibility.check(found, {}).verdict == "clear"


def test_r51_without_a_reader_lost_contrast_alone_is_told() -> None:
    file = draft(*MASTER, scale=0.75, quality=90)
    file[285:420, 120:400] = cv2.GaussianBlur(file, (0, 0), 14)[285:420, 120:400]
    assert of_master(file, None).verdict == "clear", "what nobody can read may be no print at all"
