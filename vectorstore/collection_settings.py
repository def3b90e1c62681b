"""What a collection is made of: from the client's CreateCollection to the engine's configuration."""

from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.engine import engine
from vectorstore.errors import BadRequest, NotAnswered
from vectorstore.vectors import UNNAMED, VectorSchema

# Measured on clustered 256-d vectors at 100k points (bench/vectorstore.py): recall@10 >= 0.99 with these.
HNSW = {"m": 16, "ef_construct": 128, "full_scan_threshold": 10_000, "max_indexing_threads": 0}
_DISTANCES = {distance: getattr(edge.Distance, distance.value) for distance in models.Distance}

_ONE_MACHINE = "this store is one machine: use a Qdrant server for a cluster"
_ONLY_DEFAULT: dict[str, tuple[set[Any], str]] = {
    "shard_number": ({1}, _ONE_MACHINE),
    "sharding_method": ({models.ShardingMethod.AUTO}, _ONE_MACHINE),
    "replication_factor": ({1}, _ONE_MACHINE),
    "write_consistency_factor": ({1}, _ONE_MACHINE),
    "strict_mode_config": (set(), "strict mode needs a Qdrant server"),
    "payload": (set(), "payloads are always kept on disk, in the page cache"),
    "id_tracker": (set(), "leave `id_tracker` out"),
}


def check_create(given: models.CreateCollection) -> None:
    """Raise NotAnswered for what this store does not honour, BadRequest for what makes no sense."""
    for field, (allowed, advice) in _ONLY_DEFAULT.items():
        value = getattr(given, field)
        if value is not None and value not in allowed:
            raise NotAnswered(f"`{field}` is not answered here: {advice}")
    schema = vector_schema(given)
    if not schema.dense and not schema.sparse:
        raise BadRequest("Wrong input: a collection needs a vector")
    if shared := schema.dense.keys() & schema.sparse:
        raise BadRequest(f"Wrong input: the vector `{min(shared)}` is both dense and sparse")
    for name, params in schema.dense.items():
        if params.multivector_config is not None:
            raise NotAnswered(f"Multivectors (`{name}`) are not answered here: store one point a vector")
        if params.datatype not in (None, models.Datatype.FLOAT32):
            raise NotAnswered(f"Vector datatypes other than float32 (`{name}`) are not answered here")
        if not 1 <= params.size <= 65_536:
            raise BadRequest("Wrong input: a vector has 1 to 65536 dimensions")


def vector_schema(given: models.CreateCollection) -> VectorSchema:
    dense = given.vectors or {}
    if isinstance(dense, models.VectorParams):
        dense = {UNNAMED: dense}
    return VectorSchema(dense, frozenset(given.sparse_vectors or {}))


def edge_config(given: models.CreateCollection, indexing_threshold_kb: int) -> edge.EdgeConfig:
    """The engine's configuration. Raises NotAnswered for a quantisation other than int8."""
    schema = vector_schema(given)
    return engine(
        edge.EdgeConfig,
        vectors={name: _dense(params, given) for name, params in schema.dense.items()},
        sparse_vectors={name: _sparse(params) for name, params in (given.sparse_vectors or {}).items()},
        hnsw_config=_hnsw(given.hnsw_config),
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=indexing_threshold_kb),
    )


def _dense(params: models.VectorParams, given: models.CreateCollection) -> edge.EdgeVectorParams:
    on_disk = bool(params.on_disk)
    return edge.EdgeVectorParams(
        size=params.size,
        distance=_DISTANCES[params.distance],
        memory=edge.Memory.Cold if on_disk else edge.Memory.Cached,
        quantization_config=_int8(params.quantization_config or given.quantization_config),
        hnsw_config=_hnsw(params.hnsw_config or given.hnsw_config),
    )


def _int8(given: models.QuantizationConfig | None) -> edge.ScalarQuantizationConfig:
    """int8 in memory, which is the default here: a quarter of the bytes to read in every search."""
    if given is None:
        given = models.ScalarQuantization(scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8))
    if not isinstance(given, models.ScalarQuantization):
        raise NotAnswered("Only scalar int8 quantisation is answered here")
    return edge.ScalarQuantizationConfig(
        edge.ScalarType.Int8,
        quantile=given.scalar.quantile if given.scalar.quantile is not None else 0.99,
        memory=edge.Memory.Pinned if given.scalar.always_ram is not False else edge.Memory.Cached,
    )


def _hnsw(given: models.HnswConfigDiff | None) -> edge.HnswIndexConfig:
    settings = {**HNSW, **(given.model_dump(exclude_none=True, exclude={"memory"}) if given else {})}
    return engine(edge.HnswIndexConfig, **settings)


def _sparse(params: models.SparseVectorParams) -> edge.EdgeSparseVectorParams:
    index = params.index or models.SparseIndexParams()
    if index.datatype not in (None, models.Datatype.FLOAT32):
        raise NotAnswered("Sparse datatypes other than float32 are not answered here")
    return edge.EdgeSparseVectorParams(
        full_scan_threshold=index.full_scan_threshold,
        modifier=edge.Modifier.Idf if params.modifier == models.Modifier.IDF else None,
        memory=edge.Memory.Cold if index.on_disk else edge.Memory.Pinned,
    )
