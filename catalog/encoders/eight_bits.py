"""Brings a tower's matrices to 8 bits, as many as keep its vectors: faster, and a third in size."""

import logging
import shutil
from collections.abc import Callable, Sequence
from math import ceil, prod
from pathlib import Path

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

# How many of the matrices stay in float32 if its vectors are not kept otherwise.
_LEFT_WHOLE = (0.0, 0.1, 0.2, 0.3, 0.5)
# The products are summed in 32-bit integers: onnxruntime's documentation of MatMulNBits.
_IN_INTEGERS = 4


def in_eight_bits(tower: Path, keeps_vectors: Callable[[], bool], block: int, at_least: int = 0) -> bool:
    """Bring matrices of the float32 `tower` to 8 bits, as many as `keeps_vectors()` allows; False for none.

    Only in a tower that is mostly matrices, of `at_least` so many numbers. `block`: numbers that share a
    scale, of the weights and of what they are multiplied with; docs/encoder.md has what it costs.
    """
    matrices, numbers, of_all = _matrices(onnx.load(tower, load_external_data=False))
    if numbers <= of_all / 2 or numbers < at_least:  # convolutions would stay as they are
        return False
    files = (tower, weights_of(tower))
    whole = tower.with_name("whole")
    whole.mkdir()
    for file in files:
        file.rename(whole / file.name)
    kept = False
    for share in _LEFT_WHOLE:
        left_whole = matrices[: ceil(share * len(matrices))]
        save(_quantised(whole / tower.name, left_whole, block), tower)
        kept = keeps_vectors()
        if kept:
            break
    if not kept:
        for file in files:
            (whole / file.name).replace(file)
    shutil.rmtree(whole)
    return kept


def _quantised(tower: Path, left_whole: Sequence[str], block: int) -> onnx.ModelProto:
    logging.getLogger(MatMulNBitsQuantizer.__module__).setLevel(logging.WARNING)
    quantiser = MatMulNBitsQuantizer(
        onnx.load(tower),
        block_size=block,
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


def weights_of(tower: Path) -> Path:
    return tower.with_name(f"{tower.name}.weights")


def _matrices(model: onnx.ModelProto) -> tuple[list[str], int, int]:
    """The multiplications by constants, how many numbers those have, and all constants together.

    In the order in which they are best left whole. The last one, whose error nothing makes smaller; then from
    the first on, since what they get wrong goes through all that come after. Queries and keys last of all:
    what they get wrong only shifts a little of a token's attention to others.
    """
    sizes: dict[str, int] = {constant.name: prod(constant.dims) for constant in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in sizes]
    names = {node.input[1] for node in nodes}
    asking = _makers_of_scores(model.graph)
    rest = [node.name for node in nodes if node.name not in asking]
    ordered = [*rest[-1:], *rest[:-1], *(node.name for node in nodes if node.name in asking)]
    return ordered, sum(sizes[name] for name in names), sum(sizes.values())


def _makers_of_scores(graph: onnx.GraphProto) -> set[str]:
    """The nodes that make queries and keys: those before attention's first two inputs, and a bias between."""
    made_by = {output: node for node in graph.node for output in node.output}
    attentions = [node for node in graph.node if node.op_type == "MultiHeadAttention"]
    before = [made_by[name] for node in attentions for name in node.input[:2] if name in made_by]
    behind_bias = [made_by[name] for node in before for name in node.input if name in made_by]
    return {node.name for node in (*before, *behind_bias) if node.op_type == "MatMul"}
