"""Readies queries for asking: what is right for each by the index, its picture, and what cannot be asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from catalog.errors import FieldUnknown, ImageError
from catalog.filters import Filter
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.points import PRIMARY
from catalog.settings import Settings
from ingest.feeds.rows import Problem
from ingest.fetch.fetcher import Fetcher, open_fetcher
from ingest.fetch.get import Download
from ingest.fetch.locations import is_address
from ingest.pictures import read_picture
from ingest.quality.queries import Query, QueryInvalid
from ingest.quality.wishes import Wishes

MIXED = "several categories"
_IDS_AT_ONCE = 256

Picture = Callable[[], bytes]


@dataclass(frozen=True)
class Asked:
    """A query that can be asked. `picture` reads its bytes, None for a text. `relevant`: ids in the index."""

    place: str
    query: Query
    picture: Picture | None
    relevant: frozenset[str]
    category: str


@dataclass
class Readied:
    asked: list[Asked] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Pictures:
    """Finds the pictures of queries, relative to `folder` or by address, and looks whether they decode."""

    folder: Path
    limits: ImageLimits
    fetcher: Fetcher

    def find(self, source: str) -> Picture:
        """Raises an ImageError."""
        if is_address(source):
            content = self.fetcher.submit(source, None, _content).result()
            read: Picture = lambda: content  # noqa: E731 - a name for what is remembered
        else:
            read = partial(read_picture, self.folder, source, self.limits.bytes)
        decode_image(read(), self.limits)
        return read


def _content(download: Download | None) -> bytes:
    return download.content if download else b""  # None is said only of what was fetched before


@contextmanager
def finding_pictures(folder: Path, settings: Settings) -> Iterator[Pictures]:
    limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
    with ThreadPoolExecutor(2, thread_name_prefix="query") as pool, open_fetcher(settings, pool) as fetcher:
        yield Pictures(folder, limits, fetcher)


class Truth:
    """What the index says of the items that queries name; each filter is asked for once."""

    def __init__(self, index: ItemIndex) -> None:
        self._index = index
        self._passing: dict[str, frozenset[str]] = {}

    def passing(self, wishes: Wishes) -> frozenset[str]:
        """The ids of the items that have all of it. Raises FieldUnknown."""
        key = wishes.model_dump_json()
        if key not in self._passing:
            filter_: Filter = wishes.filter()
            self._passing[key] = frozenset(point.item_id for point in self._index.points(filter_))
        return self._passing[key]

    def categories(self, item_ids: Iterable[str]) -> dict[str, str]:
        """The category of each id that the index holds."""
        wanted = list(dict.fromkeys(item_ids))
        found: dict[str, str] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            for item_id, points in self._index.points_of(wanted[start : start + _IDS_AT_ONCE]).items():
                primary = next((point for point in points if point.payload[PRIMARY]), points[0])
                found[item_id] = str(primary.payload["category"])
        return found


def ready(lines: Sequence[tuple[str, Query] | Problem], truth: Truth, pictures: Pictures) -> Readied:
    """Queries that can be asked, and a Problem for each that cannot, or not as it stands."""
    readied = Readied()
    queries = [line for line in lines if not isinstance(line, Problem)]
    named = (id_ for _, query in queries if isinstance(query.relevant, list) for id_ in query.relevant)
    categories = truth.categories(named)
    for line in lines:
        if isinstance(line, Problem):
            readied.problems.append(replace(line, raw=None))
            continue
        place, query = line
        try:
            relevant = _relevant(place, query, truth, categories, readied.problems)
            picture = pictures.find(query.image) if query.image is not None else None
            category = query.category or _category(query, relevant, categories)
            readied.asked.append(Asked(place, query, picture, relevant, category))
        except (QueryInvalid, ImageError) as error:
            named_field = "image: " if isinstance(error, ImageError) else ""
            readied.problems.append(Problem(place, error.code, f"{named_field}{error}"))
    return readied


def _relevant(
    place: str, query: Query, truth: Truth, categories: dict[str, str], problems: list[Problem]
) -> frozenset[str]:
    """Raises QueryInvalid if nothing in the index is right; ids that are not in it become problems."""
    if isinstance(query.relevant, list):
        missing = [id_ for id_ in query.relevant if id_ not in categories]
        right = frozenset(query.relevant).difference(missing, query.without)
        if missing and right:
            names = ", ".join(repr(id_) for id_ in missing)
            problems.append(Problem(place, QueryInvalid.code, f"relevant: not in the index: {names}"))
    else:
        try:
            right = truth.passing(query.relevant).difference(query.without)
        except FieldUnknown as error:
            raise QueryInvalid(f"relevant.{error}") from error
    if not right:
        raise QueryInvalid("relevant: nothing in the index is right for this query")
    return right


def _category(query: Query, relevant: frozenset[str], categories: dict[str, str]) -> str:
    if isinstance(query.relevant, Wishes):
        wished = query.relevant.category
        named = {wished} if isinstance(wished, str) else set(wished or ())
    else:
        named = {categories[id_] for id_ in relevant}
    return named.pop() if len(named) == 1 else MIXED
