"""Calls on a collection's points and payload indexes: handed to its shard process, answer included."""

from typing import Any

from qdrant_client.http import models

from vectorstore.bodies import parse
from vectorstore.calls import Call
from vectorstore.targets import INDEX_OF_FIELD, WAIT

# JSON numbers of a vector take about twice the bytes that the engine needs for them, on disk and in its log.
_DISK_BYTES_PER_BODY_BYTE = 2


async def read(call: Call) -> tuple[int, bytes]:
    call.waits()
    return await call.store.get(call.collection_name).read(call.target, call.body)


async def write(call: Call) -> tuple[int, bytes]:
    collection = call.store.get(call.collection_name)
    target = call.target + WAIT if call.waits() else call.target
    call.store.check_disk(_DISK_BYTES_PER_BODY_BYTE * len(call.body))
    return await collection.write(target, call.body)


async def change_index(call: Call) -> tuple[int, bytes]:
    """Create or delete a payload index; the collection's description remembers it as it was asked for."""
    call.waits()
    collection = call.store.get(call.collection_name)
    call.store.check_disk(0)
    status, answer = await collection.write(call.target + WAIT, call.body)
    if status == 200:
        await collection.describe(lambda description: _remember(call, description.payload_indexes))
    return status, answer


def _remember(call: Call, indexes: dict[str, Any]) -> None:
    if call.target.startswith(INDEX_OF_FIELD):
        indexes.pop(call.target.removeprefix(INDEX_OF_FIELD), None)
        return
    asked: models.CreateFieldIndex = parse(models.CreateFieldIndex, call.body)
    indexes[asked.field_name] = asked.model_dump(mode="json", exclude_none=True)["field_schema"]
