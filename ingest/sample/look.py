"""A look: one product's cloth, and the choices of cut that a garment function draws it by."""

import random
from dataclasses import dataclass

from ingest.sample.fabric import Cloth


@dataclass(frozen=True)
class Look:
    """One product's cloth and choices: what a garment function needs besides its sheet."""

    fabric: Cloth
    colour: str
    rng: random.Random
    sleeve: str = "short"  # none, strap, short, long
    length: str = "midi"  # mini, midi, maxi
    style: str = ""
