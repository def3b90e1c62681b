"""Model folders made on the spot: CLIP ViT-B/32 in its true shape, with random weights.

`python -m tests.clip_models FOLDER` makes a small one.
"""

import sys
from pathlib import Path
from typing import Any

from catalog.settings import BUNDLED_MODEL

# The tokens that the bundled model's tokenizer puts around a text.
_START, _END = 10182, 10183


def save_clip(folder: Path, **shape: Any) -> Path:
    """Save a CLIP with random weights as a sentence-transformers folder; `shape` changes its two halves.

    Without `shape` it is ViT-B/32: 151 million parameters, 600 MB. Its words are those of the bundled model.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizerFast

    torch.manual_seed(32)
    words = {"bos_token_id": _START, "eos_token_id": _END, "pad_token_id": _END}
    config = CLIPConfig(text_config={**words, **shape.get("text", {})}, vision_config=shape.get("vision", {}))
    side = config.vision_config.image_size
    tokenizer = CLIPTokenizerFast.from_pretrained(BUNDLED_MODEL, model_max_length=77)
    images = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    plain = folder.with_name(f"{folder.name}-plain")
    CLIPModel(config).eval().save_pretrained(plain)
    CLIPProcessor(images, tokenizer).save_pretrained(plain)
    SentenceTransformer(str(plain), device="cpu", local_files_only=True).save(str(folder))
    return folder


# A hundredth of it, for tests of anything but the shape itself.
SMALL = {
    "text": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
    "vision": {
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
        "image_size": 64, "patch_size": 16,
    },
}  # fmt: skip

if __name__ == "__main__":
    save_clip(Path(sys.argv[1]), **SMALL)
