"""One collection of an index, and what it is to it: told by the aliases and by its own metadata."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from qdrant_client import models

from catalog.points import IMAGE

# Keys of the metadata.
BUILT_FOR, BUILT_SINCE = "built_for", "built_since"
KEPT_FOR, REPLACED_AT, KEPT_UNTIL = "kept_for", "replaced_at", "kept_until"
CUTOFFS = "confidence_cutoffs"


@dataclass(frozen=True)
class Roles:
    """The names of the collection that is live, of the one that is being built, and, for as long as what was
    written to it alone is still brought over, of the one that was live before; as far as there are."""

    live: str | None
    building: str | None
    previous: str | None = None


@dataclass(frozen=True)
class Version:
    """One collection. `loaded_from`: the CLIP_MODEL by which its model is opened; empty if not recorded.

    `cutoffs`: CONFIDENCE_CUTOFFS of its model, empty if not recorded. `pictures`: how many points it has.
    """

    name: str
    state: Literal["live", "building", "kept", "unused"]
    model: str
    fingerprint: str
    loaded_from: str
    cutoffs: str
    pictures: int
    dimension: int
    is_optimised: bool
    built_since: datetime | None
    replaced_at: datetime | None
    kept_until: datetime | None

    @property
    def is_overdue(self) -> bool:
        """Whether it was kept for as long as it should."""
        return self.state == "kept" and self.kept_until is not None and self.kept_until < datetime.now(UTC)


def version_of(name: str, info: models.CollectionInfo, roles: Roles, alias: str) -> Version:
    """What is known of a collection of that alias."""
    meta = meta_of(info)
    is_kept = meta.get(KEPT_FOR) == alias
    vectors = info.config.params.vectors
    return Version(
        name=name,
        state="live" if name == roles.live else "building" if name == roles.building
        else "kept" if is_kept else "unused",
        model=str(meta.get("model", "")),
        fingerprint=str(meta.get("fingerprint", "")),
        loaded_from=str(meta.get("loaded_from", "")),
        cutoffs=str(meta.get(CUTOFFS, "")),
        pictures=info.points_count or 0,
        dimension=vectors[IMAGE].size if isinstance(vectors, dict) else 0,
        is_optimised=info.status == models.CollectionStatus.GREEN,
        built_since=_moment(meta.get(BUILT_SINCE)),
        replaced_at=_moment(meta.get(REPLACED_AT)),
        kept_until=_moment(meta.get(KEPT_UNTIL)),
    )  # fmt: skip


def meta_of(info: models.CollectionInfo) -> dict[str, Any]:
    """The metadata of a collection."""
    return info.config.metadata or {}


def text_of(moment: datetime) -> str:
    """A time as the metadata keeps it."""
    return moment.isoformat(timespec="seconds")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
