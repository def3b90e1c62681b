"""catalog/encoders/fold_shapes.py: what only computes known shapes goes, and the answers stay."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from catalog.encoders.fold_shapes import fold_shapes


def model_of(nodes: list[onnx.NodeProto], constants: dict[str, list[int]]) -> onnx.ModelProto:
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "tokens", 6]) for name in ("x", "y")
    ]
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tower", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def heads_and_back() -> onnx.ModelProto:
    """Split into 2 heads and joined, by shapes that are computed, as PyTorch exports it."""
    return model_of(
        [
            helper.make_node("Shape", ["x"], ["shape"]),
            helper.make_node("Slice", ["shape", "zero", "two"], ["rows"]),
            helper.make_node("Concat", ["rows", "heads"], ["split"], axis=0),
            helper.make_node("Reshape", ["x", "split"], ["in heads"]),
            helper.make_node("Relu", ["in heads"], ["positive"]),
            helper.make_node("Concat", ["rows", "rest"], ["joined"], axis=0),
            helper.make_node("Reshape", ["positive", "joined"], ["y"]),
        ],
        {"zero": [0], "two": [2], "heads": [2, 3], "rest": [6]},
    )


def answer(model: onnx.ModelProto, rows: np.ndarray) -> np.ndarray:
    return np.asarray(onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": rows})[0])


def test_reshapes_are_to_constants_and_what_computed_them_is_gone() -> None:
    model, rows = heads_and_back(), np.random.default_rng(1).normal(size=(3, 5, 6)).astype(np.float32)
    before = answer(model, rows)
    fold_shapes(model)
    assert [node.op_type for node in model.graph.node] == ["Reshape", "Relu", "Reshape"]
    assert np.array_equal(answer(model, rows), before)


def test_reshapes_that_undo_each_other_go() -> None:
    model = heads_and_back()
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    model.graph.node[-1].input[0] = "in heads"
    model.graph.node.remove(relu)
    model.graph.node.append(helper.make_node("Relu", ["joined back"], ["y"]))
    model.graph.node[-2].output[0] = "joined back"
    fold_shapes(model)
    assert [(node.op_type, list(node.input)) for node in model.graph.node] == [("Relu", ["x"])]
