"""What services say in English sentences is read in the reader's language, with its own numbers and places."""

import io
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from trueshelf_console.adapters.catalogues import Language, told
from trueshelf_console.domain.told import pattern
from trueshelf_generate.domain import paid_refusals, plan, refusals
from trueshelf_generate.domain.plan import Refusal
from trueshelf_imaging import edges

LOCALE = resources.files("trueshelf_console").joinpath("locale")


def sentences(language: str) -> dict[str, str]:
    catalogue = read_po(io.BytesIO(LOCALE.joinpath(language, "said.po").read_bytes()), locale=language)
    return {str(each.id): str(each.string) for each in catalogue if each.id}


def test_numbers_and_places_are_carried_over():
    said = "The surface differs from the source: centre 0.4 %, middle left 0.09 % and 2 more places of the product."
    assert told("ru", said)[0] == (
        "Поверхность отличается от источника: в центре 0.4 %, слева 0.09 % и ещё мест: 2 от площади товара."
    )
    assert told("ru", "273,238 pixels of the product are the source's own, bit by bit.") == (
        "Пикселей товара, взятых из источника бит в бит: 273,238.",
        "ru",
    )
    assert told("kk", "Colour as in the source (ΔE 0.1).") == ("Түсі бастапқы фотодағыдай (ΔE 0.1).", "kk")


def generates_refusals() -> list[Refusal]:
    """What generate says with its own mouth, those with a name of the company's in it left out."""
    paid = [paid_refusals.said(code) for code in paid_refusals.codes()]
    caps = [paid_refusals.over_cap(scope, 7, 5, 10) for scope in ("batch", "month")]
    gates = [refusals.backdrop_not_plain(5.2, 0.3, 4.0), refusals.GENERATOR_FAILED, refusals.SCENE_GONE]
    rules = [plan.NOT_FOR_MAIN, plan.SCENE_MISSING, plan.MACRO_MISSING, plan.no_generator("clothing_on_model")]
    return [*paid, *caps, *gates, *rules, paid_refusals.wrong_size(1024, 1024, 1024, 1536)]


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_a_refusal_is_read_with_its_advice_in_the_readers_language(language: Language):
    """Why an item was not made, and what to do now, reaches people who read no English."""
    texts = [text for refusal in generates_refusals() for text in (refusal.message, refusal.advice)]
    assert len(texts) > 50
    assert [text for text in texts if told(language, text)[1] != language] == []


@pytest.mark.parametrize("sentence", ["A sentence of tomorrow with 3 numbers.", "", "{}", "{} 5"])
def test_what_no_catalogue_has_stays_as_it_was_said(sentence: str):
    assert told("ru", sentence) == (sentence, "en")
    assert told("en", sentence) == (sentence, "en")


def test_both_languages_have_every_sentence_and_its_places():
    ru, kk = sentences("ru"), sentences("kk")
    assert set(ru) == set(kk)
    for said, text in [*ru.items(), *kk.items()]:
        assert text
        assert said == pattern(said)
        assert text.count("{}") == said.count("{}")


def test_the_edge_gates_own_sentences_are_known():
    """A sentence that is reworded at its source must be reworded here, too."""
    source = resources.files(edges.__package__).joinpath("edges.py").read_text(encoding="utf-8")
    gates = ("next to", "most of", "the cut-out", "several")
    known = [said for said in sentences("ru") if said.startswith(gates) and "jewelry" not in said]
    assert len(known) == 5
    assert [said for said in known if f'"{said}"' not in source] == []
