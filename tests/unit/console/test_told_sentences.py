"""What services say in English sentences is read in the reader's language, with its own numbers and places."""

import io
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from trueshelf_console.adapters.catalogues import told
from trueshelf_console.domain.told import pattern
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
