"""Aliases: other names of collections, all changed in one step."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qdrant_client.http import models

from vectorstore.errors import Conflict, NotFound, StartError
from vectorstore.files import read_json, write_json


class Aliases:
    """The map from alias to collection, kept in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._targets: dict[str, str] = {}
        if path.exists():
            self._targets = _checked(read_json(path), path)

    def resolve(self, name: str) -> str:
        return self._targets.get(name, name)

    def of(self, collection: str | None) -> list[dict[str, str]]:
        """The aliases of one collection, or of all."""
        return [
            {"alias_name": alias, "collection_name": target}
            for alias, target in sorted(self._targets.items())
            if collection in (None, target)
        ]

    def forget(self, collection: str) -> None:
        """Drop every alias of a collection that is going away."""
        self._save({alias: target for alias, target in self._targets.items() if target != collection})

    def change(self, actions: Sequence[Any], exists: Callable[[str], bool]) -> None:
        """Apply all of the actions or, if one cannot be, none. Raises NotFound or Conflict."""
        targets = dict(self._targets)
        for action in actions:
            match action:
                case models.CreateAliasOperation():
                    _create(targets, action.create_alias, exists)
                case models.DeleteAliasOperation():
                    targets.pop(action.delete_alias.alias_name, None)
                case models.RenameAliasOperation():
                    _rename(targets, action.rename_alias, exists)
        self._save(targets)

    def _save(self, targets: dict[str, str]) -> None:
        if targets != self._targets:
            write_json(self._path, targets)
            self._targets = targets


def _create(targets: dict[str, str], asked: models.CreateAlias, exists: Callable[[str], bool]) -> None:
    if not exists(asked.collection_name):
        raise NotFound(f"Not found: Collection `{asked.collection_name}` doesn't exist!")
    if exists(asked.alias_name):
        raise Conflict(f"Wrong input: Collection `{asked.alias_name}` already exists!")
    targets[asked.alias_name] = asked.collection_name


def _rename(targets: dict[str, str], asked: models.RenameAlias, exists: Callable[[str], bool]) -> None:
    if asked.old_alias_name not in targets:
        raise NotFound(f"Not found: Alias {asked.old_alias_name} does not exists!")
    if exists(asked.new_alias_name):
        raise Conflict(f"Wrong input: Collection `{asked.new_alias_name}` already exists!")
    targets[asked.new_alias_name] = targets.pop(asked.old_alias_name)


def _checked(content: Any, path: Path) -> dict[str, str]:
    if isinstance(content, dict) and all(isinstance(target, str) for target in content.values()):
        return content
    raise StartError(f"{path} is damaged: restore it from a backup, or remove it and set the aliases anew")
