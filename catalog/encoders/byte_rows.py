"""Brings matrices to bytes, a scale a column, and what they are multiplied with to bytes, a scale a row.

Plain integer arithmetic, exact on every processor. Both factors are unsigned: where a processor has no
instructions for it (VNNI), ONNX Runtime's sums of unsigned by signed bytes overflow.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# Bytes stand for -127 to 127, shifted so that none is negative.
_LEVELS, _SHIFT = 127, 128
# Of a row of zeros; what is divided by it stays zero.
_LEAST = 1e-20


def in_byte_rows(tower: Path, left_whole: Collection[str]) -> onnx.ModelProto:
    """The float32 `tower` with its multiplications by constants so, but for the nodes of those names."""
    model = onnx.load(tower)
    graph = model.graph
    weights = {one.name: one for one in graph.initializer if len(one.dims) == 2}
    constants = {
        "byte_step": np.float32(1 / _LEVELS), "byte_least": np.float32(_LEAST), "byte_one": np.float32(1),
        "byte_shift": np.uint8(_SHIFT),
    }  # fmt: skip
    graph.initializer.extend(numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items())
    in_rows: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights or node.name in left_whole:
            nodes.append(node)
            continue
        factor, name = node.input
        if factor not in in_rows:  # queries, keys and values are made of the same one
            nodes += _to_rows(factor)
            in_rows.add(factor)
        graph.initializer.extend(_to_columns(name, numpy_helper.to_array(weights[name])))
        nodes += _multiplied(node, factor, name)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for constant in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(constant)
    return model


def _to_columns(name: str, matrix: NDArray[np.float32]) -> Iterator[onnx.TensorProto]:
    scale = np.maximum(np.abs(matrix).max(axis=0), _LEAST) / _LEVELS
    yield numpy_helper.from_array((np.rint(matrix / scale) + _SHIFT).astype(np.uint8), f"{name} bytes")
    yield numpy_helper.from_array(scale.astype(np.float32), f"{name} scale")


def _to_rows(name: str) -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("Abs", [name], [f"{name} size"]),
        node("ReduceMax", [f"{name} size"], [f"{name} largest"], axes=[-1], keepdims=1),
        node("Max", [f"{name} largest", "byte_least"], [f"{name} full"]),
        node("Mul", [f"{name} full", "byte_step"], [f"{name} scale"]),
        node("Div", [name, f"{name} scale"], [f"{name} levels"]),
        node("QuantizeLinear", [f"{name} levels", "byte_one", "byte_shift"], [f"{name} bytes"]),
    ]


def _multiplied(node: onnx.NodeProto, factor: str, name: str) -> list[onnx.NodeProto]:
    (output,) = node.output
    inputs = [f"{factor} bytes", f"{name} bytes", "byte_one", f"{name} scale", "byte_shift", "byte_shift"]
    return [
        helper.make_node("MatMulIntegerToFloat", inputs, [f"{output} unscaled"], domain="com.microsoft"),
        helper.make_node("Mul", [f"{output} unscaled", f"{factor} scale"], [output], name=node.name),
    ]
