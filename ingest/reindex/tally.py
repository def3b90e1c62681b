"""What a reindex has done so far, for its report and for the lines that it writes meanwhile."""

import logging
import time
from dataclasses import dataclass, field

from catalog.points import StoredPoint

_SHOWN_EVERY_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lost:
    """Why an item cannot be brought over: the point of which that is so, and when that was written."""

    reason: str
    point_id: str
    stamp: str


@dataclass
class Tally:
    """Pictures by what became of them, over all passes. `lost`: items whose pictures cannot all be had.

    `differing`: since it was set to 0, those that had to be mended though nobody has written them just now.
    """

    compared: int = 0
    embedded: int = 0
    from_thumbnails: int = 0
    copied: int = 0
    repaid: int = 0
    deleted: int = 0
    differing: int = 0
    lost: dict[str, Lost] = field(default_factory=dict)
    _shown: float = field(default_factory=time.monotonic)

    def is_lost(self, point: StoredPoint) -> bool:
        """Whether the item was lost, and what it was lost for has not been written since."""
        lost = self.lost.get(point.item_id)
        if lost is not None and lost.point_id == point.id and lost.stamp != point.updated_at:
            del self.lost[point.item_id]
            return False
        return lost is not None

    def lose(self, point: StoredPoint, reason: str) -> None:
        """The item of the point cannot be brought over."""
        if point.item_id not in self.lost:
            _log.warning("cannot be brought over: %s", reason)
            self.lost[point.item_id] = Lost(reason, point.id, point.updated_at)

    def show(self) -> None:
        """A line now and then."""
        if time.monotonic() >= self._shown + _SHOWN_EVERY_S:
            self._shown = time.monotonic()
            _log.info("%d pictures compared, %d embedded, %d items lost",
                      self.compared, self.embedded, len(self.lost))  # fmt: skip

    def lines(self) -> list[str]:
        """For a person."""
        counts = {
            "embedded": self.embedded, "of thumbnails": self.from_thumbnails, "vectors copied": self.copied,
            "payload updated": self.repaid, "deleted": self.deleted,
        }  # fmt: skip
        lines = [f"  {name:<17}{count:,}" for name, count in counts.items() if count]
        return lines + [f"  lost             {len(self.lost):,} items, each named above"] * bool(self.lost)
