"""What was typed for a decision, checked before the case is taken and before anything is asked of the person."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from trueshelf_contracts.refs import Shot
from trueshelf_contracts.review import RegenerationChange
from trueshelf_review.cli_body import ANSWERS, Given
from trueshelf_runtime.client import CallFailed
from trueshelf_runtime.typed import known_word

KINDS = (
    "approve",
    "reject",
    "dispute",
    "spot_good",
    "spot_bad",
    "rendition_accept",
    "rendition_reject",
    "regenerate",
    "reshoot",
    "keep_original",
    "abandon",
)
THEN = ("regenerate", "reshoot", "keep_original", "abandon")
WITH_REASON = frozenset({"reject", "dispute", "spot_bad", "rendition_reject"})
OF_A_VARIANT = frozenset({"approve", "dispute"})
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_SCREEN = re.compile(r"(\d{1,5})\s*[xX×]\s*(\d{1,5})")


def check_typed(given: Given, screen: str) -> None:
    """Raise CallFailed for whatever is wrong without knowing the case."""
    known_word(given.kind, "decision", KINDS)
    if given.kind in WITH_REASON and not given.reasons:
        raise CallFailed(
            f"{given.kind} needs a reason: --reason CODE, or --reason 'CODE:words'; see `trueshelf review reasons`."
        )
    reasons_of(given.reasons)
    if given.variant is not None and given.kind not in OF_A_VARIANT:
        covers = "covers every variant of the case" if given.kind == "reject" else "is not about one variant"
        raise CallFailed(f"{given.kind} {covers}: leave --variant out.")
    _check_what_follows(given)
    for word in given.answers.split(",") if given.answers else ():
        known_word(word.strip(), "answer", ANSWERS)
    if screen:
        screen_of(screen)


def _check_what_follows(given: Given) -> None:
    follows = known_word(given.then, "way to go on", THEN) if given.kind == "reject" else given.kind
    shots_of(given.shots)
    if follows == "reshoot" and not given.shots:
        raise CallFailed(f"a reshoot names what to photograph again: --shot {' or --shot '.join(get_args(Shot))}.")
    try:
        change = json.loads(given.change)
    except ValueError:
        change = None
    if not isinstance(change, dict):
        raise CallFailed(f'--change {given.change!r} is no JSON object: write it like \'{{"preset": "light_grey"}}\'.')
    for field in change:
        known_word(field, "field of a change", RegenerationChange.model_fields)


def check_against(case: dict[str, Any], given: Given) -> None:
    """Raise CallFailed when the case knows no such decision, reason or variant."""
    offered = [option["kind"] for option in case["decisions_open"]]
    if offered and given.kind and given.kind not in offered:
        raise CallFailed(f"this is a {case['kind']} case: it is decided by {', '.join(offered)}, not by {given.kind}.")
    codes = [each["code"] for each in case["reasons"]["reasons"]]
    for reason in given.said():
        known_word(reason["code"], "reason", codes)
    count = len(case["variants"])
    if given.kind in OF_A_VARIANT and not 1 <= given.number <= count:
        are = "is 1 variant" if count == 1 else f"are {count} variants"
        raise CallFailed(f"there is no variant {given.number}: there {are}, as `trueshelf review show` numbers them.")


def reasons_of(typed: Sequence[str]) -> list[dict[str, str]]:
    """Return the reasons in the API's words. Raises CallFailed naming one whose code is none."""
    said = Given(reasons=tuple(typed)).said()
    for reason in said:
        if not _CODE.fullmatch(reason["code"]):
            raise CallFailed(
                f"{reason['code']!r} is no reason code: write CODE or 'CODE:words', with a code of small "
                "letters; `trueshelf review reasons` has them."
            )
    return said


def shots_of(typed: Sequence[str]) -> list[str]:
    """Return the shots. Raises CallFailed naming one that is none."""
    return [known_word(shot, "shot", get_args(Shot)) for shot in typed]


def screen_of(text: str) -> dict[str, int]:
    """Return a screen's size in CSS pixels. Raises CallFailed."""
    match = _SCREEN.fullmatch(text.strip())
    if match is None:
        raise CallFailed(f"{text!r} is no screen size: say it as 1920x1080.")
    return {"width": int(match[1]), "height": int(match[2])}


def whole_decision(file: Path) -> dict[str, Any]:
    """Return a decision written as JSON. Raises CallFailed when the file holds none."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CallFailed(f"{file} is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise CallFailed(
            f"{file} holds no JSON object: write the whole decision, as POST /cases/{{id}}/decisions takes it."
        )
    return body
