"""All collections of one directory, by name or alias."""

import asyncio
import shutil
import uuid
from multiprocessing.context import ForkServerContext
from pathlib import Path

from qdrant_client.http import models

from vectorstore import collection_files
from vectorstore.aliases import Aliases
from vectorstore.collection_files import Description
from vectorstore.collection_settings import check_create
from vectorstore.errors import BadRequest, Conflict, DiskFull, NotFound, StartError, StoreError
from vectorstore.files import remove_tree, sync_path
from vectorstore.served_collection import ServedCollection
from vectorstore.snapshots import Snapshots, unpack

_DOOMED, _RECOVERED = ".deleting-", ".recovering-"


class Store:
    """Its collections are there after `open()`."""

    def __init__(
        self, path: Path, context: ForkServerContext, indexing_threshold_kb: int, min_free_disk_bytes: int
    ) -> None:
        self._root = path / "collections"
        self._context = context
        self._indexing_threshold_kb = indexing_threshold_kb
        self._min_free_disk_bytes = min_free_disk_bytes
        self._changing = asyncio.Lock()
        self.aliases = Aliases(path / "aliases.json")
        self.snapshots = Snapshots(path / "snapshots")
        self.collections: dict[str, ServedCollection] = {}

    async def open(self) -> None:
        """Open every collection. Raises StartError if one is not whole."""
        self._root.mkdir(parents=True, exist_ok=True)
        self.snapshots.open()
        collections = []
        for directory in sorted(self._root.iterdir()):
            if directory.name.startswith(".") or collection_files.is_unfinished(directory):
                remove_tree(directory)
                continue
            description = collection_files.load(directory)
            collection_files.remove_leftovers(directory, description.generation)
            collections.append(self._collection(directory, description))
        await asyncio.gather(*(self._start(collection) for collection in collections))

    def _collection(self, directory: Path, description: Description) -> ServedCollection:
        name = collection_files.collection_name(directory)
        return ServedCollection(name, directory, description, self._context, self._indexing_threshold_kb)

    async def _start(self, collection: ServedCollection) -> None:
        try:
            await collection.start()
        except StoreError as error:
            where = collection.directory
            raise StartError(f"{where} cannot be loaded ({error}): restore it from a backup") from error
        self.collections[collection.name] = collection

    def get(self, name: str) -> ServedCollection:
        """By name or alias. Raises NotFound."""
        collection = self.collections.get(self.aliases.resolve(name))
        if collection is None:
            raise NotFound(f"Not found: Collection `{name}` doesn't exist!")
        return collection

    async def create(self, name: str, settings: models.CreateCollection) -> None:
        """Raises Conflict if the name is taken, NotAnswered for settings that are not honoured here."""
        directory = self._root / collection_files.directory_name(name)
        check_create(settings)
        self.check_disk(0)
        async with self._changing:
            self.check_free(name)
            collection_files.begin(directory)
            collection = self._collection(directory, Description(settings=settings))
            try:
                await collection.start()
                await collection.describe(lambda _: None)
            except StoreError:
                remove_tree(directory)
                raise
            self.collections[name] = collection

    def check_free(self, name: str) -> None:
        """Raise Conflict if a collection or an alias has the name, BadValue if it cannot be one."""
        collection_files.directory_name(name)
        if name in self.collections or self.aliases.resolve(name) != name:
            raise Conflict(f"Wrong input: Collection `{name}` already exists!")

    async def recover(self, name: str, snapshot: Path) -> None:
        """Make a collection of a snapshot; there is nothing of it until it is whole. Raises as `create`."""
        directory = self._root / collection_files.directory_name(name)
        aside = self._root / (_RECOVERED + uuid.uuid4().hex)
        try:
            description = await asyncio.to_thread(unpack, snapshot, aside)
            async with self._changing:
                self.check_free(name)
                aside.rename(directory)
                sync_path(self._root)
                collection = self._collection(directory, description)
                try:
                    await collection.start()
                except StoreError as error:
                    remove_tree(directory)
                    raise BadRequest(f"Bad request: the snapshot cannot be opened: {error}") from error
                self.collections[name] = collection
        finally:
            await asyncio.shield(asyncio.to_thread(remove_tree, aside))

    async def delete(self, name: str) -> bool:
        """Whether there was such a collection; its aliases go with it."""
        async with self._changing:
            collection = self.collections.pop(name, None)
            if collection is None:
                return False
            self.aliases.forget(name)
            await asyncio.to_thread(self.snapshots.forget, name)
            doomed = self._root / (_DOOMED + collection.directory.name)
            await collection.close()
            collection.directory.rename(doomed)
            sync_path(self._root)
            await asyncio.to_thread(remove_tree, doomed)
            return True

    def check_disk(self, more_bytes: int) -> None:
        """Raise DiskFull if so little space is left that a write might not fit."""
        if shutil.disk_usage(self._root).free < self._min_free_disk_bytes + more_bytes:
            raise DiskFull(
                f"No space left: less than {self._min_free_disk_bytes >> 20} MB are free on the disk of the"
                " vector store; reads are still answered"
            )

    async def close(self) -> None:
        await asyncio.gather(*(collection.close() for collection in self.collections.values()))
