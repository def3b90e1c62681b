"""Points by their ids."""

from collections.abc import Sequence

from qdrant_client import models

from catalog.collection import LiveCollection
from catalog.points import Payload


def payloads_of(
    live: LiveCollection, ids: Sequence[str], fields: Sequence[str] | None = None
) -> dict[str, Payload]:
    """The payloads of points, by point id; a point that is no more is left out. `fields`: only these."""
    request = models.PointRequest(ids=list(ids), with_payload=True if fields is None else list(fields))
    answer = live.call(lambda client, name: client.http.points_api.get_points(name, point_request=request))
    return {str(record.id): record.payload or {} for record in answer.result or []}
