"""Embeds a prepared batch and writes its changes, so that an item is never absent in between.

While the model is being changed, what is written goes to the other collection, too, with its own encoder's
vectors: first to the one that is asked, then to the copy, which must never be ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog import guarded
from catalog.encoder import Encoder, Vectors
from catalog.index import ItemIndex
from catalog.index_errors import CollectionGone
from catalog.points import IMAGE_SHA256, UPDATED_AT, Payload, Point, keywords_of, of_model, stamped
from ingest.plan import Change
from ingest.prepare import Prepared
from ingest.targets import Target, Targets

# The vectors of new pictures, float32 `(dimension,)` each, by point id.
NewVectors = Mapping[str, Vectors]


@dataclass(frozen=True)
class Embedded:
    """A prepared batch and the vectors of its new pictures: `elsewhere`, by collection, those of others."""

    prepared: Prepared
    vectors: NewVectors
    elsewhere: Mapping[str, NewVectors]


def embed(targets: Targets, prepared: Prepared) -> Embedded:
    """Raises EncoderUnavailable, and as `Targets.others`."""
    new = any(change.embed for change in prepared.changes)
    others = targets.others() if new else []  # without pictures no encoder is asked: none may be loaded yet
    elsewhere = {
        _name(other): new_vectors(other.encoder, prepared.changes)
        for other in others
        if _large_enough(prepared, other)
    }
    return Embedded(prepared, new_vectors(targets.own.encoder, prepared.changes) if new else {}, elsewhere)


def write(changes: Sequence[Change], batch: Embedded, targets: Targets, now: datetime) -> None:
    """Write new and changed points, then payloads, then delete what is left over. Can be repeated.

    `changes`: those of the batch that are to be written, and others that need no vectors.
    """
    index = targets.own.index
    points = _new_points(changes, batch.vectors, targets.own.encoder.name, now)
    reworded = {identifier: payload for change in changes for identifier, payload in change.reword.items()}
    if reworded:
        stored = index.image_vectors(list(reworded))
        points += [
            _point(identifier, stored[identifier], stamped(payload, now))
            for identifier, payload in reworded.items()
            if identifier in stored  # else it was deleted since it was read
        ]
    index.upsert(points)
    repaid = {identifier: payload for change in changes for identifier, payload in change.repay.items()}
    index.overwrite_payloads({identifier: stamped(payload, now) for identifier, payload in repaid.items()})
    if left_over := [identifier for change in changes for identifier in change.delete]:
        targets.delete_from_previous(left_over)
        index.delete_points(left_over)
    if any(change.outcome != "unchanged" for change in changes):
        for other in targets.others():
            _repeat(changes, batch, other, now)


def delete(ids: Sequence[str], targets: Targets) -> None:
    """Delete points, wherever they are written."""
    if not ids:
        return
    targets.delete_from_previous(ids)
    targets.own.index.delete_points(ids)
    for other in targets.others():
        _unless_gone(other.index, ids)


def _repeat(changes: Sequence[Change], batch: Embedded, other: Target, now: datetime) -> None:
    """Write the changes to another collection as well, as far as it has what they change.

    What it lacks is brought over, as it is then, by the reindex that fills it.
    """
    model = other.encoder.name
    payloads = [payload for change in changes for payload in (*change.reword.items(), *change.repay.items())]
    try:
        if _large_enough(batch.prepared, other):
            vectors = batch.elsewhere.get(_name(other)) or new_vectors(other.encoder, changes)
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


def _large_enough(prepared: Prepared, other: Target) -> bool:
    """Pictures that were decoded before anybody knew of this encoder may be too small for it."""
    return prepared.useful_side_px >= other.encoder.useful_side_px


def _name(target: Target) -> str:
    return str(target.index.version_pinned)


def new_vectors(encoder: Encoder, changes: Sequence[Change]) -> NewVectors:
    """Of the pictures that the changes embed. Raises EncoderUnavailable."""
    new = [(identifier, picture) for change in changes for identifier, picture, _ in change.embed]
    if not new:
        return {}
    vectors = encoder.encode_images([picture for _, picture in new])
    return {identifier: vectors[row] for row, (identifier, _) in enumerate(new)}


def _new_points(changes: Sequence[Change], vectors: NewVectors, model: str, now: datetime) -> list[Point]:
    return [
        _point(identifier, vectors[identifier], of_model(stamped(payload, now), model))
        for change in changes
        for identifier, _, payload in change.embed
    ]


def _point(identifier: str, vector: Vectors, payload: Payload) -> Point:
    return Point(identifier, vector, keywords_of(payload), payload)
