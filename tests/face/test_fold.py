"""Folding block-quantised weights to fp32: the same numbers, the same bytes every time."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from face.models.fold import fold
from face.models.pack import ModelPack

CHANNELS, KERNEL, BLOCK = 6, 3, 16


@pytest.fixture
def quantised() -> bytes:
    """Convolution and PRelu with block-quantised weights, stored as the published SFace stores them: int8 blocks whose
    last one is shorter, a reshape, and every weight listed as a graph input too."""
    source = np.random.default_rng(7)
    length = 3 * KERNEL * KERNEL  # 27 weights a channel: blocks of 16 and 11
    blocks = -(-length // BLOCK)
    tensors = {
        "w_quantized": source.integers(-128, 128, (CHANNELS, length)).astype(np.int8),
        "w_scales": source.uniform(0.01, 0.1, (CHANNELS, blocks)).astype(np.float32),
        "w_zero_point": source.integers(-5, 6, (CHANNELS, blocks)).astype(np.int8),
        "w_shape": np.array([CHANNELS, 3, KERNEL, KERNEL], dtype=np.int64),
        "slope": source.uniform(-0.8, 1.2, (CHANNELS, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["w_quantized", "w_scales", "w_zero_point"], ["w_flat"], axis=1, block_size=BLOCK
        ),
        helper.make_node("Reshape", ["w_flat", "w_shape"], ["w"]),
        helper.make_node("Conv", ["data", "w"], ["conv"], kernel_shape=[KERNEL, KERNEL]),
        helper.make_node("PRelu", ["conv", "slope"], ["out"]),
    ]
    initializers = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 8, 8])]
    inputs += [helper.make_tensor_value_info(item.name, item.data_type, list(item.dims)) for item in initializers]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, CHANNELS, 6, 6])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString(deterministic=True))


def run(model: bytes, data: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"data": data})[0])


def test_the_folded_model_computes_what_the_quantised_one_does(quantised: bytes) -> None:
    data = np.random.default_rng(1).normal(0, 3, (1, 3, 8, 8)).astype(np.float32)
    folded = fold(quantised)
    reference = run(quantised, data)
    assert float(np.abs(reference).max()) > 1  # the comparison below is about something
    np.testing.assert_allclose(run(folded, data), reference, rtol=1e-5, atol=1e-5)


def test_nothing_quantised_is_left_and_only_the_picture_is_an_input(quantised: bytes) -> None:
    graph = onnx.load_model_from_string(fold(quantised)).graph
    assert {node.op_type for node in graph.node} == {"Conv", "Relu", "Add"}
    assert [item.name for item in graph.input] == ["data"]
    assert {item.data_type for item in graph.initializer} == {TensorProto.FLOAT}


def test_folding_gives_the_same_bytes_each_time_and_once_folded_changes_nothing(quantised: bytes) -> None:
    folded = fold(quantised)
    assert fold(quantised) == folded
    assert fold(folded) == folded


def test_the_shipped_recogniser_is_a_result_of_this_fold(pack: ModelPack) -> None:
    shipped = pack.recogniser_path.read_bytes()
    assert hashlib.sha256(fold(shipped)).hexdigest() == pack.recogniser.sha256


def test_weights_quantised_in_another_way_are_refused_not_guessed(quantised: bytes) -> None:
    model = onnx.load_model_from_string(quantised)
    del model.graph.node[0].attribute[:]
    with pytest.raises(ValueError, match="only block-quantised"):
        fold(model.SerializeToString())


def test_the_command_prints_the_hash_for_the_manifest(quantised: bytes, tmp_path: Path) -> None:
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(quantised)
    command = [sys.executable, "-m", "face.models.fold", str(source), str(target)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert answer.stdout.split()[0] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert target.read_bytes() == fold(quantised)
