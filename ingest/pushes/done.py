"""What the tries of an operation did, in all: one that finds it done does not make it nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cachetools import LRUCache

from catalog.writes.ingests import OutcomeName
from catalog.writes.messages import Entry
from ingest.pushes.results import Result

# By how much it is.
_STRENGTH: tuple[OutcomeName, ...] = ("unchanged", "payload_updated", "embedded", "deleted")
# Operations that are remembered: many times what a batch holds.
_MOST = 4096


def stronger(before: OutcomeName | None, now: OutcomeName | None) -> OutcomeName | None:
    """The one that did more; None for a try that wrote nothing."""
    if before is None or now is None or before not in _STRENGTH or now not in _STRENGTH:
        return now or before
    return max(before, now, key=_STRENGTH.index)


class Done:
    """What the batches of this process wrote, or were about to, before something made them start again."""

    def __init__(self) -> None:
        self._outcomes: LRUCache[tuple[str, int], OutcomeName] = LRUCache(_MOST)

    def with_earlier(self, entries: Sequence[Entry], results: Mapping[str, Result]) -> dict[str, Result]:
        """The results, by item id, of what is about to be written; remembered for another try."""
        whole = dict(results)
        for entry in entries:
            result = results.get(entry.item_id)
            if result is None or result.outcome is None:
                continue
            outcome = stronger(self._outcomes.get(entry.key), result.outcome)
            if outcome is not None:
                self._outcomes[entry.key] = outcome
            whole[entry.item_id] = replace(result, outcome=outcome)
        return whole
