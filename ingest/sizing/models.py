"""What is known of a model without loading it: its dimension, and how fast it embeds."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalog.errors import SettingInvalid
from catalog.settings import BUNDLED_MODEL
from ingest.sizing.measured import COMPACT_CORE, VIT_B32_CORE, VIT_B32_GPU


@dataclass(frozen=True)
class Model:
    """`core_rate` and `gpu_rate`: pictures a second on one CPU core, JPEGs with their decoding, and on a GPU,
    decoded ones. None: nobody has measured it."""

    name: str
    dimension: int
    core_rate: float | None = None
    gpu_rate: float | None = None

    def measured(self, core_rate: float | None, gpu_rate: float | None) -> "Model":
        """With rates that somebody has measured, as far as they are given."""
        return replace(self, core_rate=core_rate or self.core_rate, gpu_rate=gpu_rate or self.gpu_rate)


KNOWN = {
    "compact": Model("compact", 256, COMPACT_CORE.value),
    "clip-ViT-B-32": Model("clip-ViT-B-32", 512, VIT_B32_CORE.value, VIT_B32_GPU.value),
    "clip-ViT-B-16": Model("clip-ViT-B-16", 512),
    "clip-ViT-L-14": Model("clip-ViT-L-14", 768),
}
# Where a folder says how long its vectors are: CLIP itself, and the older layout of sentence-transformers.
_CONFIGS = ("config.json", "0_CLIPModel/config.json")


def model_called(name: str) -> Model:
    """A known name, or a folder, which is looked at; nothing is downloaded. Raises SettingInvalid."""
    known = KNOWN.get(name.removeprefix("sentence-transformers/"))
    if known is not None:
        return known
    folder = Path(name).expanduser()
    if folder.resolve() == BUNDLED_MODEL:
        return KNOWN["compact"]
    for config in _CONFIGS:
        dimension = _dimension_in(folder / config)
        if dimension is not None:
            return Model(folder.resolve().name, dimension)
    names = ", ".join(KNOWN)
    raise SettingInvalid(f"--model: {name!r} is neither a folder that says its dimension nor one of {names}.")


def _dimension_in(path: Path) -> int | None:
    try:
        config: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    dimension = config.get("projection_dim") if isinstance(config, dict) else None
    return dimension if isinstance(dimension, int) and dimension > 0 else None
