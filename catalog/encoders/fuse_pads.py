"""Moves zero padding into the convolution that follows it, since ONNX Runtime would copy for each."""

from collections import Counter

import onnx
from onnx import helper, numpy_helper


def fuse_pads(model: onnx.ModelProto) -> int:
    """Change `model`, whose constants are folded, in place; how many pads went. Vectors stay the same."""
    graph = model.graph
    constants = {constant.name: constant for constant in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    convolutions = {node.input[0]: node for node in graph.node if node.op_type == "Conv"}
    fused = []
    for pad in graph.node:
        convolution = convolutions.get(pad.output[0])
        if pad.op_type != "Pad" or convolution is None or uses[pad.output[0]] != 1:
            continue
        sides = _spatial_zeros(pad, constants)
        if sides is None or not _add_pads(convolution, sides):
            continue
        convolution.input[0] = pad.input[0]
        fused.append(pad)
    for pad in fused:
        graph.node.remove(pad)
    used = {name for node in graph.node for name in node.input}
    for name, constant in constants.items():
        if name not in used:
            graph.initializer.remove(constant)
    return len(fused)


def _spatial_zeros(pad: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> list[int] | None:
    """What it adds before height and width, then after; None unless it adds zeros, and only there."""
    mode = next((a.s for a in pad.attribute if a.name == "mode"), b"constant")
    value = next(iter(pad.input[2:3]), "")
    is_zero = not value or (value in constants and not numpy_helper.to_array(constants[value]).any())
    amounts = constants.get(pad.input[1])
    if mode != b"constant" or not is_zero or amounts is None or len(pad.input) > 3:
        return None
    sides = [int(n) for n in numpy_helper.to_array(amounts)]
    if len(sides) != 8 or any(sides[n] for n in (0, 1, 4, 5)) or min(sides) < 0:
        return None
    return [sides[2], sides[3], sides[6], sides[7]]


def _add_pads(convolution: onnx.NodeProto, sides: list[int]) -> bool:
    attributes = {attribute.name: attribute for attribute in convolution.attribute}
    before = list(attributes["pads"].ints) if "pads" in attributes else [0, 0, 0, 0]
    # VALID, which the exporter's folding writes for none, is what keeps ONNX Runtime from doing this itself.
    if len(before) != 4 or (
        "auto_pad" in attributes and attributes["auto_pad"].s not in (b"VALID", b"NOTSET")
    ):
        return False
    for name in ("pads", "auto_pad"):
        if name in attributes:
            convolution.attribute.remove(attributes[name])
    total = [old + new for old, new in zip(before, sides, strict=True)]
    convolution.attribute.append(helper.make_attribute("pads", total))
    return True
