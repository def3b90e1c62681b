"""The same vectors from ONNX Runtime and from PyTorch: of drawn pictures, real photos, a shop's texts."""

import os
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.settings import Settings
from ingest.sample.catalogue import picture, products
from tests.clip_models import save_clip
from tests.pictures import encoded

LEAST_COSINE = 0.9999
PHOTOS = os.environ.get("VITRINE_TEST_FOLDER", "")


@pytest.fixture(scope="module")
def runtimes() -> tuple[Encoder, Encoder]:
    """The bundled model in ONNX Runtime and in PyTorch."""
    return opened("onnx"), opened("torch")


def opened(runtime: str, **fields: object) -> Encoder:
    return open_encoder(Settings(_env_file=None, encoder_runtime=runtime, **fields))


def cosines(one: Vectors, other: Vectors) -> Vectors:
    assert one.shape == other.shape
    return np.asarray((one * other).sum(axis=1))


def as_ingested(content: bytes, encoder: Encoder) -> Image.Image:
    return decode_image(content, ImageLimits(), encoder.useful_side_px)


def shop_texts(count: int) -> list[str]:
    """What a shop holds and what its customers type: titles, descriptions, parts of titles, odd spellings."""
    texts: dict[str, None] = {}
    for product in products():
        piece = re.sub(r"^\S+ |,.*", "", product.title)
        texts |= dict.fromkeys(
            (product.title, piece, f"{product.colour} {piece}".upper(), product.description)
        )
    return list(texts)[:: len(texts) // count][:count]


def drawn_pictures(count: int) -> list[bytes]:
    """Pictures of the sample shop, of every kind of garment, as JPEG."""
    every = products()[:: max(1, len(products()) // count)]
    return [encoded(picture(product, 0), quality=90) for product in islice(every, count)]


def test_drawn_pictures_have_the_same_vectors(runtimes: tuple[Encoder, Encoder]) -> None:
    onnx, torch = runtimes
    pictures = [as_ingested(content, onnx) for content in drawn_pictures(12)]
    assert cosines(onnx.encode_images(pictures), torch.encode_images(pictures)).min() >= LEAST_COSINE


def test_two_hundred_texts_have_the_same_vectors(runtimes: tuple[Encoder, Encoder]) -> None:
    onnx, torch = runtimes
    texts = shop_texts(200)
    assert len(set(texts)) == 200
    assert cosines(onnx.encode_texts(texts), torch.encode_texts(texts)).min() >= LEAST_COSINE


@pytest.mark.skipif(not PHOTOS, reason="needs a folder of photos, named by VITRINE_TEST_FOLDER")
def test_photos_have_the_same_vectors(runtimes: tuple[Encoder, Encoder]) -> None:
    onnx, torch = runtimes
    files = sorted(
        path for path in Path(PHOTOS).rglob("*") if path.suffix in (".jpg", ".jpeg", ".png", ".webp")
    )
    assert files, f"VITRINE_TEST_FOLDER: {PHOTOS} holds no pictures"
    photos = [as_ingested(path.read_bytes(), onnx) for path in files[:: max(1, len(files) // 100)][:100]]
    assert cosines(onnx.encode_images(photos), torch.encode_images(photos)).min() >= LEAST_COSINE


@pytest.mark.parametrize(
    "layers", [1, pytest.param(12, marks=pytest.mark.long)], ids=["one layer", "true depth"]
)
def test_vit_b32_of_true_widths_has_the_same_vectors(tmp_path: Path, layers: int) -> None:
    depth = {"num_hidden_layers": layers}
    model = save_clip(tmp_path / "vit-b32", text=depth, vision=depth)
    one = {"clip_model": str(model), "encoder_cache_dir": tmp_path / "cache"}
    onnx, torch = opened("onnx", **one), opened("torch", **one)
    assert (type(onnx).__name__, onnx.dimension) == ("OnnxEncoder", 512)
    pictures = [as_ingested(content, onnx) for content in drawn_pictures(8)]
    assert cosines(onnx.encode_images(pictures), torch.encode_images(pictures)).min() >= LEAST_COSINE
    texts = shop_texts(40)
    assert cosines(onnx.encode_texts(texts), torch.encode_texts(texts)).min() >= LEAST_COSINE
