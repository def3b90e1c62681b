"""Embeds a prepared batch and writes its changes, so that an item is never absent in between.

While the model is being changed, what is written goes to the other collection, too, with its own encoder's
vectors: first to the one that is asked, then to the copy, which must never be ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from catalog import guarded
from catalog.encoder import Encoder, Vectors
from catalog.index import ItemIndex
from catalog.index_errors import CollectionGone
from catalog.points import IMAGE_SHA256, UPDATED_AT, Payload, Point, keywords_of, of_model, stamped
from ingest.plan import Change
from ingest.prepare import Prepared
from ingest.targets import Target, Targets


@dataclass(frozen=True)
class Embedded:
    """A prepared batch and the vectors of its pictures, float32 `(pictures, dimension)`, in their order."""

    prepared: Prepared
    vectors: Vectors


def embed(encoder: Encoder, prepared: Prepared) -> Embedded:
    """Raises EncoderUnavailable."""
    return Embedded(prepared, _vectors(encoder, prepared.changes))


def write(batch: Embedded, targets: Targets) -> None:
    """Write new and changed points, then payloads, then delete what is left over. Can be repeated."""
    now, changes = datetime.now(UTC), batch.prepared.changes
    index = targets.own.index
    points = _new_points(changes, batch.vectors, targets.own.encoder.name, now)
    reworded = {identifier: payload for change in changes for identifier, payload in change.reword.items()}
    if reworded:
        vectors = index.image_vectors(list(reworded))
        points += [
            _point(identifier, vectors[identifier], stamped(payload, now))
            for identifier, payload in reworded.items()
            if identifier in vectors  # else it was deleted since it was read
        ]
    index.upsert(points)
    repaid = {identifier: payload for change in changes for identifier, payload in change.repay.items()}
    index.overwrite_payloads({identifier: stamped(payload, now) for identifier, payload in repaid.items()})
    index.delete_points([identifier for change in changes for identifier in change.delete])
    if any(change.outcome != "unchanged" for change in changes):
        for other in targets.others():
            _repeat(batch.prepared, other, now)


def delete(ids: Sequence[str], targets: Targets) -> None:
    """Delete points, wherever they are written."""
    targets.own.index.delete_points(ids)
    for other in targets.others():
        _unless_gone(other.index, ids)


def _repeat(prepared: Prepared, other: Target, now: datetime) -> None:
    """Write the changes of a batch to another collection as well, as far as it has what they change.

    What it lacks is brought over, as it is then, by the reindex that fills it.
    """
    changes, model = prepared.changes, other.encoder.name
    payloads = [payload for change in changes for payload in (*change.reword.items(), *change.repay.items())]
    try:
        # Pictures that were decoded before anybody knew of this encoder may be too small for it.
        if prepared.useful_side_px >= other.encoder.useful_side_px:
            vectors = _vectors(other.encoder, changes)
            other.index.upsert(_new_points(changes, vectors, model, now))
        _reword(other.index, {identifier: of_model(stamped(p, now), model) for identifier, p in payloads})
        other.index.delete_points([identifier for change in changes for identifier in change.delete])
    except CollectionGone:
        return  # dropped: it is not built any more


def _reword(index: ItemIndex, payloads: dict[str, Payload]) -> None:
    """Give points their payloads and keywords, each only if it shows the picture that the payload names."""
    before = index.payloads(list(payloads)) if payloads else {}
    same = {
        identifier: payload
        for identifier, payload in payloads.items()
        if identifier in before and before[identifier][IMAGE_SHA256] == payload[IMAGE_SHA256]
    }
    reworded = [i for i, payload in same.items() if keywords_of(payload) != keywords_of(before[i])]
    vectors = index.image_vectors(reworded) if reworded else {}
    points = [(_point(i, vectors[i], same[i]), str(before[i][UPDATED_AT])) for i in reworded if i in vectors]
    guarded.replace(index.collection, points)
    guarded.repay(index.collection, {i: p for i, p in same.items() if i not in reworded})


def _unless_gone(index: ItemIndex, ids: Sequence[str]) -> None:
    try:
        index.delete_points(ids)
    except CollectionGone:
        return


def _vectors(encoder: Encoder, changes: Sequence[Change]) -> Vectors:
    pictures = [picture for change in changes for _, picture, _ in change.embed]
    # Without pictures the encoder is left alone: it may not even be loaded yet.
    return encoder.encode_images(pictures) if pictures else np.empty((0, 0), np.float32)


def _new_points(changes: Sequence[Change], vectors: Vectors, model: str, now: datetime) -> list[Point]:
    new = [(identifier, payload) for change in changes for identifier, _, payload in change.embed]
    return [
        _point(identifier, vector, of_model(stamped(payload, now), model))
        for (identifier, payload), vector in zip(new, vectors, strict=True)
    ]


def _point(identifier: str, vector: Vectors, payload: Payload) -> Point:
    return Point(identifier, vector, keywords_of(payload), payload)
