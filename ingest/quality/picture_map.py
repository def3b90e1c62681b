"""A map of the catalogue: what looks alike lies together, each category in a colour."""

import io
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.encoder import Vectors
from ingest.quality.embedded import Embedded

# More dots lie on top of each other, and take t-SNE longer.
MOST_PICTURES = 2_000
# With fewer there are no neighbourhoods to lay out.
_LEAST_PICTURES = 12
_PERPLEXITY = 30
_STEPS = 500
_SIDE_INCHES, _DOTS_PER_INCH = 7.0, 130
# Told apart by most eyes on white and on black: Okabe and Ito's palette without its black, and three more.
COLOURS = (
    "#e69f00", "#56b4e9", "#009e73", "#d9c81f", "#0072b2",
    "#d55e00", "#cc79a7", "#8c6d46", "#7f5fd0", "#5f8f2f",
)  # fmt: skip
GREY = "#8a8a8a"


@dataclass(frozen=True)
class Map:
    """`png`: dots on nothing, for any background. `legend`: category, colour and pictures of it."""

    png: bytes
    legend: list[tuple[str, str, int]]
    shown: int


def draw_map(embedded: Embedded, seed: int) -> Map | None:
    """The same for the same pictures and seed; None for so few that a map says nothing."""
    count = len(embedded.shots)
    if count < _LEAST_PICTURES:
        return None
    chosen = np.arange(count)
    if count > MOST_PICTURES:
        chosen = np.sort(np.random.default_rng(seed).choice(count, MOST_PICTURES, replace=False))
    categories = [embedded.shots[place].category for place in chosen]
    sizes = Counter(categories).most_common()
    colours = {category: colour for (category, _), colour in zip(sizes, COLOURS, strict=False)}
    places = lay_out(embedded.vectors[chosen], seed)
    png = _drawn(places, [colours.get(category, GREY) for category in categories])
    legend = [(category, colours[category], size) for category, size in sizes[: len(COLOURS)]]
    if rest := sizes[len(COLOURS) :]:
        legend.append((f"{len(rest)} further categories", GREY, sum(size for _, size in rest)))
    return Map(png, legend, len(chosen))


def lay_out(vectors: Vectors, seed: int) -> NDArray[np.float32]:
    """A place for each vector, float32 `(n, 2)`, by t-SNE from where their principal components have them."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    # It begins at the principal components, whose variance is zero where all pictures are one.
    if not np.ptp(vectors, axis=0).any():
        return np.zeros((len(vectors), 2), np.float32)
    # In one thread: several wait for each other at each of hundreds of steps, which on a busy machine takes
    # ten times as long, and they add up in another order.
    with threadpool_limits(1):
        layout = TSNE(perplexity=perplexity, init="pca", max_iter=_STEPS, random_state=seed).fit_transform(
            vectors
        )
    return np.asarray(layout, dtype=np.float32)


def _drawn(places: NDArray[np.float32], colours: list[str]) -> bytes:
    # The figure without pyplot, which would keep it and look for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIDE_INCHES, _SIDE_INCHES), dpi=_DOTS_PER_INCH)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    # The rarest on top, so that the many do not cover them.
    often = Counter(colours)
    order = sorted(range(len(colours)), key=lambda place: (-often[colours[place]], place))
    area = max(8.0, min(60.0, 30_000 / len(colours)))
    axes.scatter(
        places[order, 0], places[order, 1], s=area, c=[colours[place] for place in order],
        alpha=0.8, linewidths=0,
    )  # fmt: skip
    stream = io.BytesIO()
    figure.savefig(stream, format="png", transparent=True, metadata={"Software": None})
    return stream.getvalue()
