"""How many pieces a card promises, read from its words in Russian, Kazakh and English (R-54).

Only words that speak of pieces count: "набор из 3", "2 дана", "pack of 2". What measures, names a size or counts parts
of one piece ("3 м", "2 pockets", "размер 42") is not read, and where words say two numbers nothing is taken from them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST = 12
"""More pieces than these touch in any picture and cannot be counted in it."""
NEAR = 30
"""Characters before a number in a description within which a word for the whole has to stand."""

_WORDS = {
    1: "один одна одно одной одного бір one",
    2: "два две двух екі two",
    3: "три трех трёх үш three",
    4: "четыре четырех четырёх төрт four",
    5: "пять пяти бес five",
    6: "шесть шести алты six",
    7: "семь семи жеті seven",
    8: "восемь восьми сегіз eight",
    9: "девять девяти тоғыз nine",
    10: "десять десяти он ten",
    12: "двенадцать двенадцати twelve",
}
_BY_WORD = {word: count for count, words in _WORDS.items() for word in words.split()}
_COUNT = rf"\b(\d{{1,2}}|{'|'.join(_BY_WORD)})"
_UNIT = r"(?:%|[.,]\d|(?:мм|см|м|г|гр|кг|мл|л|вт|mm|cm|m|g|kg|ml|l|oz|w|in|inch)\b)"
_NO_PIECE = rf"(?!\d|\s*{_UNIT}|\s*(?:сло|цвет|материал|ткан|отделен|ярус|секц|режим|layer|colou?r|material|tier))"
_SET_RU = r"\b(?:набор|комплект|сет|упаковк|пачк)\w*"
_WHOLE = re.compile(
    r"набор|комплект|упаковк|количеств|жиынтық|жинақ|саны|қорап|\bset\b|\bpack|includ|contain|quantity|\bbox\b"
)
_SETS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_SET_RU}\s+(?:[\w-]+\s+){{0,2}}из\s+{_COUNT}(?:-?х)?\b{_NO_PIECE}",
        rf"\b(?:set|pack|bundle|lot)s?\s+of\s+{_COUNT}\b{_NO_PIECE}",
        rf"{_COUNT}\s*(?:данадан|заттан|бұйымнан)\s+тұра",
    )
)
_PIECES = re.compile(
    rf"{_COUNT}(?:-?х)?[\s-]*(?:шт(?:ук[аи]?)?|предмет(?:а|ов)?|дана|данадан|заттан|pcs?|pack|pieces?(?!\s+of))\b"
)
_PAIR, _PAIRS = re.compile(r"\b(?:пара|пару|жұп|жұбы|pair)\b"), re.compile(rf"{_COUNT}\s*(?:пары|пар|жұп|pairs)\b")
_TWO_IN_A_PAIR = re.compile(
    r"серьг|сер[её]г|сер[её]ж|сырға|earring|\bstuds\b|туфл|кроссов|ботин|сапог|\bкед|сандал|тапк|тапоч|лофер|обув|"
    r"аяқ киім|кебіс|shoe|sneaker|\bboot|sandal|slipper|loafer"
)
_MANY_PARTS = re.compile(r"пазл|конструктор|мозаик|құрастырғыш|бусин|карточ|puzzle|lego|building|\bbeads?\b|\bcards\b")
_PART = re.compile(
    rf"^\s*{_COUNT}\s*[x×х]?\s+(?!\s*{_UNIT})\D|(?:×|(?<!\w)[xх])\s?(\d{{1,2}})\s*$|{_COUNT}\s*(?:шт|pcs?\b|дана|pieces?\b)"
)


@dataclass(frozen=True, slots=True)
class Promised:
    """How many pieces words speak of, and those words."""

    count: int
    words: str


def promised(title: str, description: str = "") -> Promised | None:
    """Return what the title says, else the description; None where neither says one number of at most `MOST`."""
    for said in (_in(title), _in(description, wary=True)):
        found = {one.count: one for one in said}
        if found:
            return next(iter(found.values())) if len(found) == 1 and max(found) <= MOST else None
    return None


def parts(kit: Iterable[str]) -> int:
    """Return how many parts a kit list names, "2 straps" as two."""
    return sum(_of_part(part) for part in kit)


def _of_part(part: str) -> int:
    found = _PART.search(part.casefold())
    return 1 if found is None else _number(next(word for word in found.groups() if word))


def _in(text: str, *, wary: bool = False) -> Iterator[Promised]:
    """Yield the numbers of pieces in `text`; of a `wary` reading only those near a word for the whole."""
    low = text.casefold()
    quoted = text if len(text) == len(low) else low  # "ß" is folded into two letters
    if _MANY_PARTS.search(low):
        return
    found = [(match, 1) for pattern in _SETS for match in pattern.finditer(low)]
    found += [
        (match, 1)
        for match in _PIECES.finditer(low)
        if not wary or _WHOLE.search(low, max(0, match.start() - NEAR), match.start())
    ]
    if not wary and _TWO_IN_A_PAIR.search(low):
        pairs = list(_PAIRS.finditer(low))
        found += [(match, 2) for match in pairs]
        if not pairs and (pair := _PAIR.search(low)):
            yield Promised(2, quoted[pair.start() : pair.end()])
    for match, each in found:
        yield Promised(each * _number(match[1]), quoted[match.start() : match.end()].strip())


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _BY_WORD[word]
