"""Brings a tower's matrices to 8 bits, as many as keep its vectors: faster, and a third in size.

In one of two ways, of which catalog/encoders/fastest.py takes the one that the processor is faster at: blocks
of a few numbers, by an operator of ONNX Runtime's; rows, as catalog/encoders/byte_rows.py has them.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, prod
from pathlib import Path

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from catalog.encoders.export_record import weights_of

# How many of the matrices stay in float32 if its vectors are not kept otherwise: the second is one of them.
_LEFT_WHOLE = (0.0, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5)
# The products are summed in 32-bit integers: onnxruntime's documentation of MatMulNBits.
_IN_INTEGERS = 4

# The float32 tower and the names of the matrices to be left whole, to the tower in 8 bits.
Way = Callable[[Path, Sequence[str]], onnx.ModelProto]


def blocks_of(numbers: int) -> Way:
    """So many share a scale, of the weights and of what they are multiplied with; see docs/encoder.md."""
    return partial(_in_blocks, numbers)


def write_eight_bits(tower: Path, other: Path, way: Way, keeps_vectors: Callable[[], bool]) -> bool:
    """Write `other`, the float32 `tower` with as many matrices in 8 bits as `keeps_vectors()` of it allows.

    False, and no file is left, if it allows none.
    """
    matrices = _matrices(onnx.load(tower, load_external_data=False))
    for share in _LEFT_WHOLE:
        save(way(tower, matrices[: ceil(share * len(matrices))]), other)
        if keeps_vectors():
            return True
    remove(other)
    return False


def is_mostly_matrices(tower: Path) -> bool:
    """Whether 8 bits are worth it: convolutions stay as they are."""
    graph = onnx.load(tower, load_external_data=False).graph
    sizes = _sizes(graph)
    numbers = sum(sizes[name] for name in {node.input[1] for node in _multiplications(graph)})
    return numbers > sum(sizes.values()) / 2


def _in_blocks(numbers: int, tower: Path, left_whole: Sequence[str]) -> onnx.ModelProto:
    logging.getLogger(MatMulNBitsQuantizer.__module__).setLevel(logging.WARNING)
    quantiser = MatMulNBitsQuantizer(
        onnx.load(tower),
        block_size=numbers,
        is_symmetric=True,
        accuracy_level=_IN_INTEGERS,
        bits=8,
        nodes_to_exclude=list(left_whole),
    )
    quantiser.process()
    model: onnx.ModelProto = quantiser.model.model
    return model


def save(model: onnx.ModelProto, tower: Path) -> None:
    """Write it with its weights in a file beside it, from which they are mapped into memory."""
    weights = weights_of(tower)
    weights.unlink(missing_ok=True)  # onnx would append to it
    onnx.save(model, tower, save_as_external_data=True, location=weights.name, size_threshold=1024)


def remove(tower: Path) -> None:
    """It and its weights."""
    tower.unlink(missing_ok=True)
    weights_of(tower).unlink(missing_ok=True)


def _sizes(graph: onnx.GraphProto) -> dict[str, int]:
    return {constant.name: prod(constant.dims) for constant in graph.initializer}


def _multiplications(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """By constants."""
    sizes = _sizes(graph)
    return [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in sizes]


def _matrices(model: onnx.ModelProto) -> list[str]:
    """The multiplications by constants, in the order in which they are best left whole.

    The last one, whose error nothing makes smaller; then from the first on, since what they get wrong goes
    through all that come after. Queries and keys last of all: what they get wrong only shifts a little of a
    token's attention to others.
    """
    names = [node.name for node in _multiplications(model.graph)]
    asking = _makers_of_scores(model.graph)
    rest = [name for name in names if name not in asking]
    return [*rest[-1:], *rest[:-1], *(name for name in names if name in asking)]


def _makers_of_scores(graph: onnx.GraphProto) -> set[str]:
    """The nodes that make queries and keys: those before attention's first two inputs, and a bias between."""
    made_by = {output: node for node in graph.node for output in node.output}
    attentions = [node for node in graph.node if node.op_type == "MultiHeadAttention"]
    before = [made_by[name] for node in attentions for name in node.input[:2] if name in made_by]
    behind_bias = [made_by[name] for node in before for name in node.input if name in made_by]
    return {node.name for node in (*before, *behind_bias) if node.op_type == "MatMul"}
