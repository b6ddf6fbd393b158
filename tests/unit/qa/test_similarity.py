"""A similarity model of the operator's own: one more signal, with a tiny network made here (nothing is downloaded)."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from trueshelf_imaging.network import Embedding, NetworkCard, NetworkError
from trueshelf_qa.cli import app
from trueshelf_qa.domain.results import Limit
from trueshelf_qa.judge import judge
from trueshelf_qa.pixels import compare_raw
from trueshelf_qa.policy import as_json, load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SIDE = 32
PREFIX = "TRUESHELF_QA_SIMILARITY_"


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> NetworkCard:
    """A network that answers the mean of R, G and B over a grid of four by four: colours and where they are."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    size = SIDE // 4
    nodes = [
        helper.make_node("AveragePool", ["photo"], ["means"], kernel_shape=[size, size], strides=[size, size]),
        helper.make_node("Flatten", ["means"], ["vector"]),
    ]
    photo = helper.make_tensor_value_info("photo", kind, [1, 3, SIDE, SIDE])
    vector = helper.make_tensor_value_info("vector", kind, [1, 48])
    graph = helper.make_graph(nodes, "means", [photo], [vector])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path_factory.mktemp("model") / "means.onnx"
    path.write_bytes(model.SerializeToString())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return NetworkCard(path, sha256, SIDE, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))


def drawn(left: tuple[int, int, int] = (150, 40, 40)) -> np.ndarray:
    """A striped box with a marked corner on paper, (480, 640, 3)."""
    rng = np.random.default_rng(3)
    rgb = np.full((480, 640, 3), 225.0)
    cv2.rectangle(rgb, (170, 120), (470, 360), (40, 70, 130), -1)
    for x in range(180, 470, 30):
        cv2.line(rgb, (x, 120), (x + 10, 360), (200, 200, 90), 4)
    cv2.circle(rgb, (230, 180), 40, left, -1)
    noisy = cv2.GaussianBlur(rgb, (0, 0), 0.7) + rng.normal(0, 1.0, rgb.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def test_what_looks_alike_is_near_and_a_changed_part_is_named(card: NetworkCard):
    model = Embedding(card)
    limits = {**load().limits("composited", "default"), "similarity": {"tile_distance": Limit(flag=0.02)}}
    honest = np.clip(drawn().astype(np.float32) * 1.01, 0, 255).astype(np.uint8)
    same, other = (
        judge(drawn(), draft, limits, placed=None, wanted=None, generative=True, model=model)
        for draft in (honest, drawn(left=(30, 160, 60)))
    )
    near, far = (found.checks[-1] for found in (same, other))
    assert (near.check, near.verdict, far.verdict) == ("similarity", "clear", "flag")
    assert card.sha256[:12] in near.sentence, "the report names the model"
    assert far.metrics[1].value > 10 * near.metrics[1].value
    (place,) = far.places
    assert place.note == "upper left"


def test_without_limits_of_ones_own_it_measures_and_never_decides(card: NetworkCard):
    limits = load().limits("generative", "default")
    found = judge(
        drawn(), drawn(left=(30, 160, 60)), limits, placed=None, wanted=None, generative=True, model=Embedding(card)
    )
    assert found.checks[-1].check == "similarity"
    assert found.checks[-1].verdict == "clear"
    assert found.checks[-1].metrics[0].value > 0


def test_without_a_model_the_report_says_not_available_and_stands_on_the_rest(card: NetworkCard):
    source, variant = drawn(), drawn(left=(140, 40, 40))
    request = {"source": [480, 640], "variant": [480, 640], "generative": False}
    request["limits"] = as_json(load().limits("composited", "default"))
    without, _ = compare_raw(request, (source.tobytes(), variant.tobytes()))
    having, _ = compare_raw(request | {"similarity": card.as_json()}, (source.tobytes(), variant.tobytes()))
    (absent,) = without["unavailable"]
    assert absent["check"] == "similarity"
    assert "Not available" in absent["sentence"]
    assert absent["sentences"]["ru"].startswith("Недоступно")
    assert having["unavailable"] == []
    assert without["verdict"] == having["verdict"]
    assert [check["check"] for check in having["checks"]] == [*(c["check"] for c in without["checks"]), "similarity"]


def test_another_file_than_the_named_one_is_wrong_usage(
    card: NetworkCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(f"{PREFIX}PATH", str(card.path))
    monkeypatch.setenv(f"{PREFIX}SHA256", "0" * 64)
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), drawn())
    done = CliRunner().invoke(app, [str(picture), str(picture)])
    assert done.exit_code == 2
    assert "another file" in done.output


def test_what_answers_no_vector_is_refused(card: NetworkCard):
    black = np.full((40, 40, 3), 127, np.uint8)  # (127 / 255 - 0.5) is nearly nothing, but a vector
    assert Embedding(card).embed(black).shape == (48,)
    wrong = NetworkCard(card.path, card.sha256, SIDE * 2)
    with pytest.raises(NetworkError, match="failed on a picture"):
        Embedding(wrong).embed(black)
