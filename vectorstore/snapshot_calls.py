"""Calls on snapshots: make, list, fetch and delete one, and make a collection of one that is sent."""

import asyncio
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from vectorstore.calls import Call
from vectorstore.errors import BadRequest
from vectorstore.snapshots import check_sum, space_needed
from vectorstore.store import Store
from vectorstore.uploads import Receive, save_field

# Of one machine, the same whatever is preferred; and it is always waited for.
_HINTS = {"wait", "priority"}


async def create(call: Call) -> Any:
    call.waits()
    collection = call.store.get(call.collection_name)
    call.store.check_disk(await asyncio.to_thread(space_needed, collection))
    return await call.store.snapshots.create(collection)


async def list_all(call: Call) -> Any:
    return call.store.snapshots.list(call.store.get(call.collection_name).name)


async def delete(call: Call) -> Any:
    call.waits()
    call.store.snapshots.delete(call.store.get(call.collection_name).name, call.parts[3])
    return True


def file_of(call: Call) -> Path:
    """The snapshot that is to be sent. Raises NotFound."""
    return call.store.snapshots.path(call.store.get(call.collection_name).name, call.parts[3])


def is_upload(method: str, parts: tuple[str, ...]) -> bool:
    """Whether the body is a snapshot, of any size."""
    return method == "POST" and parts[:1] == ("collections",) and parts[2:] == ("snapshots", "upload")


def is_download(method: str, parts: tuple[str, ...]) -> bool:
    is_snapshot = len(parts) == 4 and parts[0] == "collections" and parts[2] == "snapshots"
    return method == "GET" and is_snapshot


async def upload(
    store: Store, collection: str, query_string: bytes, content_type: bytes, declared: int, receive: Receive
) -> bool:
    """Make the collection of the snapshot that comes in. Raises StoreError."""
    given = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))
    if unknown := given.keys() - _HINTS - {"checksum"}:
        raise BadRequest(f"Wrong input: unknown query parameter `{min(unknown)}`")
    store.check_free(collection)
    store.check_disk(2 * declared)
    folder = store.snapshots.incoming
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / uuid.uuid4().hex
    try:
        await save_field("snapshot", content_type, receive, target)
        await asyncio.to_thread(check_sum, target, given.get("checksum"))
        await store.recover(collection, target)
    finally:
        target.unlink(missing_ok=True)
    return True
