"""What services say in English sentences is read in the reader's language, with its own numbers."""

import io
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from trueshelf_console.adapters.catalogues import Language, told
from trueshelf_console.domain.told import pattern
from trueshelf_console.web.review.showing import _check
from trueshelf_contracts.refs import Finding
from trueshelf_generate.domain import paid_refusals, plan, refusals, strict
from trueshelf_generate.domain.plan import Refusal
from trueshelf_imaging import confidence, edges

LOCALE = resources.files("trueshelf_console").joinpath("locale")


def sentences(language: str) -> dict[str, str]:
    catalogue = read_po(io.BytesIO(LOCALE.joinpath(language, "said.po").read_bytes()), locale=language)
    return {str(each.id): str(each.string) for each in catalogue if each.id}


def test_numbers_are_carried_over():
    said = "the piece is 1,200 pixels long; jewelry needs 1500 for its links and stones"
    assert told("ru", said) == ("изделие в кадре — 1,200 пикселей в длину; звеньям и камням нужно 1500", "ru")


def generates_refusals() -> list[Refusal]:
    """What generate says with its own mouth, those with a name of the company's in it left out."""
    paid = [paid_refusals.said(code) for code in paid_refusals.codes()]
    caps = [paid_refusals.over_cap(scope, 7, 5, 10) for scope in ("batch", "month")]
    gates = [refusals.backdrop_not_plain(5.2, 0.3, 4.0), refusals.GENERATOR_FAILED, refusals.SCENE_GONE]
    rules = [
        plan.NOTHING_IS_CUT,
        plan.NOT_FOR_MAIN,
        plan.SCENE_MISSING,
        plan.MACRO_MISSING,
        plan.no_generator("clothing_on_model"),
    ]
    wide = "the product would be 700 x 900 pixels and reach over the scene's edge"
    pixels = [refusals.NO_NATURAL_SHADOW, refusals.NO_LIGHT, refusals.NO_CAST, refusals.too_bright(0.12)]
    pixels += [
        refusals.too_strong(1.5, (0.8, 1.25)),
        refusals.does_not_fit("does_not_fit", wide),
        strict.too_few_pixels(500),
        refusals.too_large(16000, 12000),
    ]
    pixels += [refusals.does_not_fit("too_few_pixels", "the product would have to be enlarged 1.20 times")]
    return [*paid, *caps, *gates, *rules, *pixels, *doubts(), paid_refusals.wrong_size(1024, 1024, 1024, 1536)]


def doubts() -> list[Refusal]:
    """What refuses a cut-out as unsure, in every mode and in jewelry's stricter gate (R-24)."""
    found = [(f"cutout.{sign}", f"{said}: {advice}") for sign, (said, advice) in confidence.SENTENCES.items()]
    warned = [Finding(code=code, severity="warn", message=message) for code, message in found]
    strictly = [refused for each in warned if (refused := strict.stricter("jewelry", [each]))]
    assert strictly
    return [refusals.edge_gate(code, message, 9.0, 8.0) for code, message in found] + strictly


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


def test_both_languages_have_every_sentence_and_its_numbers():
    ru, kk = sentences("ru"), sentences("kk")
    assert set(ru) == set(kk)
    for said, text in [*ru.items(), *kk.items()]:
        assert text
        assert said == pattern(said)
        assert text.count("{}") == said.count("{}")


def test_the_edge_gates_own_sentences_are_known():
    """A sentence that is reworded at its source must be reworded here, too."""
    source = resources.files(edges.__package__).joinpath("edges.py").read_text(encoding="utf-8")
    gates = ("next to", "most of", "the cut-out", "several methods cut this product differently;")
    known = [said for said in sentences("ru") if said.startswith(gates) and "jewelry" not in said]
    assert len(known) == 5
    assert [said for said in known if f'"{said}"' not in source] == []


def test_a_check_is_read_in_the_readers_language_and_an_old_report_in_english():
    said = {"check": "halo", "verdict": "clear", "sentence": "Edges are clean."}
    new = said | {"sentences": {"ru": "Края чистые.", "kk": "Жиектері таза."}}
    for language, sentence in (("ru", "Края чистые."), ("kk", "Жиектері таза."), ("en", "Edges are clean.")):
        shown = _check(new, language)
        assert (shown["sentence"], shown["lang"]) == (sentence, language)
    for old in (said, said | {"sentences": None}):
        assert (_check(old, "ru")["sentence"], _check(old, "ru")["lang"]) == ("Edges are clean.", "en")
