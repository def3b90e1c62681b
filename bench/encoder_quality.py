"""What each way of preparing and running costs in quality: `python -m bench.encoder_quality FOLDER`.

FOLDER holds products.csv with the columns title and image, and the pictures. A title is asked for, and its
own picture should be among the first ten: recall@10. Three ways are compared: plain sentence-transformers,
Vitrine's decoding and ONNX Runtime, and the same with both towers quantised to int8.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image
from sentence_transformers import SentenceTransformer

from bench.machine import machine
from catalog.encoder import Encoder, Vectors
from catalog.encoders.export import exported
from catalog.encoders.export_record import IMAGE_TOWER, TEXT_TOWER
from catalog.encoders.onnx_runtime import Export, OnnxEncoder
from catalog.errors import EncoderUnavailable
from catalog.images import ImageLimits, decode_image
from catalog.model_files import find_model_folder
from catalog.settings import BUNDLED_MODEL, Settings

_CALIBRATION = 256
_MOST_LOST = {"fast": 0.003, "int8": 0.005}
# Convolutions that lose too much: depthwise ones, the first, and those of squeeze-and-excite. With the other
# operators quantised too, the quantiser's default, every vector of the bundled model comes out as zeros.
_SENSITIVE = ("depthwise", "/embeddings/", "squeeze_excite")


class _Pictures(CalibrationDataReader):
    """Shows the quantiser pictures, eight at a time."""

    def __init__(self, export: Export, pictures: Sequence[Image.Image]) -> None:
        record = export.record
        batches = [pictures[start : start + 8] for start in range(0, len(pictures), 8)]
        self._inputs = iter([{record.image_input: record.image_plan.prepare(batch)} for batch in batches])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._inputs, None)


def recall_at_10(texts: Vectors, pictures: Vectors) -> float:
    similarity = texts @ pictures.T
    better = (similarity > similarity.diagonal()[:, None]).sum(axis=1)
    return float((better < 10).mean())


def quantised(
    model: Path, export: Export, folder: Path, towers: Sequence[str], pictures: Sequence[Image.Image]
) -> Encoder:
    """The export with int8 `towers`: the image tower static, by `pictures`; the text tower dynamic."""
    copytree(export.folder, folder)
    for tower in towers:
        source, target = folder / f"whole-{tower}", folder / tower
        onnx.save(onnx.load(folder / tower), source)
        quant_pre_process(source, source, skip_symbolic_shape=True)
        if tower == TEXT_TOWER:
            quantize_dynamic(source, target, per_channel=True)
        else:
            names = [node.name for node in onnx.load(source).graph.node if node.op_type == "Conv"]
            quantize_static(
                source, target, _Pictures(export, pictures), quant_format=QuantFormat.QDQ, per_channel=True,
                op_types_to_quantize=["Conv"], activation_type=QuantType.QUInt8,
                nodes_to_exclude=[name for name in names if any(part in name for part in _SENSITIVE)],
            )  # fmt: skip
    return OnnxEncoder(model, Export(folder, export.record), 0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=str(BUNDLED_MODEL))
    options = parser.parse_args()
    model = find_model_folder(options.model)
    export = exported(model, Settings(_env_file=None).encoder_cache_dir)
    assert export is not None
    with (options.folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    titles = [row["title"] for row in rows]
    contents = [(options.folder / row["image"]).read_bytes() for row in rows]
    fast = OnnxEncoder(model, export, 0, 1)
    decoded = [decode_image(content, ImageLimits(), fast.useful_side_px) for content in contents]
    print(f"{machine()}\n{len(rows)} products of {options.folder.name}", flush=True)
    torch.set_num_threads(1)  # more only spin on a machine that others use too
    stock = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    undecoded = [Image.open(options.folder / row["image"]).convert("RGB") for row in rows]
    plain = [
        stock.encode(part, normalize_embeddings=True) for part in ([{"text": t} for t in titles], undecoded)
    ]
    print(f"stock     recall@10 {recall_at_10(*plain):.4f}", flush=True)
    print_lost("fast", fast, titles, decoded, plain)
    every = max(1, len(decoded) // _CALIBRATION)
    with tempfile.TemporaryDirectory() as name:
        for label, towers in (("int8 text", [TEXT_TOWER]), ("int8 both", [TEXT_TOWER, IMAGE_TOWER])):
            small = quantised(model, export, Path(name) / label, towers, decoded[::every])
            print_lost(label, small, titles, decoded, plain)


def print_lost(
    label: str, encoder: Encoder, titles: list[str], pictures: list[Image.Image], plain: list[Vectors]
) -> None:
    """How much recall `encoder` loses against the vectors of plain sentence-transformers."""
    most = _MOST_LOST[label.split()[0]]
    try:
        texts = encoder.encode_texts(titles)
        started = time.process_time()
        pair = texts, encoder.encode_images(pictures)
        spent = time.process_time() - started
    except EncoderUnavailable as error:
        print(f"{label:<9} cannot be used: {error}", flush=True)
        return
    lost = recall_at_10(*plain) - recall_at_10(*pair)
    cosine = min(float((a * b).sum(axis=1).min()) for a, b in zip(pair, plain, strict=True))
    print(
        f"{label:<9} recall@10 {recall_at_10(*pair):.4f}  lost {lost:+.4f} of at most {most} "
        f"{'ok' if lost <= most else 'MISSED'}; least cosine with stock {cosine:.5f}; "
        f"{spent / len(pictures) * 1000:.2f} ms of CPU a decoded picture", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
