"""What a collection is made of: which of the client's settings are honoured here."""

from typing import Any

from qdrant_client.http import models

from vectorstore.errors import BadRequest, NotAnswered

# The engine's name of the vector of a collection whose vectors have no names.
UNNAMED = ""

# Measured on clustered 256-d vectors at 100k points (bench/vectorstore.py): recall@10 >= 0.99 with these.
HNSW = {"m": 16, "ef_construct": 128, "full_scan_threshold": 10_000, "max_indexing_threads": 0}

# int8 in memory finds the candidates in a quarter of the bytes, the float32 originals score them.
INT8 = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
)

_ONE_MACHINE = "this store is one machine: use a Qdrant server for a cluster"
_ONLY_DEFAULT: dict[str, tuple[tuple[Any, ...], str]] = {
    "shard_number": ((1,), _ONE_MACHINE),
    "sharding_method": ((models.ShardingMethod.AUTO,), _ONE_MACHINE),
    "replication_factor": ((1,), _ONE_MACHINE),
    "write_consistency_factor": ((1,), _ONE_MACHINE),
    "on_disk_payload": ((True,), "payloads are always on disk and in the page cache: leave it out"),
    "payload": ((), "payloads are always on disk and in the page cache: leave it out"),
    "id_tracker": ((), "leave it out"),
}
# The limits of strict mode that vectorstore/shard/strict_mode.py keeps.
_STRICT_MODE = {
    "enabled",
    "max_query_limit",
    "max_payload_index_count",
    "search_max_batchsize",
    "search_max_oversampling",
    "unindexed_filtering_retrieve",
    "unindexed_filtering_update",
    "upsert_max_batchsize",
}
_ONLY_INT8 = "Only scalar int8 quantisation is answered here: it is the default, leave it out"


def dense_vectors(given: models.CreateCollection) -> dict[str, models.VectorParams]:
    """The dense vectors by name."""
    dense = given.vectors or {}
    return {UNNAMED: dense} if isinstance(dense, models.VectorParams) else dense


def check_create(given: models.CreateCollection) -> None:
    """Raise NotAnswered for what this store does not honour, BadRequest for what makes no sense."""
    for field, (allowed, advice) in _ONLY_DEFAULT.items():
        value = getattr(given, field)
        if value is not None and value not in allowed:
            raise NotAnswered(f"`{field}` is not answered here: {advice}")
    dense, sparse = dense_vectors(given), given.sparse_vectors or {}
    if not dense and not sparse:
        raise BadRequest("Wrong input: a collection needs a vector")
    if shared := dense.keys() & sparse:
        raise BadRequest(f"Wrong input: the vector `{min(shared)}` is both dense and sparse")
    _check_strict_mode(given.strict_mode_config)
    _check_int8(given.quantization_config)
    _check_hnsw(given.hnsw_config)
    for name, params in dense.items():
        _check_dense(name, params)
    for name, sparse_params in sparse.items():
        _check_sparse(name, sparse_params)


def _check_strict_mode(given: models.StrictModeConfig | None) -> None:
    asked = given.model_dump(exclude_none=True).keys() if given is not None else set()
    if unknown := asked - _STRICT_MODE:
        raise NotAnswered(f"`{min(unknown)}` of strict mode is not answered here: leave it out")


def _check_dense(name: str, params: models.VectorParams) -> None:
    if params.multivector_config is not None:
        raise NotAnswered(f"Multivectors (`{name}`) are not answered here: store one point a vector")
    if params.datatype not in (None, models.Datatype.FLOAT32):
        raise NotAnswered(
            f"Vectors other than float32 (`{name}`) are not answered here: leave `datatype` out"
        )
    if params.memory is not None:
        raise NotAnswered("`memory` is not answered here: leave it out, or set `on_disk`")
    if not 1 <= params.size <= 65_536:
        raise BadRequest("Wrong input: a vector has 1 to 65536 dimensions")
    _check_int8(params.quantization_config)
    _check_hnsw(params.hnsw_config)


def _check_sparse(name: str, params: models.SparseVectorParams) -> None:
    index = params.index
    if index is None:
        return
    if index.datatype not in (None, models.Datatype.FLOAT32):
        raise NotAnswered(f"Sparse vectors other than float32 (`{name}`) are not answered here")
    if index.memory is not None:
        raise NotAnswered("`memory` is not answered here: leave it out, or set `on_disk`")


def _check_int8(given: models.QuantizationConfig | None) -> None:
    if given is None:
        return
    if not isinstance(given, models.ScalarQuantization) or given.scalar.memory is not None:
        raise NotAnswered(_ONLY_INT8)
    if given.scalar.quantile is not None and not 0.5 <= given.scalar.quantile <= 1.0:
        raise BadRequest("Wrong input: `quantile` must be between 0.5 and 1.0")


def _check_hnsw(given: models.HnswConfigDiff | None) -> None:
    if given is None:
        return
    if given.memory is not None:
        raise NotAnswered("`memory` is not answered here: leave it out, or set `on_disk`")
    if given.payload_m == 0 and given.m != 0:
        raise NotAnswered("`payload_m: 0` is not answered here: filtered searches would lose results")


def indexing_threshold_kb(given: models.CreateCollection, default_kb: int) -> int:
    """From how many kilobytes of vectors on a graph is built; 0 for never."""
    own = None if given.optimizers_config is None else given.optimizers_config.indexing_threshold
    return default_kb if own is None else own
