"""A plug for networks of the operator's own: any ONNX file that turns a picture into an alpha plane or a vector.

Trueshelf ships none. The file is checked against its SHA-256 before it is loaded and runs on one CPU thread. A cut-out
that it proposes passes the same edge gate and the same confidence as every other one. Needs the extra `network`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trueshelf_imaging.pixels import Floats, Rgb

_DIMENSIONS = 4
"""1 x 3 x side x side in; 1 x 1 x side x side, or without one of the ones, out."""


class NetworkError(RuntimeError):
    """The network cannot be used; the message says what is wrong with file, library or answer."""


@dataclass(frozen=True, slots=True)
class NetworkCard:
    """Which network, and how it wants its input: (sample / 255 - mean) / std, R G B, squeezed to side x side."""

    path: Path
    sha256: str
    side: int
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """The defaults are ImageNet's, which most published networks were trained with."""

    def as_json(self) -> dict[str, Any]:
        """Return the card for a child's request; `of` reads it back."""
        return asdict(self) | {"path": str(self.path)}

    def data(self) -> bytes:
        """Return the file's bytes. Raises NetworkError where it cannot be read or is another file than named."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise NetworkError(f"the network {self.path} cannot be read: {error.strerror}") from error
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256.lower():
            raise NetworkError(f"{self.path} has the SHA-256 {found}, the settings say {self.sha256}: another file")
        return data

    @staticmethod
    def of(told: Mapping[str, Any]) -> "NetworkCard":
        mean, std = tuple(told["mean"]), tuple(told["std"])
        return NetworkCard(Path(told["path"]), told["sha256"], told["side"], mean, std)


class OnnxModel:
    """A loaded file; one instance serves any number of pictures."""

    def __init__(self, card: NetworkCard) -> None:
        """Load the file that `card` names. Raises NetworkError."""
        self.card = card
        self._session = _loaded(card)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != _DIMENSIONS:
            raise NetworkError(f"{card.path} wants {[i.shape for i in inputs]}; one input 1 x 3 x H x W is expected")
        self._input = inputs[0].name

    def answer(self, rgb: Rgb) -> Floats:
        """Return the first output for `rgb` squeezed to side x side, float32. Raises NetworkError."""
        side = self.card.side
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        seen = (small - np.array(self.card.mean, np.float32)) / np.array(self.card.std, np.float32)
        try:
            answer = self._session.run(None, {self._input: np.ascontiguousarray(seen.transpose(2, 0, 1)[None])})[0]
        except Exception as error:
            raise NetworkError(f"{self.card.path} failed on a picture of {side} x {side}: {error}") from error
        return np.asarray(answer, np.float32)


class Network(OnnxModel):
    """A matting network."""

    def alpha(self, rgb: Rgb) -> Floats:
        """Return (side, side) float32, 0 to 1: the share of each pixel that is product, of the squeezed picture."""
        plane = np.squeeze(self.answer(rgb))
        if plane.ndim != 2 or not np.isfinite(plane).all():  # noqa: PLR2004 - a plane
            raise NetworkError(f"{self.card.path} answered {np.shape(plane)}; one finite plane is expected")
        if plane.min() < -0.01 or plane.max() > 1.01:  # noqa: PLR2004 - rounding apart
            plane = np.asarray(1 / (1 + np.exp(-np.clip(plane, -30, 30))), np.float32)
        return np.asarray(np.clip(plane, 0, 1), np.float32)


class Embedding(OnnxModel):
    """A network that answers one vector per picture: near vectors, the same thing."""

    @property
    def sha256(self) -> str:
        return self.card.sha256.lower()

    def embed(self, rgb: Rgb) -> Floats:
        """Return the unit vector (n,) float32 of `rgb`, squeezed to side x side. Raises NetworkError."""
        vector = self.answer(rgb).reshape(-1)
        length = float(np.linalg.norm(vector))
        if vector.size < 2 or not np.isfinite(length) or length == 0:  # noqa: PLR2004 - a vector
            raise NetworkError(f"{self.card.path} answered {vector.size} numbers, length {length}; a vector is wanted")
        return np.asarray(vector / length, np.float32)


def _loaded(card: NetworkCard) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415 - an extra: only those who name a network need it
    except ImportError as error:
        raise NetworkError("a network is named, but onnxruntime is not installed: add the extra `network`") from error
    data = card.data()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise NetworkError(f"{card.path} is no ONNX network that onnxruntime can run: {error}") from error
