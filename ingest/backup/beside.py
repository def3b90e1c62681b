"""Loads snapshots into a collection beside the live one, and looks at what is in it then."""

from collections.abc import Sequence
from pathlib import Path

from catalog.contents import Contents, contents_of
from catalog.settings import Settings
from catalog.snapshots import Node
from ingest.backup.archive import member, snapshot_name
from ingest.backup.errors import BackupRefused
from ingest.backup.manifest import StoredFile


def nodes_of(settings: Settings, urls: Sequence[str]) -> list[Node]:
    """The nodes of a cluster by their addresses; none: the store that QDRANT_URL names."""
    return [Node(url, settings.qdrant_api_key) for url in urls or [settings.qdrant_url]]


def require_all_shards(nodes: Sequence[Node], collection: str) -> None:
    """Raise BackupRefused unless these nodes hold all of the collection between them."""
    found = [node.shards(collection) for node in nodes]
    here = frozenset[int]().union(*(shards.here for shards in found))
    missing = frozenset[int]().union(*(shards.all for shards in found)) - here
    if missing:
        numbers = ", ".join(map(str, sorted(missing)))
        raise BackupRefused(
            f"The shards {numbers} of {collection} lie on other nodes: name the address of each node of the"
            " cluster with --node."
        )


def load_beside(
    settings: Settings, nodes: Sequence[Node], name: str, archive: Path, files: Sequence[StoredFile]
) -> Contents:
    """Make the collection `name` of the archive's snapshots, one of each node; what it holds then."""
    for number, (node, file) in enumerate(zip(nodes, files, strict=True)):
        with member(archive, snapshot_name(number)) as content:
            node.recover(name, content, file.sha256)
    return contents_of(settings, name)
