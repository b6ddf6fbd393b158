"""What is typed about a preset reaches generate as it was typed, whatever it is."""

import json
import re

import pytest
from starlette.requests import Request

from trueshelf_console.web.operate.presets import SLOTS, values_of
from trueshelf_console.web.rendering import Pages
from trueshelf_generate.domain.offers import Offers
from trueshelf_generate.policy import load_policy
from trueshelf_generate.preset_views import presets_view
from trueshelf_runtime.clock import SystemClock


@pytest.mark.parametrize("typed", ["", "many", "nan", "inf", "-1e999"])
def test_what_is_no_number_goes_as_it_was_typed(typed: str):
    """JSON has no word for it: generate names the field, instead of a page that breaks."""
    values = values_of({"mode": "exact_card", "fill": typed})
    assert values["fill"] == typed
    json.dumps(values, allow_nan=False)


@pytest.mark.parametrize(("typed", "sent"), [("250", 250), ("-1", "-1"), ("٣", "٣"), ("9" * 5000, "9" * 5000)])
def test_a_colour_is_a_whole_number_or_goes_as_it_was_typed(typed: str, sent: int | str):
    assert values_of({"mode": "exact_card", "ground-r": typed})["background"][0] == sent


def test_a_comma_is_a_point_and_lifestyle_has_no_ground():
    values = values_of({"mode": "lifestyle", "fill": "0,85", "ground-r": "1"})
    assert (values["fill"], values["background"]) == (0.85, None)


def chosen(form: dict[str, str], category: str) -> dict[str, str]:
    """Return what the form for a rule has chosen, as the page shows it."""
    shown = presets_view(load_policy(), Offers(), [], [], []).model_dump(mode="json")
    typed = {"category": category, "form": form}
    about = {"shown": shown, "scenes": [], "wrong": None, "slots": SLOTS, "may_write": True, "people": {}}
    scope = {"type": "http", "method": "GET", "path": "/operate/presets", "query_string": b"", "headers": []}
    page = bytes(Pages(SystemClock()).render(Request(scope), "operate/presets.html", None, typed=typed, **about).body)
    selects = re.findall(r'<select id="((?:main|slot)-\w+)".*?</select>', page.decode(), re.DOTALL)
    found = {}
    for name in selects:
        select = re.search(rf'<select id="{name}".*?</select>', page.decode(), re.DOTALL)
        picked = re.search(r'<option value="(\w+)" selected', select.group() if select else "")
        found[name] = picked.group(1) if picked else ""
    reason = re.search(r'id="rule-reason"[^>]* value="([^"]*)"', page.decode())
    return found | {"reason": reason.group(1) if reason else ""}


def test_a_rule_that_was_refused_comes_back_as_it_was_typed():
    typed = {"category": "shoes", "main-1": "card_grey", "main-2": "card_grey", "slot-detail": "white_contact"}
    shown = chosen(typed | {"reason": "the same twice"}, "shoes")
    assert (shown["main-1"], shown["main-2"], shown["main-3"]) == ("card_grey", "card_grey", "")
    assert (shown["slot-detail"], shown["slot-macro"], shown["reason"]) == ("white_contact", "", "the same twice")


def test_a_category_is_changed_from_what_it_has():
    shown = chosen({}, "jewelry")
    assert (shown["main-1"], shown["main-2"], shown["main-3"]) == ("jewelry_white", "jewelry_grey", "")
    assert shown["reason"] == ""
