"""Embeds a prepared batch and writes its changes, so that an item is never absent in between."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.encoder import Encoder, Vectors
from catalog.index import ItemIndex
from catalog.points import Point, keywords_of, stamped
from ingest.plan import Change
from ingest.prepare import Prepared


@dataclass(frozen=True)
class Embedded:
    """A prepared batch and the vectors of its new pictures, float32 `(dimension,)` each, by point id."""

    prepared: Prepared
    vectors: Mapping[str, Vectors]


def embed(encoder: Encoder, prepared: Prepared) -> Embedded:
    """Raises EncoderUnavailable."""
    new = [(identifier, picture) for change in prepared.changes for identifier, picture, _ in change.embed]
    if not new:  # the encoder is left alone: it may not even be loaded yet
        return Embedded(prepared, {})
    vectors = encoder.encode_images([picture for _, picture in new])
    return Embedded(prepared, {identifier: vectors[row] for row, (identifier, _) in enumerate(new)})


def write(changes: Iterable[Change], vectors: Mapping[str, Vectors], index: ItemIndex, now: datetime) -> None:
    """Write new and changed points, then payloads, then delete what is left over. Can be repeated."""
    changes = list(changes)
    points = [
        Point(identifier, vectors[identifier], keywords_of(payload), stamped(payload, now))
        for change in changes
        for identifier, _, payload in change.embed
    ]
    reworded = {identifier: payload for change in changes for identifier, payload in change.reword.items()}
    if reworded:
        stored = index.image_vectors(list(reworded))
        points += [
            Point(identifier, stored[identifier], keywords_of(payload), stamped(payload, now))
            for identifier, payload in reworded.items()
            if identifier in stored  # else it was deleted since it was read
        ]
    index.upsert(points)
    repaid = {identifier: payload for change in changes for identifier, payload in change.repay.items()}
    index.overwrite_payloads({identifier: stamped(payload, now) for identifier, payload in repaid.items()})
    index.delete_points([identifier for change in changes for identifier in change.delete])
