"""Embeds a prepared batch and writes its changes, so that an item is never absent in between."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from catalog.encoder import Encoder, Vectors
from catalog.index import ItemIndex
from catalog.points import Point, keywords_of, stamped
from ingest.prepare import Prepared


@dataclass(frozen=True)
class Embedded:
    """A prepared batch and the vectors of its pictures, float32 `(pictures, dimension)`, in their order."""

    prepared: Prepared
    vectors: Vectors


def embed(encoder: Encoder, prepared: Prepared) -> Embedded:
    """Raises EncoderUnavailable."""
    pictures = [picture for change in prepared.changes for _, picture, _ in change.embed]
    # Without pictures the encoder is left alone: it may not even be loaded yet.
    return Embedded(prepared, encoder.encode_images(pictures) if pictures else np.empty((0, 0), np.float32))


def write(batch: Embedded, index: ItemIndex) -> None:
    """Write new and changed points, then payloads, then delete what is left over. Can be repeated."""
    now = datetime.now(UTC)
    changes = batch.prepared.changes
    new = [(identifier, payload) for change in changes for identifier, _, payload in change.embed]
    points = [
        Point(identifier, vector, keywords_of(payload), stamped(payload, now))
        for (identifier, payload), vector in zip(new, batch.vectors, strict=True)
    ]
    reworded = {identifier: payload for change in changes for identifier, payload in change.reword.items()}
    if reworded:
        vectors = index.image_vectors(list(reworded))
        points += [
            Point(identifier, vectors[identifier], keywords_of(payload), stamped(payload, now))
            for identifier, payload in reworded.items()
            if identifier in vectors  # else it was deleted since it was read
        ]
    index.upsert(points)
    repaid = {identifier: payload for change in changes for identifier, payload in change.repay.items()}
    index.overwrite_payloads({identifier: stamped(payload, now) for identifier, payload in repaid.items()})
    index.delete_points([identifier for change in changes for identifier in change.delete])
