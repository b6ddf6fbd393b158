"""The plug for a matting network, with tiny networks made here: nothing is downloaded (R-31: the file is pinned)."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from trueshelf_imaging import removal
from trueshelf_imaging.network import Network, NetworkCard, NetworkError

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SIDE = 64


def network(folder: Path, *, darker: float = 0.5) -> NetworkCard:
    """Write a network that answers sigmoid(40 (`darker` - mean of R, G, B)): dark is product."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    third = helper.make_tensor("third", kind, [1, 3, 1, 1], [-40 / 3] * 3)
    bias = helper.make_tensor("bias", kind, [1], [40 * darker])
    nodes = [
        helper.make_node("Conv", ["photo", "third", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["alpha"]),
    ]
    photo = helper.make_tensor_value_info("photo", kind, [1, 3, SIDE, SIDE])
    alpha = helper.make_tensor_value_info("alpha", kind, [1, 1, SIDE, SIDE])
    graph = helper.make_graph(nodes, "dark", [photo], [alpha], [third, bias])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / "dark.onnx"
    path.write_bytes(model.SerializeToString())
    return NetworkCard(path, hashlib.sha256(path.read_bytes()).hexdigest(), SIDE, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def photo() -> tuple[np.ndarray, np.ndarray]:
    """Return a dark disc on light paper, and its mask."""
    rgb = np.full((480, 640, 3), 215, np.uint8)
    cv2.circle(rgb, (320, 240), 130, (70, 50, 40), -1, cv2.LINE_AA)
    return rgb, rgb[..., 0] < 140


def test_its_answer_is_the_cutout_and_passes_the_same_gates(tmp_path: Path) -> None:
    rgb, mask = photo()
    done = removal.remove(rgb, network=Network(network(tmp_path)))
    assert done.cut is not None
    assert done.cut.method == "network"
    assert done.alpha is not None
    assert ((done.alpha > 127) == mask).mean() > 0.99
    assert done.confidence == "certain", done.reasons


def test_a_network_that_contradicts_the_own_methods_is_not_certain(tmp_path: Path) -> None:
    done = removal.remove(photo()[0], network=Network(network(tmp_path, darker=0.95)))
    assert done.confidence == "refuse"
    assert done.reasons


def test_another_file_than_the_named_one_is_not_loaded(tmp_path: Path) -> None:
    card = network(tmp_path)
    card.path.write_bytes(card.path.read_bytes() + b"\0")
    with pytest.raises(NetworkError, match="another file"):
        Network(card)


def test_what_is_no_network_is_said(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    path.write_bytes(b"hello")
    with pytest.raises(NetworkError, match="no ONNX network"):
        Network(NetworkCard(path, hashlib.sha256(b"hello").hexdigest(), SIDE))
    with pytest.raises(NetworkError, match="cannot be read"):
        Network(NetworkCard(tmp_path / "absent.onnx", "0" * 64, SIDE))
