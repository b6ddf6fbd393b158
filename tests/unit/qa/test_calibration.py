"""Limits from honest pairs: the chosen rate is kept, intervals are over SKUs, the file is versioned and complete."""

from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from support.qa_pictures import honest, source
from trueshelf_qa.calibrating import next_version
from trueshelf_qa.calibration import Honest, calibrate
from trueshelf_qa.cli_qa import app
from trueshelf_qa.domain.results import Limit
from trueshelf_qa.policy import load, parse

PRESENT = {"one": {"a": Limit(0.1, 0.4), "never": Limit(None, None)}, "two": {"b": Limit(5.0, None)}}


def rows(skus: int, each: int = 4, seed: int = 3) -> list[Honest]:
    random = np.random.default_rng(seed)
    found = []
    for sku in range(skus):
        of_sku = random.exponential(1.0)
        for _ in range(each):
            values = {("one", "a"): of_sku + random.exponential(0.3), ("two", "b"): random.exponential(20.0)}
            found.append(Honest(f"sku-{sku}", "default", values | {("one", "never"): 3.0}))
    return found


def alarms(found: list[Honest], flags: dict[tuple[str, str], float]) -> float:
    return float(np.mean([any(row.values[name] >= flag for name, flag in flags.items()) for row in found]))


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.3])
def test_the_rate_of_false_alarms_is_kept_over_all_checks_together(rate: float) -> None:
    honestly = rows(60)
    done = calibrate(honestly, PRESENT, rate, keep=0.0)
    flags = {name: flag.value for name, flag in done.flags.items()}
    assert alarms(honestly, flags) == done.alarms <= rate
    assert rate == 0 or done.alarms > rate - 0.04, "and no stricter than it has to be"
    other = rows(200, seed=4)
    assert done.unseen.low - 0.03 <= alarms(other, flags) <= done.unseen.high + 0.03


def test_the_intervals_are_wider_with_fewer_skus_of_the_same_pairs() -> None:
    few, many = (calibrate(rows(skus, 240 // skus), PRESENT, 0.05, 0.0) for skus in (8, 120))
    for name in few.flags:
        assert few.flags[name].low <= few.flags[name].value <= few.flags[name].high
    width = [one.flags["one", "a"].high / one.flags["one", "a"].low for one in (few, many)]
    assert width[0] > width[1]


def test_stop_moves_with_flag_and_what_never_decides_stays_so() -> None:
    limits = calibrate(rows(30), PRESENT, 0.02, 0.0).limits
    one, two = limits["one"], limits["two"]
    assert one["a"].flag is not None
    assert one["a"].stop == pytest.approx(4 * one["a"].flag, rel=0.01)
    assert (one["never"], two["b"].stop) == (Limit(None, None), None)


def test_honest_pairs_that_show_nothing_do_not_make_qa_hysterical() -> None:
    quiet = [Honest(f"sku-{at}", "default", {("one", "a"): 0.0, ("two", "b"): 0.0}) for at in range(20)]
    done = calibrate(quiet, PRESENT, 0.02, keep=0.5)
    assert (done.flags["one", "a"].value, done.flags["two", "b"].value) == (0.1, 5.0), (
        "nothing was learned: the limits stay"
    )


def test_what_was_never_measured_keeps_its_limit() -> None:
    only = [Honest(f"sku-{at}", "default", {("one", "a"): 0.2}) for at in range(20)]
    assert calibrate(only, PRESENT, 0.02, 0.0).limits["two"]["b"] == Limit(5.0, None)


def test_versions_count_within_a_day() -> None:
    assert next_version("2026-11-21.3", date(2026, 11, 21)) == "2026-11-21.4"
    assert next_version("2026-11-20.3", date(2026, 11, 21)) == "2026-11-21.1"
    assert next_version("own", date(2026, 11, 21)) == "2026-11-21.1"


def test_the_verb_writes_a_file_that_qa_can_use(tmp_path: Path) -> None:
    lines = ["source,variant,sku,profile"]
    for seed in (1, 2, 3):
        for name, picture in (("photo", source(seed)), ("draft", honest(seed))):
            cv2.imwrite(str(tmp_path / f"{name}{seed}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        lines.append(f"photo{seed}.png,draft{seed}.png,bag-{seed},composited")
    (tmp_path / "pairs.csv").write_text("\n".join([*lines, "photo1.png,nowhere.png,bag-1,composited"]) + "\n")
    out = tmp_path / "thresholds.toml"
    result = CliRunner().invoke(
        app, ["calibrate", str(tmp_path / "pairs.csv"), "--out", str(out), "--version", "own.7"]
    )
    assert result.exit_code == 0, result.output
    assert "3 pairs of 3 SKUs" in result.stdout
    assert "left out" in result.stderr
    new, present = parse(out.read_bytes()), load()
    assert new.ref.version == "own.7"
    assert new.ref.sha256 in result.stdout.replace("\n", "")
    assert new.tables["generative"] == present.tables["generative"], "no honest pair of it, no change"
    flag = new.tables["composited"]["default"]["background"]["chroma"].flag
    assert flag == 3.0, "white grounds say nothing of tinted ones"
    assert load(out).ref == new.ref


def test_a_table_without_a_usable_pair_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("source,variant\nnowhere.png,nowhere.png\n")
    out = tmp_path / "thresholds.toml"
    result = CliRunner().invoke(app, ["calibrate", str(tmp_path / "pairs.csv"), "--out", str(out)])
    assert (result.exit_code, out.exists()) == (2, False)
