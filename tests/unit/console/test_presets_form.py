"""What is typed about a preset reaches generate as it was typed, whatever it is."""

import json

import pytest

from trueshelf_console.web.operate.presets import values_of


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
