"""Holds pictures out and finds for each the nearest of the rest, with nothing that gives it away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.near_duplicates import SAME_PICTURE
from ingest.quality.embedded import Embedded, Shot

NEIGHBOURS = 5

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Neighbour:
    shot: Shot
    cosine: float


@dataclass(frozen=True)
class Found:
    """A held-out picture and its nearest, best first, each of another item.

    `left_out`: pictures of other products that would have come before the last of them, were they not the
    same picture.
    """

    query: Shot
    nearest: list[Neighbour]
    left_out: int

    @property
    def precision(self) -> float:
        """The share of the five that are of the query's category; one that is not there is not."""
        return sum(one.shot.category == self.query.category for one in self.nearest) / NEIGHBOURS


def hold_out(count: int, share: float, seed: int) -> tuple[Places, Places]:
    """Which of `count` pictures are asked for, at least one, and which are looked through."""
    held = max(1, min(count - 1, round(count * share)))
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[:held]), np.sort(order[held:])


def nearest_of_rest(embedded: Embedded, held: Places, rest: Places) -> list[Found]:
    """For each held-out picture the five nearest items of the rest, by exact search.

    Never among them: a picture of the same product, and one that is the same picture, which is a file of the
    same bytes or a cosine of at least SAME_PICTURE.
    """
    products = embedded.codes(lambda shot: shot.product)
    items = embedded.codes(lambda shot: shot.item_id)
    files = embedded.codes(lambda shot: shot.sha256)
    gallery = embedded.vectors[rest]
    found = []
    for query in held:
        cosines = gallery @ embedded.vectors[query]
        is_own = products[rest] == products[query]
        is_same = (files[rest] == files[query]) | (cosines >= SAME_PICTURE)
        best = best_of_each_item(cosines, items[rest], ~is_own & ~is_same, NEIGHBOURS)
        least = cosines[best[-1]] if len(best) else -1.0
        nearest = [Neighbour(embedded.shots[rest[place]], float(cosines[place])) for place in best]
        left_out = int((is_same & ~is_own & (cosines >= least)).sum())
        found.append(Found(embedded.shots[query], nearest, left_out))
    return found


def best_of_each_item(
    cosines: NDArray[np.float32], items: Places, allowed: NDArray[np.bool_], most: int
) -> list[int]:
    """The places of the best picture of each of the `most` best items, among the pictures that are allowed.

    `items`: a number for each picture that it shares with those of the same item.
    """
    places = np.flatnonzero(allowed)
    best: dict[int, int] = {}
    for place in places[np.argsort(-cosines[places], kind="stable")]:
        best.setdefault(int(items[place]), int(place))
        if len(best) == most:
            break
    return list(best.values())


def worst_first(found: list[Found], by_category: bool) -> list[Found]:
    """By precision where there are categories, then by how near the nearest five are."""

    def badness(one: Found) -> tuple[float, float]:
        nearness = sum(neighbour.cosine for neighbour in one.nearest) / NEIGHBOURS
        return (one.precision if by_category else 0.0, nearness)

    return sorted(found, key=badness)
