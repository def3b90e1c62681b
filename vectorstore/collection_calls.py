"""Calls on collections as a whole: list, create, info, change, delete, aliases, payload indexes."""

from typing import Any

import qdrant_edge as edge
from qdrant_client.http import models

from vectorstore.bodies import parse
from vectorstore.calls import Call
from vectorstore.collection import Operation
from vectorstore.collection_files import Description
from vectorstore.collection_info import collection_info
from vectorstore.engine import engine
from vectorstore.errors import NotAnswered, NotFound
from vectorstore.payload_indexes import edge_schema


async def list_collections(call: Call) -> Any:
    return {"collections": [{"name": name} for name in sorted(call.store.collections)]}


async def exists(call: Call) -> Any:
    try:
        call.store.get(call.collection_name)
    except NotFound:
        return {"exists": False}
    return {"exists": True}


async def info(call: Call) -> Any:
    return collection_info(call.store.get(call.collection_name))


async def create(call: Call) -> Any:
    await call.store.create(call.collection_name, parse(models.CreateCollection, call.body))
    return True


async def change(call: Call) -> Any:
    """Metadata and the indexing threshold can change; the rest stays as created."""
    collection = call.store.get(call.collection_name)
    asked = parse(models.UpdateCollection, call.body)
    given = {name for name in asked.model_fields_set if getattr(asked, name) is not None}
    if fixed := given - {"metadata", "optimizers_config"}:
        raise NotAnswered(f"`{min(fixed)}` stays as created: make a new collection and switch the alias")

    def apply(description: Description) -> None:
        settings = description.settings
        if asked.metadata is not None:
            merged = {**(settings.metadata or {}), **asked.metadata}
            settings.metadata = {key: value for key, value in merged.items() if value is not None}
        if asked.optimizers_config is not None:
            old = settings.optimizers_config or models.OptimizersConfigDiff()
            given = asked.optimizers_config.model_dump(exclude_none=True)
            settings.optimizers_config = old.model_copy(update=given)

    await collection.describe(apply, None)
    return True


async def delete(call: Call) -> Any:
    return await call.store.delete(call.collection_name)


async def change_aliases(call: Call) -> Any:
    asked = parse(models.ChangeAliasesOperation, call.body)
    call.store.aliases.change(asked.actions, call.store.collections.__contains__)
    return True


async def list_aliases(call: Call) -> Any:
    return {"aliases": call.store.aliases.of(None)}


async def collection_aliases(call: Call) -> Any:
    return {"aliases": call.store.aliases.of(call.store.get(call.collection_name).name)}


async def create_payload_index(call: Call) -> Any:
    collection = call.store.get(call.collection_name)
    asked = parse(models.CreateFieldIndex, call.body)
    if asked.field_schema is None:
        raise NotAnswered("The kind of a payload index is not guessed here: send `field_schema`")
    call.store.check_disk(0)
    update = engine(
        edge.UpdateOperation.create_field_index, asked.field_name, edge_schema(asked.field_schema)
    )
    stored = asked.model_dump(mode="json", exclude_none=True)["field_schema"]
    number = await collection.describe(
        lambda description: description.payload_indexes.update({asked.field_name: stored}),
        Operation(update, 0),
    )
    return {"operation_id": number, "status": "completed"}


async def delete_payload_index(call: Call) -> Any:
    collection = call.store.get(call.collection_name)
    field = call.parts[3]
    update = engine(edge.UpdateOperation.delete_field_index, field)
    number = await collection.describe(
        lambda description: description.payload_indexes.pop(field, None) and None, Operation(update, 0)
    )
    return {"operation_id": number, "status": "completed"}
