"""What `GET /collections/{name}` says."""

from typing import Any

from vectorstore.collection_settings import HNSW, INT8
from vectorstore.served_collection import ServedCollection


async def collection_info(collection: ServedCollection) -> dict[str, Any]:
    """A CollectionInfo as JSON."""
    counts = await collection.status()
    return {
        "status": "yellow" if collection.is_optimising else "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": counts["indexed_vectors_count"],
        "points_count": counts["points_count"],
        "segments_count": counts["segments_count"],
        "config": _config(collection),
        "payload_schema": _payload_schema(collection, counts["payload_points"]),
        "created_at": collection.description.created_at.isoformat(),
    }


def _config(collection: ServedCollection) -> dict[str, Any]:
    given = collection.description.settings.model_dump(mode="json", exclude_none=True)
    params = {
        "vectors": given.get("vectors"),
        "sparse_vectors": given.get("sparse_vectors"),
        "shard_number": 1,
        "replication_factor": 1,
        "write_consistency_factor": 1,
        "on_disk_payload": True,
    }
    optimizers = {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1000,
        "default_segment_number": 0,
        "flush_interval_sec": 5,
        "indexing_threshold": collection.threshold_kb,
    }
    config = {
        "params": {name: value for name, value in params.items() if value is not None},
        "hnsw_config": {**HNSW, **given.get("hnsw_config", {})},
        "optimizer_config": {**optimizers, **given.get("optimizers_config", {})},
        "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        "quantization_config": given.get("quantization_config")
        or INT8.model_dump(mode="json", exclude_none=True),
    }
    if "strict_mode_config" in given:
        config["strict_mode_config"] = given["strict_mode_config"]
    if "metadata" in given:
        config["metadata"] = collection.description.settings.metadata
    return config


def _payload_schema(collection: ServedCollection, points: dict[str, int]) -> dict[str, Any]:
    """As it was asked for; the engine adds how many points have the field."""
    schema: dict[str, Any] = {}
    for field, asked in collection.description.payload_indexes.items():
        if isinstance(asked, str):
            schema[field] = {"data_type": asked, "points": points.get(field, 0)}
        else:
            schema[field] = {"data_type": asked["type"], "params": asked, "points": points.get(field, 0)}
    return schema
