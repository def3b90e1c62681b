"""What is indexed: totals, categories, the model, the collections and their schema."""

from dataclasses import dataclass

from catalog.counts import MAX_FACET_VALUES
from catalog.filters import AnyOf
from catalog.index import ItemIndex
from catalog.runs import Reindexing
from catalog.schema import PAYLOAD_INDEXES
from catalog.settings import Settings
from catalog.under_way import UnderWay, under_way
from catalog.version import Version
from service.searcher import current_searcher, last_searcher


@dataclass(frozen=True)
class Category:
    """`share`: of the largest category, in percent."""

    name: str
    items: int
    in_stock: int
    share: float
    share_in_stock: float


@dataclass(frozen=True)
class Totals:
    """Each picture is a point of its own. `unstated`: items whose stock nobody told."""

    version: str
    items: int
    pictures: int
    in_stock: int
    sold_out: int
    categories: list[Category]

    @property
    def unstated(self) -> int:
        return max(0, self.items - self.in_stock - self.sold_out)


@dataclass(frozen=True)
class Model:
    """What this process has loaded."""

    name: str
    fingerprint: str
    dimension: int
    runtime: str


@dataclass(frozen=True)
class Collections:
    """`reindex`: the one that is under way, or was until it was killed."""

    versions: list[Version]
    reindex: UnderWay[Reindexing] | None

    @property
    def live(self) -> Version | None:
        return next((one for one in self.versions if one.state == "live"), None)

    @property
    def building(self) -> Version | None:
        return next((one for one in self.versions if one.state == "building"), None)

    @property
    def built_percent(self) -> float:
        """How much of what the live collection has is in the one that is being built."""
        if self.live is None or self.building is None or not self.live.pictures:
            return 0.0
        return min(100.0, 100 * self.building.pictures / self.live.pictures)


@dataclass(frozen=True)
class Schema:
    """Payload indexes; `missing`: those that this release wants and an older one has not made."""

    indexes: list[str]
    missing: list[str]


def totals() -> Totals:
    """Raises CatalogError, as everything here that asks the store."""
    index = current_searcher().index
    stock = dict(index.facet("in_stock", {}, 2))
    return Totals(
        index.version(), index.count({}), index.count_pictures(), stock.get(True, 0), stock.get(False, 0),
        _categories(index),
    )  # fmt: skip


def _categories(index: ItemIndex) -> list[Category]:
    found = index.facet("category", {}, MAX_FACET_VALUES)
    in_stock = dict(index.facet("category", {"in_stock": AnyOf((True,))}, MAX_FACET_VALUES))
    most = max((count for _, count in found), default=0)
    return [
        Category(
            str(name), count, in_stock.get(name, 0), 100 * count / most, 100 * in_stock.get(name, 0) / most
        )
        for name, count in found
    ]


def model() -> Model:
    encoder = last_searcher().encoder
    return Model(encoder.name, encoder.fingerprint, encoder.dimension, encoder.runtime)


def collections(settings: Settings) -> Collections:
    versions = last_searcher().index.versions.all()
    order = ("live", "building", "kept", "unused")
    versions.sort(key=lambda version: (order.index(version.state), version.name))
    return Collections(versions, under_way(settings, Reindexing))


def schema() -> Schema:
    indexes = current_searcher().index.payload_indexes()
    return Schema(indexes, sorted(set(PAYLOAD_INDEXES) - set(indexes)))


def store() -> str:
    found = last_searcher().index.versions.store()
    return f"{found.engine} {found.text}"
