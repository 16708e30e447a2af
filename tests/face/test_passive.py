"""The port for a passive PAD model, with tiny models made here: they judge a picture by its redness or blueness."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from face.detect import Box, DetectedFace
from face.errors import FaceError, FaceErrorCode
from face.models.pack import ModelPack, load_pack
from face.opencv import Image
from face.pad.evidence import PadCheck, PadResult, PadState
from face.pad.observation import Observation
from face.pad.passive import PassiveAnalysis, cut_square, load_passive_pad

SIZE = 32
Maker = Callable[..., ModelPack]


def model(path: Path, *, outputs: int = 3, softmax: bool = False) -> None:
    """Means of the three channels as given, as one row: first channel, second channel, third."""
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Slice", ["means", "starts", "ends", "axes"], ["some"]),
        helper.make_node("Softmax" if softmax else "Identity", ["some"], ["scores"]),
    ]
    integers = {"starts": [0], "ends": [outputs], "axes": [1]}
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, outputs])],
        [helper.make_tensor(name, TensorProto.INT64, [1], value) for name, value in integers.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    path.write_bytes(made.SerializeToString())


@pytest.fixture
def make_pack(tmp_path: Path, pack_directory: Path) -> Maker:
    def make(channels: str = "RGB", bona_fide: int = 0, margin: float = 2.0, **options: Any) -> ModelPack:
        folder = tmp_path / "pack"
        shutil.copytree(pack_directory, folder)
        model(folder / "passive.onnx", **options)
        digest = hashlib.sha256((folder / "passive.onnx").read_bytes()).hexdigest()
        licence = next(path.name for path in folder.iterdir() if "LICEN" in path.name.upper())
        role = f"""
[passive_pad]
file = "passive.onnx"
sha256 = "{digest}"
licence = "Apache-2.0"
licence_file = "{licence}"
commercial_use = true
source = "made by a test"
runtime = "onnxruntime"
size = {SIZE}
margin = {margin}
channels = "{channels}"
mean = 0.0
std = 255.0
bona_fide = {bona_fide}
"""
        manifest = folder / "manifest.toml"
        manifest.write_text(manifest.read_text(encoding="utf-8") + role, encoding="utf-8")
        return load_pack(folder)

    return make


def picture(red: int, green: int, blue: int) -> Image:
    return np.full((90, 160, 3), (blue, green, red), dtype=np.uint8)


BOX = Box(60.0, 20.0, 30.0, 40.0)


def test_a_pack_without_the_role_has_no_model(pack: ModelPack) -> None:
    assert load_passive_pad(pack, 1) is None


@pytest.mark.parametrize(("channels", "first"), [("RGB", (255, 255, 0)), ("BGR", (0, 255, 255))])
def test_channels_and_scale_are_the_manifests(make_pack: Maker, channels: str, first: tuple[int, int, int]) -> None:
    loaded = load_passive_pad(make_pack(channels), 1)
    assert loaded is not None
    assert loaded.assess(picture(*first), BOX) == pytest.approx(np.e / (2 * np.e + 1), abs=1e-4)  # softmax of 1, 1, 0
    assert loaded.assess(picture(*reversed(first)), BOX) == pytest.approx(1 / (2 * np.e + 1), abs=1e-4)


def test_probabilities_are_left_as_they_are(make_pack: Maker) -> None:
    loaded = load_passive_pad(make_pack(softmax=True), 1)
    assert loaded is not None
    row = np.exp([1.0, 0.0, 0.0])
    assert loaded.assess(picture(255, 0, 0), BOX) == pytest.approx(row[0] / row.sum(), abs=1e-4)


def test_the_number_of_the_living_is_the_manifests(make_pack: Maker) -> None:
    loaded = load_passive_pad(make_pack(bona_fide=2), 1)
    assert loaded is not None
    assert loaded.assess(picture(0, 255, 255), BOX) == pytest.approx(np.e / (2 * np.e + 1), abs=1e-4)


def test_a_face_too_near_for_the_margin_is_not_judged(make_pack: Maker) -> None:
    loaded = load_passive_pad(make_pack(margin=3.0), 1)
    assert loaded is not None
    assert loaded.assess(picture(255, 0, 0), BOX) is None  # 120 pixels of 90


def test_a_number_that_the_model_does_not_give_is_refused(make_pack: Maker) -> None:
    pack = make_pack(bona_fide=3)
    with pytest.raises(FaceError, match="gives 3 scores, bona_fide is number 3") as caught:
        load_passive_pad(pack, 1)
    assert caught.value.code is FaceErrorCode.MODEL_REFUSED


def test_a_file_that_is_no_model_is_refused(make_pack: Maker) -> None:
    pack = make_pack()
    assert pack.passive_pad_path is not None
    pack.passive_pad_path.write_bytes(b"no model")
    with pytest.raises(FaceError, match="cannot load"):
        load_passive_pad(pack, 1)


def test_the_square_stays_inside_the_frame() -> None:
    image = np.arange(90 * 160 * 3, dtype=np.uint32).reshape(90, 160, 3).astype(np.uint8)
    middle = cut_square(image, Box(60, 20, 30, 40), 1.5)
    assert middle is not None
    assert middle.shape == (60, 60, 3)
    assert (middle == image[10:70, 45:105]).all()
    corner = cut_square(image, Box(-10, 70, 30, 40), 1.5)
    assert corner is not None
    assert (corner == image[30:90, 0:60]).all()


# --- over a session


@dataclass
class Saying:
    """A model that says what the test wants."""

    scores: list[float | None]
    asked: list[Box] = field(default_factory=list)

    def assess(self, image: Image, box: Box) -> float | None:
        self.asked.append(box)
        return self.scores.pop(0)


def frame(at: float, *, good: bool = True) -> Observation:
    face = DetectedFace(BOX, np.zeros((5, 2), dtype=np.float32), 0.9)
    embedding = np.ones(4, dtype=np.float32) if good else None
    return Observation(at, picture(1, 1, 1), face, None, embedding)  # type: ignore[arg-type]  # no mesh is read


def judge(scores: list[float | None]) -> PadResult:
    analysis = PassiveAnalysis(Saying(list(scores)))
    for number in range(len(scores)):
        analysis.feed(frame(float(number)))
    return analysis.result()


def test_the_median_decides_not_one_odd_frame() -> None:
    assert judge([0.9, 0.0, 0.8]) == PadResult(PadCheck.PASSIVE, PadState.SUCCESSFUL, 0.8, "looks_alive")
    assert judge([0.1, 0.99, 0.2]) == PadResult(PadCheck.PASSIVE, PadState.FAILED, 0.2, "looks_presented")


def test_too_few_frames_are_no_judgement() -> None:
    assert judge([0.9, None, 0.9]) == PadResult(PadCheck.PASSIVE, PadState.NOT_ASSESSED, None, "too_few_frames")


def test_neighbours_bad_frames_and_more_than_enough_are_not_judged() -> None:
    saying = Saying([0.9] * 40)
    analysis = PassiveAnalysis(saying)
    for at in (0.0, 0.1, 0.2, 0.3):
        analysis.feed(frame(at))
    analysis.feed(frame(5.0, good=False))
    assert len(saying.asked) == 2
    for at in range(10, 40):
        analysis.feed(frame(float(at)))
    assert len(saying.asked) == 9


def test_closing_forgets() -> None:
    analysis = PassiveAnalysis(Saying([0.9] * 3))
    for at in range(3):
        analysis.feed(frame(float(at)))
    analysis.close()
    assert analysis.result().state is PadState.NOT_ASSESSED
