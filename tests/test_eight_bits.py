"""catalog/encoders/eight_bits.py: smaller and nearly the same where that is verified, else untouched."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from catalog.encoders.byte_rows import in_byte_rows
from catalog.encoders.eight_bits import Way, blocks_of, is_mostly_matrices, save, write_eight_bits
from catalog.encoders.export_record import weights_of

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


@pytest.fixture
def other(tower: Path) -> Path:
    return tower.with_name("other.onnx")


WAYS = pytest.mark.parametrize("way", [blocks_of(32), in_byte_rows], ids=["blocks", "rows"])


@WAYS
def test_matrices_become_smaller_and_vectors_stay(tower: Path, other: Path, way: Way) -> None:
    assert write_eight_bits(tower, other, way, lambda: True)
    cosines = (answer(other) * answer(tower)).sum(axis=1)
    assert 0.9998 <= cosines.min() < 1 - 1e-6, "nearly the same, yet not float32 any more"
    assert weights_of(other).stat().st_size < 0.3 * weights_of(tower).stat().st_size


@WAYS
def test_nothing_is_left_of_a_tower_whose_vectors_are_not_kept(tower: Path, other: Path, way: Way) -> None:
    before = {path.name: path.read_bytes() for path in tower.parent.iterdir()}
    assert not write_eight_bits(tower, other, way, lambda: False)
    assert {path.name: path.read_bytes() for path in tower.parent.iterdir()} == before


@WAYS
def test_the_last_matrix_stays_whole_where_that_keeps_its_vectors(tower: Path, other: Path, way: Way) -> None:
    verdicts = iter([False, True])
    assert write_eight_bits(tower, other, way, lambda: next(verdicts))
    constants = {constant.name for constant in onnx.load(other).graph.initializer}
    assert "w1" in constants and "w0" not in constants
    assert 0.5 < weights_of(other).stat().st_size / weights_of(tower).stat().st_size < 0.7
    assert (answer(other) * answer(tower)).sum(axis=1).min() >= 0.9999


def test_rows_of_zeros_and_of_any_size_have_their_own_scale(tower: Path, other: Path) -> None:
    assert write_eight_bits(tower, other, in_byte_rows, lambda: True)
    rows = np.random.default_rng(3).normal(size=(4, SIDE)).astype(np.float32)
    rows *= np.asarray([0, 1e-6, 1, 1e6], dtype=np.float32)[:, None]
    ours, true = (onnxruntime.InferenceSession(one).run(None, {"x0": rows})[0] for one in (other, tower))
    assert not ours[0].any()
    cosines = (
        (ours * true).sum(axis=1)[1:] / np.linalg.norm(ours, axis=1)[1:] / np.linalg.norm(true, axis=1)[1:]
    )
    assert cosines.min() >= 0.9998


def test_sums_of_bytes_do_not_overflow(tmp_path: Path) -> None:
    """As they would with signed weights where a processor has no instructions for them."""
    full = _saved(
        tmp_path / "image.onnx", [helper.make_node("MatMul", ["x0", "w"], ["y"], "m")],
        {"w": np.ones((SIDE, 16), dtype=np.float32)},
    )  # fmt: skip
    assert write_eight_bits(full, tmp_path / "other.onnx", in_byte_rows, lambda: True)
    ones = np.ones((3, SIDE), dtype=np.float32)
    products = onnxruntime.InferenceSession(tmp_path / "other.onnx").run(None, {"x0": ones})[0]
    np.testing.assert_allclose(products, SIDE, rtol=1e-4)


def test_a_tower_of_matrices_is_worth_it(tower: Path) -> None:
    assert is_mostly_matrices(tower)


def test_a_tower_of_convolutions_is_not_worth_it(tmp_path: Path) -> None:
    kernels = {"w": np.ones((64, 3, 9, 9), dtype=np.float32)}
    tower = _saved(tmp_path / "image.onnx", [helper.make_node("Conv", ["x0", "w"], ["y"])], kernels)
    assert not is_mostly_matrices(tower)
