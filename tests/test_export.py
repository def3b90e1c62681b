"""catalog/encoders/export.py: exports are made once, verified, rebuilt when damaged, and never half there."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from transformers import PreTrainedModel

from catalog.encoder import open_encoder
from catalog.encoders import probes
from catalog.encoders.export import exported
from catalog.encoders.export_child import export
from catalog.encoders.export_record import (
    IMAGE_TOWER,
    RECORD,
    TEXT_TOWER,
    TOKENIZER,
    ExportRecord,
    read_record,
)
from catalog.encoders.onnx_runtime import OnnxEncoder
from catalog.encoders.torch_runtime import SentenceTransformerEncoder
from catalog.errors import EncoderUnavailable
from catalog.model_files import fingerprint_of
from catalog.settings import Settings
from tests.clip_models import SMALL, save_clip
from tests.processes import run_program


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("models") / "small-clip", **SMALL)


@pytest.fixture(scope="module")
def made(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory that holds the model's export, made by two callers at once."""
    cache = tmp_path_factory.mktemp("cache")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: exported(model, cache), range(2))
    assert first == second is not None
    return cache


@pytest.fixture
def cache(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "cache"))


def settings_for(model: Path, cache: Path, **fields: Any) -> Settings:
    return Settings(_env_file=None, clip_model=str(model), encoder_cache_dir=cache, **fields)


def export_folders(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()]


def test_a_clip_folder_gives_the_same_vectors_in_both_runtimes(model: Path, made: Path) -> None:
    onnx = open_encoder(settings_for(model, made))
    torch = open_encoder(settings_for(model, made, encoder_runtime="torch"))
    assert isinstance(onnx, OnnxEncoder) and isinstance(torch, SentenceTransformerEncoder)
    assert (onnx.fingerprint, onnx.dimension, onnx.useful_side_px) == (
        torch.fingerprint, torch.dimension, torch.useful_side_px,
    )  # fmt: skip
    for one, other in (
        (onnx.encode_images(probes.pictures()), torch.encode_images(probes.pictures())),
        (onnx.encode_texts(probes.TEXTS), torch.encode_texts(probes.TEXTS)),
    ):
        assert (one * other).sum(axis=1).min() >= 0.9999


def test_attention_is_one_operator_and_shapes_are_constants(made: Path) -> None:
    (folder,) = export_folders(made)
    graphs = {
        name: onnx.load(folder / name, load_external_data=False).graph for name in (IMAGE_TOWER, TEXT_TOWER)
    }
    assert [value.name for value in graphs[TEXT_TOWER].input] == ["input_ids"], "no mask: no text is padded"
    for graph in graphs.values():
        operators = [node.op_type for node in graph.node]
        assert operators.count("MultiHeadAttention") == SMALL["text"]["num_hidden_layers"]
        assert "Softmax" not in operators
        assert operators.count("Shape") <= 2, "of the inputs, not of every layer"


def test_a_model_that_does_its_attention_itself_is_exported_as_it_is(
    model: Path, made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(model: object, name: str) -> None:
        raise ValueError("no attention of transformers")

    monkeypatch.setattr(PreTrainedModel, "set_attn_implementation", refused)
    export(model, tmp_path)
    operators = [
        node.op_type for node in onnx.load(tmp_path / TEXT_TOWER, load_external_data=False).graph.node
    ]
    assert "Softmax" in operators and "MultiHeadAttention" not in operators
    record = ExportRecord.model_validate_json((tmp_path / RECORD).read_bytes())
    assert record.cosine >= 0.9999
    assert record.text_inputs == ("input_ids", "attention_mask")


def test_an_export_is_made_once(model: Path, cache: Path) -> None:
    (folder,) = export_folders(cache)
    before = (folder / IMAGE_TOWER).stat().st_mtime_ns
    open_encoder(settings_for(model, cache)).encode_texts(["hat"])
    assert export_folders(cache) == [folder]
    assert (folder / IMAGE_TOWER).stat().st_mtime_ns == before


def damaged(cache: Path, damage: str) -> Path:
    """The export's folder, damaged."""
    (folder,) = export_folders(cache)
    if damage == "flipped":
        content = bytearray((folder / IMAGE_TOWER).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / IMAGE_TOWER).write_bytes(content)
    elif damage == "missing":
        (folder / TOKENIZER).unlink()
    else:
        record = json.loads((folder / RECORD).read_text())
        (folder / RECORD).write_text(json.dumps({**record, "cosine": 0.99}))
    return folder


@pytest.mark.parametrize("damage", ["flipped", "missing", "unverified"])
def test_a_damaged_export_is_none(model: Path, cache: Path, damage: str) -> None:
    fingerprint = fingerprint_of(model)
    assert read_record(*export_folders(cache), fingerprint)
    assert read_record(damaged(cache, damage), fingerprint) is None


def test_a_damaged_export_is_made_anew(model: Path, cache: Path) -> None:
    folder = damaged(cache, "flipped")
    left_over = cache / f"{folder.name}.killed.part"
    left_over.mkdir()
    vectors = open_encoder(settings_for(model, cache)).encode_texts(["hat"])
    assert np.linalg.norm(vectors) == pytest.approx(1)
    assert export_folders(cache) == [folder], "and what a killed export left is gone"


def test_a_model_that_cannot_be_exported_is_run_by_pytorch(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = Path(shutil.copytree(model, tmp_path / "odd"))
    config = json.loads((odd / "processor_config.json").read_text())
    config["image_processor"]["do_center_crop"] = False
    config["image_processor"]["size"] = {"shortest_edge": 64, "longest_edge": 128}
    (odd / "processor_config.json").write_text(json.dumps(config))
    for _ in range(2):
        encoder = open_encoder(settings_for(odd, tmp_path / "cache"))
        assert isinstance(encoder, SentenceTransformerEncoder)
    said = [line for line in caplog.messages if line.startswith("PyTorch runs odd")]
    assert len(said) == 2 and "longest_edge" in said[0]
    assert encoder.encode_texts(["hat"]).shape == (1, encoder.dimension)


def test_a_cache_that_cannot_be_written_is_a_clear_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EncoderUnavailable, match="^ENCODER_CACHE_DIR: "):
        open_encoder(settings_for(model, tmp_path / "file" / "cache"))


def test_the_command_says_where_the_export_is(model: Path, made: Path) -> None:
    done = run_program(
        "-m", "catalog", "export", environ={"CLIP_MODEL": str(model), "ENCODER_CACHE_DIR": str(made)}
    )
    assert done.returncode == 0, done.stderr
    assert "verified, least cosine 0.9999" in done.stdout or "verified, least cosine 1.0000" in done.stdout


def test_the_command_tells_a_wrong_setting_in_one_line() -> None:
    done = run_program("-m", "catalog", "export", environ={"CLIP_MODEL": "/nowhere"})
    assert (done.returncode, done.stderr) == (
        2,
        "Error: CLIP_MODEL: /nowhere holds no model (no modules.json or config.json).\n",
    )
