"""What a search is for, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from catalog.encoder import Vectors
from catalog.points import Payload

Mode = Literal["vector", "keyword", "hybrid"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


@dataclass(frozen=True)
class Likes:
    """The ids of points whose pictures are liked, and of those that are not."""

    liked: tuple[str, ...]
    disliked: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """A text to look for in titles, brands and categories, and its share in the whole query, -1 to 1; below 0
    it should not stand there."""

    text: str
    share: float = 1.0


@dataclass(frozen=True)
class Wanted:
    """What to look for. `seen`: a unit vector `(dimension,)`, or likes; None looks for `words` alone."""

    seen: Vectors | Likes | None
    words: tuple[Words, ...] = ()

    @property
    def text(self) -> str:
        """The words that are looked for."""
        return " ".join(words.text for words in self.words if words.share > 0)


def wanted_in(mode: Mode, words: tuple[Words, ...], seen: Callable[[], Vectors]) -> Wanted:
    """What a query of these words looks for in this mode; `seen` is called where its vector is needed."""
    if mode == "keyword":
        return Wanted(None, tuple(each for each in words if each.share > 0))
    return Wanted(seen(), () if mode == "vector" else words)


@dataclass(frozen=True)
class Ranked:
    """An item found. `score` orders one answer; `cosine` is that of the picture `point_id`, where known."""

    point_id: str
    item_id: str
    score: float
    cosine: float | None
    payload: Payload | None = None


def in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Best first, equals by id: the engine's own order of them depends on how many it is asked for."""
    return sorted(ranked, key=lambda entry: (-entry.score, entry.item_id))
