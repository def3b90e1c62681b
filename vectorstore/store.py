"""All collections of one directory, by name or alias."""

import asyncio
import shutil
from pathlib import Path

from qdrant_client.http import models

from vectorstore import collection_files
from vectorstore.aliases import Aliases
from vectorstore.collection import Collection, create_shard
from vectorstore.collection_files import Description
from vectorstore.collection_settings import check_create
from vectorstore.errors import Conflict, DiskFull, NotFound, StartError, StoreError
from vectorstore.files import remove_tree, sync_path

_UNFINISHED = ".creating-"
_DOOMED = ".deleting-"


class Store:
    """Opened from its directory. Raises StartError if that is not whole."""

    def __init__(self, path: Path, indexing_threshold_kb: int, min_free_disk_bytes: int) -> None:
        self._root = path / "collections"
        self._root.mkdir(parents=True, exist_ok=True)
        self._indexing_threshold_kb = indexing_threshold_kb
        self._min_free_disk_bytes = min_free_disk_bytes
        self._creation = asyncio.Lock()
        self.aliases = Aliases(path / "aliases.json")
        self.collections: dict[str, Collection] = {}
        for directory in sorted(self._root.iterdir()):
            if directory.name.startswith("."):
                remove_tree(directory)
            else:
                self._open(directory)

    def _open(self, directory: Path) -> None:
        description = collection_files.load(directory)
        collection_files.remove_leftovers(directory, description.generation)
        name = collection_files.collection_name(directory)
        try:
            self.collections[name] = Collection(name, directory, description, self._indexing_threshold_kb)
        except StoreError as error:
            raise StartError(f"{directory} cannot be loaded ({error}): restore it from a backup") from error

    def get(self, name: str) -> Collection:
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
        async with self._creation:
            if name in self.collections or self.aliases.resolve(name) != name:
                raise Conflict(f"Wrong input: Collection `{name}` already exists!")
            unfinished = self._root / (_UNFINISHED + directory.name)
            remove_tree(unfinished)
            description = Description(settings=settings)
            create_shard(unfinished, description, self._indexing_threshold_kb)
            unfinished.rename(directory)
            sync_path(self._root)
            self.collections[name] = Collection(name, directory, description, self._indexing_threshold_kb)

    async def delete(self, name: str) -> bool:
        """Whether there was such a collection; its aliases go with it."""
        async with self._creation:
            collection = self.collections.get(name)
            if collection is None:
                return False
            async with collection.gate:
                self.aliases.forget(name)
                del self.collections[name]
                collection.close()
                doomed = self._root / (_DOOMED + collection.directory.name)
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

    def close(self) -> None:
        for collection in self.collections.values():
            collection.close()
