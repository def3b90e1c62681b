"""The colours of the sample catalogue: nineteen named dyes, the studio's backdrops, and how to mix them."""

from typing import Final

RGB = tuple[float, float, float]

COLOURS: Final[dict[str, RGB]] = {
    "black": (36, 36, 40),
    "white": (246, 245, 241),
    "grey": (143, 145, 149),
    "red": (198, 32, 44),
    "burgundy": (112, 22, 42),
    "pink": (240, 146, 178),
    "orange": (236, 122, 42),
    "yellow": (246, 206, 62),
    "green": (42, 130, 72),
    "mint": (166, 224, 200),
    "teal": (4, 120, 128),
    "turquoise": (66, 204, 206),
    "light blue": (152, 196, 235),
    "blue": (36, 86, 190),
    "navy": (28, 36, 82),
    "purple": (110, 52, 150),
    "lavender": (190, 170, 225),
    "beige": (219, 199, 168),
    "brown": (112, 73, 46),
}

BACKDROPS: Final[dict[str, RGB]] = {
    # Near white, as shops have them and as the pictures that CLIP models learnt from.
    "linen": (245, 242, 237),
    "chalk": (248, 247, 245),
    "sand": (241, 236, 228),
    "mist": (239, 242, 243),
    "blush": (247, 240, 236),
}

IVORY: Final[RGB] = (247, 243, 234)
SILVER: Final[RGB] = (196, 199, 203)
GOLD: Final[RGB] = (205, 168, 92)
TAN: Final[RGB] = (176, 121, 72)
INK: Final[RGB] = (34, 36, 52)


def luminance(colour: RGB) -> float:
    """Perceived lightness, 0 to 1 (Rec. 601 weights)."""
    red, green, blue = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`one`, with `share` (0 to 1) of `other` stirred in."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def darker(colour: RGB, share: float = 0.3) -> RGB:
    """Towards black."""
    return mix(colour, (0, 0, 0), share)


def lighter(colour: RGB, share: float = 0.3) -> RGB:
    """Towards white."""
    return mix(colour, (255, 255, 255), share)


def thread(colour: RGB) -> RGB:
    """A stitching thread that shows on `colour` without shouting."""
    return lighter(colour, 0.3) if luminance(colour) < 0.32 else darker(colour, 0.32)


def partner(colour: RGB) -> RGB:
    """The second colour of a pattern whose ground is `colour`."""
    return IVORY if luminance(colour) < 0.78 else INK
