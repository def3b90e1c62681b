"""Brings a tower's matrices to 8 bits where that keeps its vectors: 1.35 times as fast, a third in size."""

import logging
import shutil
from collections.abc import Callable
from math import prod
from pathlib import Path

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

# Numbers that share a scale, of the weights and of what they are multiplied with. ViT-B/32's vectors then
# have a cosine of 0.99994 with those of float32 on photos; at 128 a few fall below 0.9999. Scales of a whole
# matrix are faster still, but cost retrieval quality: docs/encoder.md.
_BLOCK = 32
# The products are summed in 32-bit integers: onnxruntime's documentation of MatMulNBits.
_IN_INTEGERS = 4


def in_eight_bits(tower: Path, keeps_vectors: Callable[[], bool]) -> bool:
    """Replace the float32 `tower` if it is mostly matrices; undo that unless `keeps_vectors()` then holds."""
    if not _mostly_matrices(onnx.load(tower, load_external_data=False)):
        return False
    files = (tower, weights_of(tower))
    whole = tower.with_name("whole")
    whole.mkdir()
    for file in files:
        file.rename(whole / file.name)
    logging.getLogger(MatMulNBitsQuantizer.__module__).setLevel(logging.WARNING)
    float32 = onnx.load(whole / tower.name)
    quantiser = MatMulNBitsQuantizer(
        float32, block_size=_BLOCK, is_symmetric=True, accuracy_level=_IN_INTEGERS, bits=8
    )
    quantiser.process()
    save(quantiser.model.model, tower)
    kept = keeps_vectors()
    if not kept:
        for file in files:
            (whole / file.name).replace(file)
    shutil.rmtree(whole)
    return kept


def save(model: onnx.ModelProto, tower: Path) -> None:
    """Write it with its weights in a file beside it, from which they are mapped into memory."""
    weights = weights_of(tower).name
    onnx.save(model, tower, save_as_external_data=True, location=weights, size_threshold=1024)


def weights_of(tower: Path) -> Path:
    return tower.with_name(f"{tower.name}.weights")


def _mostly_matrices(model: onnx.ModelProto) -> bool:
    """Convolutions would stay as they are."""
    multiplied = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    sizes: dict[str, int] = {constant.name: prod(constant.dims) for constant in model.graph.initializer}
    in_matrices = sum(size for name, size in sizes.items() if name in multiplied)
    return in_matrices > sum(sizes.values()) / 2
