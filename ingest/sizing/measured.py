"""What was measured, each with its machine and its program, and read where it was not measured."""

from dataclasses import dataclass

_ZEN4 = "2 busy cores of an AMD EPYC (Zen 4)"
_H100 = "one H100 with 16 CPU cores"
_SIZE = "`python -m bench.vectorstore size`: 500,000 points of 256 dimensions"
_QDRANT = "Qdrant's documentation, capacity planning"


@dataclass(frozen=True)
class Measured:
    """`value` in `unit`; `source`: the machine and the program, or where it was read."""

    name: str
    value: float
    unit: str
    source: str


# Of what bench.vectorstore prints: memory of its own 450 MB, page cache 743 MB, disk 1,144 MB. Less the
# vectors, which are reckoned by their dimension: 128 MB in int8, in memory and on disk; 512 MB in float32.
POINTS, DIMENSION, MEASURED_M = 500_000, 256, 16
OWN = Measured(
    "memory beside the int8 vectors", (450e6 - POINTS * DIMENSION) / POINTS, "bytes a picture",
    f"{_SIZE}, {_ZEN4}: 450 MB less 128 MB",
)  # fmt: skip
CACHED = Measured(
    "page cache beside the float32 vectors", (743e6 - 4 * POINTS * DIMENSION) / POINTS, "bytes a picture",
    f"{_SIZE}, {_ZEN4}: 743 MB less 512 MB",
)  # fmt: skip
ON_DISK = Measured(
    "disk beside both kinds of vectors", (1_144e6 - 5 * POINTS * DIMENSION) / POINTS, "bytes a picture",
    f"{_SIZE}, {_ZEN4}: 1,144 MB less 640 MB; titles of 20 letters, no descriptions",
)  # fmt: skip
HEADROOM = Measured("room for optimising", 1.5, "times", f"{_QDRANT}: vectors * dimension * 4 bytes * 1.5")
COMPACT_CORE = Measured(
    "models/compact on a CPU core", 83.6, "JPEGs of 1000x1500 a second",
    f"`python -m bench.encoder --threads 1`, {_ZEN4}: the lower of two runs",
)  # fmt: skip
VIT_B32_CORE = Measured(
    "ViT-B/32 on a CPU core", 12.9, "JPEGs of 1000x1500 a second",
    f"`python -m bench.encoder --threads 1`, {_ZEN4}: the lower of two runs",
)  # fmt: skip
VIT_B32_GPU = Measured(
    "ViT-B/32 on a GPU, of decoded pictures", 22_700, "a second",
    f"{_H100}, float16, batches of 256, by a program outside this repository; the one here is"
    " `python -m bench.encoder --device cuda`",
)  # fmt: skip
DECODING = Measured(
    "decoding beside that GPU", 857, "JPEGs of 1000x1500 a second",
    f"{_H100}, Pillow with draft, all 16 cores, by the same program",
)  # fmt: skip

ALL = (OWN, CACHED, ON_DISK, HEADROOM, COMPACT_CORE, VIT_B32_CORE, VIT_B32_GPU, DECODING)
