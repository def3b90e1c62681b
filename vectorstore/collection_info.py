"""What `GET /collections/{name}` says."""

from typing import Any

from qdrant_client.http import models

from vectorstore.collection import Collection
from vectorstore.collection_settings import HNSW
from vectorstore.payload_indexes import SCHEMA, kind_of


def collection_info(collection: Collection) -> dict[str, Any]:
    """A CollectionInfo as JSON."""
    found = collection.info()
    return {
        "status": "yellow" if collection.journal is not None else "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": found.indexed_vectors_count,
        "points_count": found.points_count,
        "segments_count": found.segments_count,
        "config": _config(collection),
        "payload_schema": _payload_schema(collection, found),
        "created_at": collection.description.created_at.isoformat(),
    }


def _config(collection: Collection) -> dict[str, Any]:
    settings = collection.description.settings
    given = settings.model_dump(mode="json", exclude_none=True)
    config = {
        "params": {
            "vectors": given.get("vectors"),
            "sparse_vectors": given.get("sparse_vectors"),
            "shard_number": 1,
            "replication_factor": 1,
            "write_consistency_factor": 1,
            "on_disk_payload": True,
        },
        "hnsw_config": {**HNSW, **given.get("hnsw_config", {})},
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
            "indexing_threshold": collection.indexing_threshold_kb,
            **given.get("optimizers_config", {}),
        },
        "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        "quantization_config": given.get("quantization_config")
        or {"scalar": {"type": "int8", "quantile": 0.99, "always_ram": True}},
    }
    if settings.metadata is not None:
        config["metadata"] = settings.metadata
    return config


def _payload_schema(collection: Collection, found: Any) -> dict[str, Any]:
    """As it was asked for; the engine adds how many points have the field."""
    schema = {}
    for field, stored in collection.description.payload_indexes.items():
        asked = SCHEMA.validate_python(stored)
        counted = found.payload_schema.get(field)
        schema[field] = {"data_type": kind_of(asked), "points": 0 if counted is None else counted.points}
        if not isinstance(asked, models.PayloadSchemaType):
            schema[field]["params"] = stored
    return schema
