"""Building a pack from published originals: the same bytes, or a refusal. Small made models stand in for real ones."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from face.errors import FaceError, FaceErrorCode
from face.models.build import build
from face.models.fold import fold
from face.models.manifest_text import manifest_text
from face.models.pack import ModelPack

LICENCES = ("LICENSE-yunet.txt", "LICENSE-sface.txt", "LICENSE-face_landmark.txt")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def quantised() -> bytes:
    """One block-quantised convolution."""
    tensors = {
        "quantised": np.arange(-16, 16, dtype=np.int8).reshape(2, 16),
        "scales": np.full((2, 2), 0.5, dtype=np.float32),
        "shape": np.array([2, 16, 1, 1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["quantised", "scales"], ["flat"], axis=1, block_size=8),
        helper.make_node("Reshape", ["flat", "shape"], ["weight"]),
        helper.make_node("Conv", ["data", "weight"], ["out"], kernel_shape=[1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 16, 4, 4])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 2, 4, 4])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString(deterministic=True))


ORIGINALS = {"detector": b"detector", "recogniser": quantised(), "mesh": b"mesh", "eyes": b"eyes"}


@pytest.fixture
def recipe(pack: ModelPack, tmp_path: Path) -> Path:
    """The shipped manifest, told of the small models."""
    folder = tmp_path / "recipe"
    folder.mkdir()
    update: dict[str, object] = {}
    for role, weights in pack.manifest.roles.items():
        data, made_from = ORIGINALS[role], {}
        if role == "recogniser":
            made_from = {"folded_from": sha256(data)}
            data = fold(data)
        update[role] = weights.model_copy(update={"sha256": sha256(data), **made_from})
    text = manifest_text(pack.manifest.model_copy(update=update), "kept comment")
    (folder / "manifest.toml").write_text(text, encoding="utf-8")
    for name in LICENCES:
        (folder / name).write_text(name, encoding="utf-8")
    return folder


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    """Two originals inside a wheel, two loose, one of them in a folder below; beside them something else."""
    folder = tmp_path / "originals"
    (folder / "below").mkdir(parents=True)
    with zipfile.ZipFile(folder / "some-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some/models/int8.onnx", ORIGINALS["recogniser"])
        wheel.writestr("some/data/a.tflite", ORIGINALS["mesh"])
        wheel.writestr("some/__init__.py", "")
    (folder / "b.tflite").write_bytes(ORIGINALS["eyes"])
    (folder / "below" / "c.onnx").write_bytes(ORIGINALS["detector"])
    (folder / "another.onnx").write_bytes(b"something else")
    return folder


def test_the_pack_is_made_of_the_originals_wherever_they_lie(recipe: Path, originals: Path, tmp_path: Path) -> None:
    made = build(originals, tmp_path / "out", recipe)
    assert made.recogniser_path.read_bytes() == fold(ORIGINALS["recogniser"])
    assert made.mesh_path.read_bytes() == b"mesh"
    assert (tmp_path / "out" / "manifest.toml").read_bytes() == (recipe / "manifest.toml").read_bytes()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {*LICENCES, "manifest.toml", *(weights.file for weights in made.manifest.roles.values())}


def test_an_original_that_is_not_there_is_named_with_its_source(recipe: Path, originals: Path, tmp_path: Path) -> None:
    (originals / "below" / "c.onnx").write_bytes(b"damaged")
    with pytest.raises(FaceError) as error:
        build(originals, tmp_path / "out", recipe)
    assert error.value.code is FaceErrorCode.MODEL_REFUSED
    assert "opencv_zoo models/face_detection_yunet" in error.value.detail
    assert sha256(b"detector") in error.value.detail
    assert not (tmp_path / "out").exists()


def test_other_bytes_than_the_recipes_are_refused_unless_they_shall_be_pinned(
    recipe: Path, originals: Path, tmp_path: Path
) -> None:
    path, folded = recipe / "manifest.toml", sha256(fold(ORIGINALS["recogniser"]))
    path.write_text(path.read_text(encoding="utf-8").replace(folded, "0" * 64), encoding="utf-8")
    with pytest.raises(FaceError, match=f"folding gives {folded}, the recipe says 0000"):
        build(originals, tmp_path / "out", recipe)
    made = build(originals, tmp_path / "out", recipe, pin=True)
    assert made.recogniser.sha256 == folded
    assert (tmp_path / "out" / "manifest.toml").read_text(encoding="utf-8").startswith("# kept comment")


def test_nothing_is_written_over_and_a_broken_archive_is_named(recipe: Path, originals: Path, tmp_path: Path) -> None:
    with pytest.raises(FaceError, match="exists already"):
        build(originals, recipe, recipe)
    (originals / "broken.whl").write_bytes(b"no zip")
    with pytest.raises(FaceError, match=r"broken\.whl is no zip file"):
        build(originals, tmp_path / "out", recipe)


def test_the_made_model_is_one_that_folding_changes() -> None:
    assert [node.op_type for node in onnx.load_model_from_string(fold(ORIGINALS["recogniser"])).graph.node] == ["Conv"]
