"""catalog/encoder.py and catalog/model_files.py, with the bundled model itself, in each runtime."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.encoder import Encoder, open_encoder
from catalog.errors import EncoderUnavailable, SettingInvalid
from catalog.model_files import find_model_folder, fingerprint_of, image_side_px, short_name
from catalog.settings import BUNDLED_MODEL, Settings
from tests.pictures import BLUE, RED, encoded, picture


@pytest.fixture(scope="module", params=["onnx", "torch"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return open_encoder(Settings(_env_file=None, encoder_runtime=request.param))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled model, to be changed."""
    return Path(shutil.copytree(BUNDLED_MODEL, tmp_path / "My Model_v2"))


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A real HTTP server that offers a picture, and the list of what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(encoded(picture(RED)))

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/red.jpg", asked
        server.shutdown()


def test_vectors_are_float32_and_of_unit_length(encoder: Encoder) -> None:
    for vectors in (encoder.encode_images([picture(RED), picture(BLUE)]), encoder.encode_texts(["a", "b"])):
        assert (vectors.dtype, vectors.shape) == (np.float32, (2, encoder.dimension))
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_nothing_gives_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_images([]).shape == (0, encoder.dimension)


def test_a_picture_has_the_same_vector_alone_and_in_a_batch(encoder: Encoder) -> None:
    pictures = [picture(RED), picture(BLUE, (300, 90)), picture(BLUE)]
    alone = np.concatenate([encoder.encode_images([one]) for one in pictures])
    assert np.abs(alone - encoder.encode_images(pictures)).max() < 1e-5


def test_words_find_the_picture_of_their_colour(encoder: Encoder) -> None:
    pictures = encoder.encode_images([picture(RED), picture(BLUE)])
    similarity = encoder.encode_texts(["red t-shirt", "blue t-shirt"]) @ pictures.T
    assert similarity.argmax(axis=1).tolist() == [0, 1]


def test_a_text_that_looks_like_an_address_is_never_fetched(
    encoder: Encoder, listener: tuple[str, list[str]]
) -> None:
    url, asked = listener
    text = encoder.encode_texts([url])[0]
    assert asked == []
    assert text @ encoder.encode_images([picture(RED)])[0] < 0.99


def test_a_text_that_names_a_file_is_never_opened(encoder: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    path.write_bytes(encoded(picture(RED), "PNG"))
    text = encoder.encode_texts([str(path)])[0]
    assert text @ encoder.encode_images([picture(RED)])[0] < 0.99


def test_the_model_is_loaded_by_the_first_call_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    encoder = open_encoder(Settings(_env_file=None))
    assert (encoder.name, len(encoder.fingerprint), encoder.useful_side_px) == ("compact", 64, 240)
    assert "encoder loaded" not in caplog.text
    encoder.encode_texts(["hat"])
    encoder.encode_texts(["coat"])
    assert caplog.text.count("encoder loaded: model=compact runtime=onnx") == 1


def test_the_fingerprint_follows_the_weights_and_not_the_model_card(folder: Path) -> None:
    before = fingerprint_of(folder)
    (folder / "README.md").write_text("changed")
    assert fingerprint_of(folder) == before == fingerprint_of(BUNDLED_MODEL)
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert fingerprint_of(folder) != before


def test_a_folder_elsewhere_is_a_model_too(folder: Path, encoder: Encoder) -> None:
    other = open_encoder(Settings(_env_file=None, clip_model=str(folder), encoder_runtime="torch"))
    assert (other.name, other.fingerprint) == ("my-model-v2", encoder.fingerprint)
    assert (other.encode_texts(["hat"]) * encoder.encode_texts(["hat"])).sum() >= 0.9999


def test_a_name_is_looked_up_in_the_cache_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The layout that the hub's client leaves after a download.
    repository = tmp_path / "models--sentence-transformers--clip-ViT-B-32"
    snapshot = repository / "snapshots" / "0123abc"
    shutil.copytree(BUNDLED_MODEL, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    found = find_model_folder("clip-ViT-B-32")
    assert found.resolve() == snapshot.resolve()
    assert short_name(found) == "clip-vit-b-32"


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "a/b/c", "no spaces allowed"])
def test_a_model_that_is_not_there_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(SettingInvalid, match="^CLIP_MODEL: "):
        find_model_folder(name)


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_damaged_weights_are_a_clear_error(folder: Path, tmp_path: Path, runtime: Any) -> None:
    (folder / "model.safetensors").write_bytes(b"not weights")
    settings = Settings(
        _env_file=None, clip_model=str(folder), encoder_runtime=runtime, encoder_cache_dir=tmp_path / "cache"
    )
    with pytest.raises(EncoderUnavailable, match="cannot be loaded"):
        open_encoder(settings).encode_texts(["hat"])
    assert not [path for path in tmp_path.glob("cache/*") if path.is_dir()], "nothing half done is left"


def test_texts_asked_again_are_remembered(encoder: Encoder) -> None:
    first = encoder.encode_texts(["green raincoat", "yellow raincoat"])
    before = encoder.text_cache
    again = encoder.encode_texts(["yellow raincoat", "a raincoat never asked for", "green raincoat"])
    assert (again[[2, 0]] == first).all()
    assert (encoder.text_cache.hits - before.hits, encoder.text_cache.misses - before.misses) == (2, 1)


@pytest.mark.parametrize(
    ("name", "config", "side"),
    [
        ("processor_config.json", {"image_processor": {"size": {"height": 160, "width": 160}}}, 160),
        ("preprocessor_config.json", {"size": {"shortest_edge": 224}}, 224),
        ("preprocessor_config.json", {"size": 336}, 336),
        ("other.json", {}, 224),
    ],
)
def test_the_input_size_is_read_from_the_processor(
    tmp_path: Path, name: str, config: dict[str, object], side: int
) -> None:
    (tmp_path / name).write_text(json.dumps(config))
    assert image_side_px(tmp_path) == side
