"""Reading print with tesseract, in process: one engine a process, one thread, the same pixels give the same words."""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging.pixels import Floats

os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # read once, when tesseract's own runtime is loaded

LANGUAGES = ("eng", "kaz", "rus")
SURER, CERTAIN = 3.0, 95.0
"""Points by which a later language has to be surer of what it reads, and from which no other is asked."""
FOLDERS = ("/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata")
"""Where systems keep language files; TESSDATA_PREFIX names another folder."""
LETTER = 36.0
"""Pixels to which a letter is brought: what the engine was trained on."""
SURE = 70.0
"""Confidence of a word, 0 to 100, below which it was not read."""
LONGEST = 60
_WORD = 3  # tesserocr.RIL.WORD
Grey = npt.NDArray[np.uint8]
_LOOKS = str.maketrans("авекмнорстухіјѕңқғөәүұһ03158l", "abekmhopctyxijshkfoayyhoзisbi")
"""What one letter is taken for by whoever cannot tell alphabets and digits apart."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read with confidence; empty text: nothing."""

    text: str
    confidence: float
    """0 to 1."""

    @property
    def letters(self) -> str:
        """The text as a reader who mistakes what looks alike sees it: O is 0, Cyrillic А is Latin A, Қ is К."""
        plain = unicodedata.normalize("NFKD", self.text.casefold())
        kept = "".join(character for character in plain if character.isalnum())
        return kept.translate(_LOOKS)


NOTHING = Reading("", 0.0)


class Reader:
    """Tesseract with the languages that this machine has, loaded when it first reads."""

    def __init__(self, folder: Path, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self._folder = folder

    @cached_property
    def _engines(self) -> tuple[Any, ...]:
        """Return an engine per language: together they mix alphabets within a word."""
        return tuple(engine for engine in (_engine(self._folder, one) for one in self.languages) if engine is not None)

    def read(self, picture: Floats, letter: float) -> Reading:
        """Return the words of one row in `picture` (any scale), whose letters are `letter` pixels high."""
        scale = min(8.0, LETTER / max(letter, 1.0))
        size = max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = _black_on_white(np.asarray(cv2.resize(picture, size, interpolation=method), np.float32))
        best, surest = NOTHING, -SURER
        for engine in self._engines:
            found, overall = _read(engine, grey)
            if overall > surest + SURER:
                best, surest = found, overall
            if surest >= CERTAIN:
                break
        return best


def _engine(folder: Path, language: str) -> Any:
    """Return tesseract with one language; None where it cannot use that file."""
    import tesserocr  # noqa: PLC0415 - 60 MB that most pairs never need

    row, method = tesserocr.PSM.SINGLE_LINE, tesserocr.OEM.LSTM_ONLY
    try:
        return tesserocr.PyTessBaseAPI(path=f"{folder}/", lang=language, psm=row, oem=method)
    except RuntimeError:
        return None


def _read(engine: Any, grey: Grey) -> tuple[Reading, float]:
    """Return what one language reads, and how sure it is of all that it sees, 0 to 100."""
    height, width = grey.shape
    engine.SetImageBytes(grey.tobytes(), width, height, 1, width)
    engine.SetSourceResolution(300)
    words = list(_words(engine))
    engine.Clear()
    if not words:
        return NOTHING, 0.0
    overall = sum(len(word) * confidence for word, confidence in words) / sum(len(word) for word, _ in words)
    sure = [(word, confidence) for word, confidence in words if confidence >= SURE]
    if not sure:
        return NOTHING, overall
    text = "".join(character for character in " ".join(word for word, _ in sure) if character.isprintable())
    mean = sum(confidence for _, confidence in sure) / len(sure)
    return Reading(text[:LONGEST], round(mean / 100, 2)), overall


def _words(engine: Any) -> Iterator[tuple[str, float]]:
    """Yield (word, confidence) of what has a letter or digit in it."""
    if not engine.GetUTF8Text().strip():
        return
    words = engine.GetIterator()
    while True:
        text = "" if words.Empty(_WORD) else words.GetUTF8Text(_WORD).strip()  # a place without text raises
        if any(character.isalnum() for character in text):
            yield text, float(words.Confidence(_WORD))
        if not words.Next(_WORD):
            return


def _black_on_white(light: Floats) -> Grey:
    """Return a row in full contrast, what there is more of as white."""
    low, middle, high = (float(level) for level in np.percentile(light, (1, 50, 99)))
    stretched = (light - low) * (255 / max(high - low, 1.0))
    if middle - low < high - middle:
        stretched = 255 - stretched
    return np.ascontiguousarray(np.clip(stretched, 0, 255).astype(np.uint8))


@cache
def installed() -> tuple[Path, tuple[str, ...]] | None:
    """Return where tesseract's language files lie and which of ours are there; None where it cannot read at all."""
    try:
        import tesserocr  # noqa: F401, PLC0415
    except ImportError:
        return None
    named = os.environ.get("TESSDATA_PREFIX")
    folders = [Path(named)] if named else [folder for glob in FOLDERS for folder in sorted(Path("/").glob(glob[1:]))]
    for folder in folders:
        languages = tuple(language for language in LANGUAGES if (folder / f"{language}.traineddata").is_file())
        if languages:
            return folder, languages
    return None


def missing() -> tuple[str, ...]:
    """Return the languages that cannot be read on this machine."""
    found = installed()
    return tuple(language for language in LANGUAGES if found is None or language not in found[1])


@cache
def reader() -> Reader | None:
    """Return this process's reader; None where tesseract or its languages are missing."""
    found = installed()
    return None if found is None else Reader(*found)
