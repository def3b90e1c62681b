"""Brings a tower's matrices to 8 bits, as many as keep its vectors: 1.35 times as fast, a third in size."""

import logging
import shutil
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

# Numbers that share a scale, of the weights and of what they are multiplied with. ViT-B/32's vectors then
# have a cosine of 0.99994 with those of float32 on photos; at 128 a few fall below 0.9999. Scales of a whole
# matrix are faster still, but cost retrieval quality: docs/encoder.md.
_BLOCK = 32
# How many of the matrices stay in float32 if its vectors are not kept otherwise: the first ones, since what
# they get wrong goes through all that come after.
_LEFT_WHOLE = (0.0, 1 / 3, 1 / 2)
# The products are summed in 32-bit integers: onnxruntime's documentation of MatMulNBits.
_IN_INTEGERS = 4


def in_eight_bits(tower: Path, keeps_vectors: Callable[[], bool], at_least: int = 0) -> bool:
    """Bring matrices of the float32 `tower` to 8 bits, as many as `keeps_vectors()` allows; False for none.

    Only in a tower that is mostly matrices, of `at_least` so many numbers.
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
        save(_quantised(whole / tower.name, matrices[: round(share * len(matrices))]), tower)
        kept = keeps_vectors()
        if kept:
            break
    if not kept:
        for file in files:
            (whole / file.name).replace(file)
    shutil.rmtree(whole)
    return kept


def _quantised(tower: Path, left_whole: Sequence[str]) -> onnx.ModelProto:
    logging.getLogger(MatMulNBitsQuantizer.__module__).setLevel(logging.WARNING)
    quantiser = MatMulNBitsQuantizer(
        onnx.load(tower),
        block_size=_BLOCK,
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
    """The multiplications by constants in order, how many numbers those have, and all constants together."""
    sizes: dict[str, int] = {constant.name: prod(constant.dims) for constant in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in sizes]
    names = {node.input[1] for node in nodes}
    return [node.name for node in nodes], sum(sizes[name] for name in names), sum(sizes.values())
