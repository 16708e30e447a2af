"""Fold a block-quantised ONNX model to plain fp32: ``python -m face.models.fold SRC DST``.

The published int8 build of SFace stores its weights block-quantised (``DequantizeLinear`` with a ``block_size``) and
lists every weight as a graph input as well. ONNX Runtime refuses the surplus inputs, and where it accepts them it
dequantises all 9.7 million weights again for every face. Folding does that arithmetic once, here.

The second half of the time goes into ``PRelu``, for which ONNX Runtime has no blocked (NCHWc) kernel on a CPU: each of
the 27 costs a conversion of the whole activation there and back. ``max(0, x) * 1 + min(0, x) * a`` equals
``a * x + (1 - a) * max(0, x)``, and scaling by channel is a 1x1 depthwise convolution, which has such a kernel. So
written, a face takes half the time; ``bench/face.py`` prints the ratio.

The output depends on the input's bytes alone: each weight is one fp32 subtraction and one fp32 multiplication, which
IEEE 754 rounds the same on every machine, and the file is written with protobuf's deterministic serialisation. The
SHA-256 of the result is therefore a constant, and a pack's manifest holds it. Folding a folded file changes nothing.
"""

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

PRODUCER = "tiepdon face.models.fold"

Array = npt.NDArray[Any]
Weights = dict[str, Array]


def fold(source: bytes) -> bytes:
    """Return the model with its constant weights in fp32 and each ``PRelu`` as depthwise convolutions.

    Raises ``google.protobuf.message.DecodeError`` when ``source`` is no ONNX file, and ``ValueError`` when a
    quantised weight does not have the block layout of ONNX opset 21 (DequantizeLinear-21).
    """
    model = onnx.load_model_from_string(source)
    graph = model.graph
    weights: Weights = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    nodes: list[Any] = []
    for node in graph.node:
        constant = all(name in weights for name in node.input)
        if constant and node.op_type == "DequantizeLinear":
            weights[node.output[0]] = _dequantise(node, [weights[name] for name in node.input])
        elif constant and node.op_type == "Reshape":
            weights[node.output[0]] = _reshape(*(weights[name] for name in node.input))
        elif node.op_type == "PRelu" and node.input[1] in weights:
            nodes += _prelu_as_convolutions(node, weights)
        else:
            nodes.append(node)

    used = {name for node in nodes for name in node.input}
    made = {name for node in nodes for name in node.output}
    kept = {name: value for name, value in weights.items() if name in used}
    _replace(graph.input, [item for item in graph.input if item.name in used and item.name not in kept])
    _replace(graph.value_info, [item for item in graph.value_info if item.name in made])
    _replace(graph.initializer, [numpy_helper.from_array(value, name) for name, value in kept.items()])
    _replace(graph.node, nodes)
    model.producer_name = PRODUCER
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _dequantise(node: Any, values: list[Array]) -> Array:
    """``(quantised - zero_point) * scale`` with one scale per block along one axis (ONNX DequantizeLinear-21)."""
    quantised, scales = values[0], values[1]
    zero_points = values[2] if len(values) > 2 else np.zeros_like(scales, dtype=quantised.dtype)
    attributes = _attributes(node)
    axis, block = int(attributes.get("axis", 1)), int(attributes.get("block_size", 0))
    if block <= 0 or scales.ndim != quantised.ndim:
        raise ValueError(f"{node.output[0]}: only block-quantised weights can be folded")
    length = quantised.shape[axis]
    if scales.shape[axis] != -(-length // block):
        raise ValueError(f"{node.output[0]}: {scales.shape[axis]} blocks of {block} do not cover {length} weights")

    def spread(per_block: Array) -> Array:
        repeated = np.repeat(per_block.astype(np.float32), block, axis=axis)
        return repeated.take(np.arange(length), axis=axis)  # the last block may be shorter than the others

    return (quantised.astype(np.float32) - spread(zero_points)) * spread(scales)


def _reshape(weight: Array, shape: Array) -> Array:
    return weight.reshape([int(size) for size in shape])


def _prelu_as_convolutions(node: Any, weights: Weights) -> list[Any]:
    """``a * x + (1 - a) * max(0, x)`` with the channel's slope ``a``, all four steps on ONNX Runtime's blocked layout.

    The identity convolution before ``Relu`` looks idle: it is what lets the runtime fuse the ``Relu``.
    """
    source, slope_name, result = node.input[0], node.input[1], node.output[0]
    slope = weights[slope_name].astype(np.float32).reshape(-1, 1, 1, 1)
    channels = slope.shape[0]

    def scale(name: str, factor: Array, value: str) -> Any:
        weights[f"{result}.{name}.weight"] = factor
        return helper.make_node(
            "Conv", [value, f"{result}.{name}.weight"], [f"{result}.{name}"], group=channels, kernel_shape=[1, 1]
        )

    return [
        scale("same", np.ones_like(slope), source),
        helper.make_node("Relu", [f"{result}.same"], [f"{result}.positive"]),
        scale("line", slope, source),
        scale("bend", np.float32(1) - slope, f"{result}.positive"),
        helper.make_node("Add", [f"{result}.bend", f"{result}.line"], [result]),
    ]


def _attributes(node: Any) -> Mapping[str, Any]:
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}


def _replace(field: Any, items: list[Any]) -> None:
    del field[:]
    field.extend(items)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m face.models.fold", description="Fold an ONNX model to plain fp32.")
    parser.add_argument("source", type=Path)
    parser.add_argument("destination", type=Path)
    arguments = parser.parse_args()
    folded = fold(arguments.source.read_bytes())
    arguments.destination.write_bytes(folded)
    print(hashlib.sha256(folded).hexdigest(), arguments.destination)  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
