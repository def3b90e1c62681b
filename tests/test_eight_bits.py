"""catalog/encoders/eight_bits.py: smaller and nearly the same where that is verified, else untouched."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from catalog.encoders.eight_bits import in_eight_bits, save, weights_of

SIDE = 256


@pytest.fixture
def tower(tmp_path: Path) -> Path:
    """Two matrices of 256x256, one after the other."""
    random = np.random.default_rng(1)
    matrices = [random.normal(0, 0.06, (SIDE, SIDE)).astype(np.float32) for _ in range(2)]
    nodes = [helper.make_node("MatMul", [f"x{n}", f"w{n}"], [f"x{n + 1}"], f"m{n}") for n in range(2)]
    return _saved(tmp_path / "image.onnx", nodes, {f"w{n}": matrix for n, matrix in enumerate(matrices)})


def _saved(path: Path, nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> Path:
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x0", nodes[-1].output[0])
    ]
    weights = [numpy_helper.from_array(constant, name) for name, constant in constants.items()]
    graph = helper.make_graph(nodes, "tower", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, path)
    return path


def answer(tower: Path) -> np.ndarray:
    rows = np.random.default_rng(2).normal(size=(8, SIDE)).astype(np.float32)
    vectors = onnxruntime.InferenceSession(tower).run(None, {"x0": rows})[0]
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_matrices_become_smaller_and_vectors_stay(tower: Path) -> None:
    before, size = answer(tower), weights_of(tower).stat().st_size
    assert in_eight_bits(tower, lambda: True, 32)
    cosines = (answer(tower) * before).sum(axis=1)
    assert 0.9999 <= cosines.min() < 1 - 1e-6, "nearly the same, yet not float32 any more"
    assert weights_of(tower).stat().st_size < 0.3 * size
    assert {path.name for path in tower.parent.iterdir()} == {tower.name, weights_of(tower).name}


def test_a_tower_whose_vectors_are_not_kept_stays_as_it_was(tower: Path) -> None:
    before = {path.name: path.read_bytes() for path in tower.parent.iterdir()}
    assert not in_eight_bits(tower, lambda: False, 32)
    assert {path.name: path.read_bytes() for path in tower.parent.iterdir()} == before


def test_the_last_matrix_stays_whole_where_that_keeps_its_vectors(tower: Path) -> None:
    verdicts = iter([False, True])
    before, size = answer(tower), weights_of(tower).stat().st_size
    assert in_eight_bits(tower, lambda: next(verdicts), 16)
    constants = {constant.name for constant in onnx.load(tower).graph.initializer}
    assert "w1" in constants and "w0" not in constants
    assert 0.5 * size < weights_of(tower).stat().st_size < 0.7 * size
    assert (answer(tower) * before).sum(axis=1).min() >= 0.9999


def test_a_tower_that_fits_into_a_cache_is_left_alone(tower: Path) -> None:
    assert not in_eight_bits(tower, lambda: pytest.fail("nothing was replaced"), 32, at_least=2 * SIDE**2 + 1)


def test_a_tower_of_convolutions_is_left_alone(tmp_path: Path) -> None:
    kernels = {"w": np.ones((64, 3, 9, 9), dtype=np.float32)}
    tower = _saved(tmp_path / "image.onnx", [helper.make_node("Conv", ["x0", "w"], ["y"])], kernels)
    assert not in_eight_bits(tower, lambda: pytest.fail("nothing was replaced"), 32)
