"""From the client's CreateCollection to the engine's configuration."""

import os

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.collection_settings import HNSW, INT8, dense_vectors, indexing_threshold_kb
from vectorstore.shard.engine import engine

_DISTANCES = {distance: getattr(edge.Distance, distance.value) for distance in models.Distance}


def edge_config(given: models.CreateCollection, default_threshold_kb: int) -> edge.EdgeConfig:
    """The engine's configuration for settings that `check_create` let pass."""
    return engine(
        edge.EdgeConfig,
        vectors={name: _dense(params, given) for name, params in dense_vectors(given).items()},
        sparse_vectors={name: _sparse(params) for name, params in (given.sparse_vectors or {}).items()},
        hnsw_config=_hnsw(given.hnsw_config),
        optimizers=_optimizers(given.optimizers_config, indexing_threshold_kb(given, default_threshold_kb)),
        max_search_threads=search_threads(),
    )


def search_threads() -> int:
    """All processors but one, which is left to those who ask.

    By itself the engine takes eight threads on two processors, and with them more processor time for the same
    search: over 40,000 products about an eighth more.
    """
    return max(1, (os.cpu_count() or 1) - 1)


def _dense(params: models.VectorParams, given: models.CreateCollection) -> edge.EdgeVectorParams:
    return edge.EdgeVectorParams(
        size=params.size,
        distance=_DISTANCES[params.distance],
        memory=edge.Memory.Cold if params.on_disk else edge.Memory.Cached,
        quantization_config=_int8(params.quantization_config or given.quantization_config or INT8),
        hnsw_config=_hnsw(params.hnsw_config or given.hnsw_config),
    )


def _int8(given: models.QuantizationConfig) -> edge.ScalarQuantizationConfig:
    scalar = given.scalar if isinstance(given, models.ScalarQuantization) else INT8.scalar
    return edge.ScalarQuantizationConfig(
        edge.ScalarType.Int8,
        quantile=INT8.scalar.quantile if scalar.quantile is None else scalar.quantile,
        memory=edge.Memory.Cached if scalar.always_ram is False else edge.Memory.Pinned,
    )


def _hnsw(given: models.HnswConfigDiff | None) -> edge.HnswIndexConfig:
    changed = given.model_dump(exclude_none=True) if given else {}
    return engine(edge.HnswIndexConfig, **{**HNSW, **changed})


def _sparse(params: models.SparseVectorParams) -> edge.EdgeSparseVectorParams:
    index = params.index or models.SparseIndexParams()
    return edge.EdgeSparseVectorParams(
        full_scan_threshold=index.full_scan_threshold,
        modifier=edge.Modifier.Idf if params.modifier == models.Modifier.IDF else None,
        memory=edge.Memory.Cold if index.on_disk else edge.Memory.Pinned,
    )


def _optimizers(given: models.OptimizersConfigDiff | None, threshold_kb: int) -> edge.EdgeOptimizersConfig:
    given = given or models.OptimizersConfigDiff()
    return edge.EdgeOptimizersConfig(
        deleted_threshold=given.deleted_threshold,
        vacuum_min_vector_number=given.vacuum_min_vector_number,
        default_segment_number=given.default_segment_number,
        max_segment_size=given.max_segment_size,
        indexing_threshold=threshold_kb,
    )
