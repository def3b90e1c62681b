"""Takes out of a graph what only computes shapes that are known: for a short text, a tenth of the time."""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

# A number, or the name of one that only a call knows ("batch", "tokens").
Shape = list[int | str]


def fold_shapes(model: onnx.ModelProto) -> None:
    """Change `model` in place: its reshapes are to constants, or gone where they change nothing."""
    graph = model.graph
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        return  # graphs within the graph use its values, too
    shapes = _shapes(model)
    outputs = {output.name for output in graph.output}
    made_by = {output: node for node in graph.node for output in node.output}
    same: dict[str, str] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)
        if node.op_type != "Reshape":
            continue
        source = node.input[0]
        while source in made_by and made_by[source].op_type == "Reshape":  # only the last one counts
            source = made_by[source].input[0]
        before, after = shapes.get(source), shapes.get(node.output[0])
        if before is None or after is None:
            continue
        if before == after and node.output[0] not in outputs:
            same[node.output[0]] = source
        elif (target := _target(before, after)) is not None:
            node.input[:] = [source, _constant(graph, target)]
    _drop_unused(graph)


def _shapes(model: onnx.ModelProto) -> Mapping[str, Shape | None]:
    try:
        graph = SymbolicShapeInference.infer_shapes(model, auto_merge=True).graph
    except Exception:  # it raises no other; without shapes the graph stays as it is
        return {}
    return {value.name: _shape(value) for value in (*graph.input, *graph.value_info, *graph.output)}


def _shape(value: onnx.ValueInfoProto) -> Shape | None:
    dimensions = value.type.tensor_type.shape.dim
    shape: Shape = [one.dim_param or one.dim_value for one in dimensions]
    return shape if all(shape) else None  # 0: not known


def _target(before: Shape, after: Shape) -> list[int] | None:
    """What a Reshape takes: 0 for "as it was" at that place, one -1 for what is left."""
    target = [
        size if isinstance(size, int) else 0 if place < len(before) and before[place] == size else -1
        for place, size in enumerate(after)
    ]
    return target if target.count(-1) <= 1 else None


def _constant(graph: onnx.GraphProto, target: list[int]) -> str:
    name = f"shape {target}"
    if all(constant.name != name for constant in graph.initializer):
        graph.initializer.append(numpy_helper.from_array(np.asarray(target, dtype=np.int64), name))
    return name


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Nodes, constants and inputs that nothing is made of any more."""
    wanted = {output.name for output in graph.output}
    for node in reversed(graph.node):  # a node stands behind those that it needs
        if not wanted.isdisjoint(node.output):
            wanted.update(node.input)
    for node in [node for node in graph.node if wanted.isdisjoint(node.output)]:
        graph.node.remove(node)
    for whole in (graph.initializer, graph.input):
        for value in [value for value in whole if value.name not in wanted]:
            whole.remove(value)
