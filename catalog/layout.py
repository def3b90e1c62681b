"""How a collection is laid out: what lies on disk, its graph, and how it is spread over a cluster."""

from dataclasses import dataclass, replace
from typing import Any

from qdrant_client import models

from catalog.points import IMAGE
from catalog.settings import Settings


@dataclass(frozen=True)
class Layout:
    """`vectors_on_disk`: the float32 originals are read from disk when they score what int8 has found, rather
    than kept in the page cache. `m` and `ef_construct`: of the graph of each shard. The rest is for clusters;
    `write_consistency`: how many replicas must have a write before it is acknowledged.
    """

    vectors_on_disk: bool
    m: int
    ef_construct: int
    shards: int = 1
    replication_factor: int = 1
    write_consistency: int = 1

    @property
    def is_spread(self) -> bool:
        return (self.shards, self.replication_factor, self.write_consistency) != (1, 1, 1)


# Up to a number of pictures. The first is what was measured, with 500,000 vectors of 256 dimensions:
# recall@10 0.999 (vectorstore/README.md). The others are judgement: a graph finds less the larger it is.
# `python -m ingest evaluate` measures the engine's recall of a real index.
_UP_TO = {
    1_000_000: Layout(False, 16, 128),
    10_000_000: Layout(True, 16, 200),
}
_BEYOND = Layout(True, 24, 256)


SMALL = _UP_TO[1_000_000]


def layout_for(pictures: int) -> Layout:
    """For that many pictures; 0 where nobody said how many."""
    return next((layout for most, layout in _UP_TO.items() if pictures <= most), _BEYOND)


def layout_of(settings: Settings) -> Layout:
    """For a new collection, as the settings ask for it."""
    return replace(
        layout_for(settings.expected_pictures),
        shards=settings.qdrant_shards,
        replication_factor=settings.qdrant_replication_factor,
        write_consistency=settings.qdrant_write_consistency,
    )


def laid_out(settings: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """The keyword arguments of `create_collection` with that layout."""
    vectors: models.VectorParams = settings["vectors_config"][IMAGE]
    on_disk = vectors.model_copy(update={"on_disk": True}) if layout.vectors_on_disk else vectors
    graph = models.HnswConfigDiff(m=layout.m, ef_construct=layout.ef_construct)
    return settings | {
        "vectors_config": {IMAGE: on_disk},
        "hnsw_config": graph,
        "shard_number": layout.shards,
        "replication_factor": layout.replication_factor,
        "write_consistency_factor": layout.write_consistency,
    }
