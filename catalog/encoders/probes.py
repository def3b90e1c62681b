"""Pictures and texts on which two runtimes must agree before one may stand in for the other."""

import numpy as np
from PIL import Image

# Of every kind that a tokenizer may treat in a way of its own: none, short, cut off, spaced, not ASCII.
TEXTS = (
    "",
    "dress",
    "red floral dress with long sleeves",
    "  Women's   BLACK leather\tankle boots  ",
    "men's slim-fit shirt, 100% cotton; size M/L (2-pack) #42",
    "robe d'été à fleurs, façon années 50 — très légère",
    "赤いワンピース 花柄",
    "\N{DRESS} \N{HIGH-HEELED SHOE} party 🎉",
    "http://shop.example/red.jpg",
    "/etc/hostname",
    "<|endoftext|> a text that names a token",
    "long " * 200,
    " ".join(f"word{n}" for n in range(100)),
)

_SIZES = ((224, 224), (60, 80), (300, 400), (500, 333), (33, 200), (641, 97), (160, 160), (1, 1))


def pictures() -> list[Image.Image]:
    """Noise, gradients and edges in several shapes; the same ones every time."""
    random = np.random.default_rng(20240501)
    return [_picture(width, height, random) for width, height in _SIZES for _ in range(2)]


def _picture(width: int, height: int, random: np.random.Generator) -> Image.Image:
    """A garment-like patch of one colour on a gradient, with noise of a strength of its own."""
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    gradient = np.stack([across, down, 1 - across], axis=-1) * random.uniform(60, 255, 3)
    patch = (abs(across - 0.5) < 0.3) & (abs(down - 0.5) < 0.35)
    gradient[patch] = random.uniform(0, 255, 3)
    noise = random.normal(0, random.uniform(2, 40), (height, width, 3))
    return Image.fromarray(np.clip(gradient + noise, 0, 255).astype(np.uint8))
