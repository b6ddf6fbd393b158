"""What qa says, in three languages: whole, with the same values, numbers and places as each language writes them."""

import ast
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

import trueshelf_qa
from trueshelf_qa.checks import CHECKS
from trueshelf_qa.domain.results import Place
from trueshelf_qa.domain.words import LANGUAGES, joined, say, sentences

PACKAGE = Path(trueshelf_qa.__file__).parent
FILES = sorted(
    file.name.removesuffix(".toml") for file in resources.files("trueshelf_qa").joinpath("data/sentences").iterdir()
)


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("check", FILES)
def test_every_sentence_stands_in_three_languages_with_the_same_values(check: str) -> None:
    for key, templates in sentences(check).items():
        assert set(templates) == set(LANGUAGES), f"{check}.toml [{key}]: en, ru and kk, nothing else"
        assert all(text.strip() == text and text for text in templates.values()), key
        assert fields(templates["en"]) == fields(templates["ru"]) == fields(templates["kk"]), key


def test_every_check_has_words() -> None:
    assert {check.NAME for check in CHECKS} <= set(FILES)


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_what_the_code_says_is_there(file: Path) -> None:
    tree = ast.parse(file.read_text())
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "say":
            check, key = call.args[0], call.args[1]
            name = _constant(tree, check.id) if isinstance(check, ast.Name) else getattr(check, "value", None)
            if not isinstance(name, str):
                continue  # another module's name
            for said in (each.value for each in ast.walk(key) if isinstance(each, ast.Constant)):
                if said in sentences(name):
                    wanted = {field for field, _ in fields(sentences(name)[said]["en"])}
                    given = {word.arg for word in call.keywords}
                    assert wanted <= given or None in given, f"{file.name}: {said} needs {wanted - given}"
                elif isinstance(key, ast.Constant):
                    pytest.fail(f"{file.name} says {said!r}, which {name}.toml does not have")


def _constant(tree: ast.Module, name: str) -> str | None:
    """Return the string that a module gives `name`: NAME = "x", or NAME, VERSION = "x", "1"."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            for left, right in zip(names, values, strict=False):
                if isinstance(left, ast.Name) and left.id == name and isinstance(right, ast.Constant):
                    return str(right.value)
    return None


def test_numbers_and_places_are_written_as_each_language_does() -> None:
    places = tuple(Place(0, 0, 0.1, 0.1, share, "lower left") for share in (0.021, 0.0004))
    said = say("missing_part", "missing", places=places)
    assert said.en == "Part missing: lower left 2.1 %, lower left 0.04 % of the product."
    assert "внизу слева 2,1 %, внизу слева 0,04 %" in said.ru
    assert "төменгі сол жақта 2,1 %" in said.kk
    proof = say("pixel_proof", "clear", pixels=273238)
    assert "273,238" in proof.en
    assert "273\N{NO-BREAK SPACE}238" in proof.ru


def test_further_places_are_counted() -> None:
    places = tuple(Place(0, 0, 0.1, 0.1, 0.02, "centre") for _ in range(5))
    assert "centre 2.0 % and 2 more places" in say("extra_part", "added", places=places).en
    assert "и ещё мест: 2" in say("extra_part", "added", places=places).ru
    assert "и ещё в одном месте" in say("extra_part", "added", places=places[:4]).ru


def test_words_within_words_are_said_in_the_same_language() -> None:
    said = say("background", "bad", faults=joined([say("background", "chroma"), say("background", "unevenness")], ", "))
    assert (said.en, said.ru) == ("The ground is tinted, uneven.", "Фон: с оттенком, неровный.")
