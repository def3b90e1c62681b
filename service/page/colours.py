"""What the names of a shop's colours look like: hex values to paint swatches with."""

import re
from functools import lru_cache
from typing import Final

from PIL import ImageColor

# What fashion calls colours that CSS does not know, or paints otherwise than cloth is dyed.
_OF_FASHION: Final = {
    "anthracite": "#383b40", "apricot": "#f6b98a", "aubergine": "#4a2545", "beige": "#dbc7a8",
    "black": "#1c1c1f", "blue": "#2456be", "blush": "#e9c3bd", "bordeaux": "#5e1528", "brick": "#a5452f",
    "bronze": "#8f6a3c", "brown": "#70492e", "burgundy": "#70162a", "camel": "#bd935c",
    "caramel": "#b0713a", "champagne": "#eedfc4", "charcoal": "#3a3d42", "cherry": "#a3122f",
    "cobalt": "#0f47af", "coffee": "#55392b", "cognac": "#9a4f28", "copper": "#b56b43",
    "cream": "#f7efdc", "denim": "#4a6a93", "ecru": "#ece2cb", "emerald": "#0f7a52", "forest": "#22492f",
    "fuchsia": "#d6268a", "gold": "#c9a24a", "gray": "#8f9195", "green": "#2a8248", "grey": "#8f9195",
    "jade": "#2f9a7c", "lavender": "#beaae1", "lemon": "#f7e463", "light blue": "#98c4eb",
    "lilac": "#c7aede", "magenta": "#c01f7c", "maroon": "#6e1423", "mauve": "#a8839e", "mint": "#a6e0c8",
    "mushroom": "#b5a596", "mustard": "#d3a029", "navy": "#1c2452", "nude": "#e3c3aa",
    "off white": "#f6f2e8", "olive": "#6d6b34", "orange": "#ec7a2a", "peach": "#f8c0a0",
    "petrol": "#0d5560", "pink": "#f092b2", "plum": "#66294f", "powder": "#ecd0cd", "purple": "#6e3296",
    "red": "#c6202c", "rose": "#dd8a97", "rust": "#a6481f", "sage": "#9fae8f", "sand": "#d9c6a0",
    "sapphire": "#123f8c", "skin": "#e3c3aa", "steel": "#6f7a83", "stone": "#b9b2a3", "taupe": "#8b7b6d",
    "teal": "#047880", "terracotta": "#c2633f", "turquoise": "#42ccce", "white": "#fbfaf7",
    "wine": "#641c34", "yellow": "#f6ce3e",
}  # fmt: skip
_BETWEEN: Final = re.compile(r"\s*(?:[/|,+&]|\band\b)\s*")
_MOST_PARTS: Final = 4


@lru_cache(maxsize=4096)
def painted(name: str) -> tuple[str, ...]:
    """The colours of a name, several of "navy/white"; none where it tells none, as "multi" does."""
    parts = (_known(part) for part in _BETWEEN.split(name.strip().lower()))
    return tuple(colour for colour in parts if colour is not None)[:_MOST_PARTS]


def _known(name: str) -> str | None:
    """The longest run of the name's words that is a colour: "dusty light blue" is light blue.

    Of runs of one length the first: what stands before a colour tells which one, as in "navy blue".
    """
    words = name.replace("-", " ").split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            run = words[start : start + length]
            colour = _OF_FASHION.get(" ".join(run)) or ImageColor.colormap.get("".join(run))
            if isinstance(colour, str):
                return colour
    return None
