"""The bench's ``--pack DIR``: InsightFace's FaceAnalysis on the bench's frames, or a clear word why not.

InsightFace's weights may not be shipped. In their place stand an SCRFD-shaped model that always finds one face in the
same place, and the shipped recogniser.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bench import __main__ as bench
from bench.face_rival import RivalError, face_analysis
from face.align import align
from face.detect import Detector
from face.embed import load_embedder
from face.models.pack import ModelPack
from face.opencv import Image, Points

SIDE = 640
STRIDES = (8, 16, 32)


def detector_that_finds(points: Points) -> bytes:
    """Nine outputs as SCRFD has: scores, box distances and landmark offsets of three strides, two anchors a cell."""
    middle = points.mean(axis=0)
    tensors: dict[str, np.ndarray] = {}
    for stride in STRIDES:
        cells = SIDE // stride
        scores = np.zeros((cells * cells * 2, 1), dtype=np.float32)
        boxes, offsets = np.zeros((len(scores), 4), dtype=np.float32), np.zeros((len(scores), 10), dtype=np.float32)
        if stride == STRIDES[-1]:
            column, row = (middle // stride).astype(int)
            anchor = 2 * (row * cells + column)
            scores[anchor], boxes[anchor] = 0.9, 3.0
            offsets[anchor] = ((points - [column * stride, row * stride]) / stride).reshape(-1)
        tensors |= {f"a_score_{stride}": scores, f"b_box_{stride}": boxes, f"c_points_{stride}": offsets}
    names = sorted(tensors, key=lambda name: (name[0], int(name.rsplit("_", 1)[1])))
    nodes = [helper.make_node("Identity", [f"{name}.value"], [name]) for name in names]
    graph = helper.make_graph(
        nodes,
        "one face",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(tensors[name].shape)) for name in names],
        [numpy_helper.from_array(tensors[name], f"{name}.value") for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.fixture
def frame(people: Mapping[str, Any]) -> Image:
    """Square and as large as the detector's input, so that its pixels are the frame's."""
    live: Image = people["lan"].live
    canvas = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    part = live[:SIDE, :SIDE]
    canvas[: part.shape[0], : part.shape[1]] = part
    return canvas


def test_face_analysis_detects_and_embeds_the_benchs_frames(pack: ModelPack, frame: Image, tmp_path: Path) -> None:
    [face] = Detector(pack).detect(frame)
    (tmp_path / "det_made.onnx").write_bytes(detector_that_finds(face.landmarks))
    (tmp_path / "recogniser.onnx").symlink_to(pack.recogniser_path)
    embedding = face_analysis(tmp_path, 1)(frame)
    own = load_embedder(pack, 1).embed(align(frame, face.landmarks))
    assert float(np.asarray(embedding) @ own) == pytest.approx(1, abs=0.01)


def test_a_folder_without_its_weights_is_refused_saying_which(pack: ModelPack, tmp_path: Path) -> None:
    with pytest.raises(RivalError, match="is no folder"):
        face_analysis(tmp_path / "absent", 1)
    (tmp_path / "recogniser.onnx").symlink_to(pack.recogniser_path)
    with pytest.raises(RivalError, match="no InsightFace detector"):
        face_analysis(tmp_path, 1)
    (tmp_path / "recogniser.onnx").unlink()
    (tmp_path / "det_made.onnx").write_bytes(detector_that_finds(np.full((5, 2), 100, dtype=np.float32)))
    with pytest.raises(RivalError, match="no InsightFace recogniser"):
        face_analysis(tmp_path, 1)
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")
    with pytest.raises(RivalError, match="cannot run it"):
        face_analysis(tmp_path, 1)


def test_our_own_pack_is_no_insightface_pack(pack_directory: Path) -> None:
    with pytest.raises(RivalError, match="FaceAnalysis cannot run it"):
        face_analysis(pack_directory, 1)


def test_the_command_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "face", "--json", "--pack", str(tmp_path)])
    assert bench.main() == 2
    assert capsys.readouterr().err == f"{tmp_path} has no InsightFace detector (such as det_500m.onnx)\n"
