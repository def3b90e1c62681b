"""Calls on collections as a whole: list, create, info, change, delete, aliases."""

from typing import Any

from qdrant_client.http import models

from vectorstore.bodies import parse
from vectorstore.calls import Call
from vectorstore.collection_files import Description
from vectorstore.collection_info import collection_info
from vectorstore.errors import NotAnswered, NotFound

_CHANGEABLE_OPTIMISER_SETTINGS = {"indexing_threshold", "deleted_threshold", "vacuum_min_vector_number"}


async def list_collections(call: Call) -> Any:
    return {"collections": [{"name": name} for name in sorted(call.store.collections)]}


async def exists(call: Call) -> Any:
    try:
        call.store.get(call.collection_name)
    except NotFound:
        return {"exists": False}
    return {"exists": True}


async def info(call: Call) -> Any:
    return await collection_info(call.store.get(call.collection_name))


async def cluster(call: Call) -> Any:
    """As a Qdrant server that is alone says it."""
    counts = await call.store.get(call.collection_name).status()
    shard = {"shard_id": 0, "points_count": counts["points_count"], "state": "Active"}
    return {
        "peer_id": 1,
        "shard_count": 1,
        "local_shards": [shard],
        "remote_shards": [],
        "shard_transfers": [],
    }


async def create(call: Call) -> Any:
    call.waits()
    await call.store.create(call.collection_name, parse(models.CreateCollection, call.body))
    return True


async def change(call: Call) -> Any:
    """Metadata and the optimiser's thresholds can change; the rest stays as created."""
    call.waits()
    collection = call.store.get(call.collection_name)
    asked = parse(models.UpdateCollection, call.body)
    given = {name for name in asked.model_fields_set if getattr(asked, name) is not None}
    if fixed := given - {"metadata", "optimizers_config"}:
        raise NotAnswered(f"`{min(fixed)}` stays as created: make a new collection and switch the alias")
    thresholds = asked.optimizers_config.model_dump(exclude_none=True) if asked.optimizers_config else {}
    if fixed := thresholds.keys() - _CHANGEABLE_OPTIMISER_SETTINGS:
        raise NotAnswered(f"`{min(fixed)}` stays as created: make a new collection and switch the alias")

    def apply(description: Description) -> None:
        settings = description.settings
        if asked.metadata is not None:
            merged = {**(settings.metadata or {}), **asked.metadata}
            settings.metadata = {key: value for key, value in merged.items() if value is not None}
        if thresholds:
            old = settings.optimizers_config or models.OptimizersConfigDiff()
            settings.optimizers_config = old.model_copy(update=thresholds)

    await collection.describe(apply)
    return True


async def delete(call: Call) -> Any:
    call.waits()
    return await call.store.delete(call.collection_name)


async def change_aliases(call: Call) -> Any:
    call.waits()
    asked = parse(models.ChangeAliasesOperation, call.body)
    call.store.aliases.change(asked.actions, call.store.collections.__contains__)
    return True


async def list_aliases(call: Call) -> Any:
    return {"aliases": call.store.aliases.of(None)}


async def collection_aliases(call: Call) -> Any:
    return {"aliases": call.store.aliases.of(call.store.get(call.collection_name).name)}
