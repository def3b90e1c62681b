"""Where a write goes: to the collection that it was prepared for, and to the others that must not miss it."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.encoder import Encoder
from catalog.errors import EncoderUnavailable, ModelMismatch
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders

# A model that is not found here is told of and looked for again so often.
_RETRY_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A collection and the encoder that builds it."""

    encoder: Encoder
    index: ItemIndex


class Targets:
    """Of one run, whose batches are prepared for the collection that is live when it begins.

    `others`: the one that is being built beside it; and once that is live, still that one. So a run that
    outlasts a change of the model loses nothing: it goes on comparing with the old collection, which is kept.
    """

    def __init__(self, index: ItemIndex, encoders: KnownEncoders) -> None:
        """`index`: of the alias, which has a collection. Raises as `ItemIndex.version`."""
        self.own = Target(index.encoder, index.at(index.version()))
        self._encoders = encoders
        self._others: dict[str, Target] = {}
        self._retry_at: dict[str, float] = {}

    def others(self) -> list[Target]:
        """As the aliases are now, or were at most ALIAS_TRUSTED_S ago."""
        roles = self.own.index.versions.roles()
        names = {name for name in (roles.live, roles.building) if name} - {self.own.index.version_pinned}
        found = [self._others.get(name) or self._open(name) for name in sorted(names)]
        self._others = {str(one.index.version_pinned): one for one in found if one is not None}
        return list(self._others.values())

    def delete_from_previous(self, ids: Sequence[str]) -> None:
        """Delete points of a collection that was live a moment ago, or they would be brought over from it."""
        previous = self.own.index.versions.roles().previous
        if previous is not None and previous != self.own.index.version_pinned:
            self.own.index.versions.delete_points(previous, ids)

    def useful_side_px(self) -> int:
        """Of the encoder that wants the largest pictures: what is decoded serves all of them."""
        return max(target.encoder.useful_side_px for target in (self.own, *self.others()))

    def _open(self, name: str) -> Target | None:
        if time.monotonic() < self._retry_at.get(name, 0.0):
            return None
        version = self.own.index.versions.find(name)
        if version is None:  # dropped a moment ago
            return None
        try:
            encoder = self._encoders.of(version)
        except (ModelMismatch, EncoderUnavailable) as error:
            self._retry_at[name] = time.monotonic() + _RETRY_S
            _log.error("writes do not go to %s yet, the reindex has to bring them over: %s", name, error)
            return None
        return Target(encoder, self.own.index.at(name, encoder))
