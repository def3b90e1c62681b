"""The body of an upsert: parsed as every other, but for its dense vectors, which are validated all at once.

The client's models look at each vector by itself and try every form that one may have: for 256 points that
takes three times as long, and longer than all that the engine does with them.
"""

from typing import Any

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError
from qdrant_client.http import models

from vectorstore.bodies import adapter, parse

_VECTORS = TypeAdapter(list[list[float]], config=ConfigDict(strict=True))
# What a vector is replaced by while the rest is validated.
_STAND_IN = [0.0]

# The number of the point, the vector's name or None for one without, and the vector.
_Taken = tuple[int, str | None, list[float]]


def parse_points(body: bytes) -> Any:
    """As `parse(models.PointInsertOperations, body)`."""
    try:
        fields = orjson.loads(body)
        taken = _take_vectors(fields["points"])
        vectors = _VECTORS.validate_python([vector for _, _, vector in taken])
        request = adapter(models.PointsList).validate_python(fields)
    except (orjson.JSONDecodeError, ValidationError, TypeError, KeyError, AttributeError):
        return parse(models.PointInsertOperations, body)  # says what is wrong, or knows the form
    for (number, name, _), vector in zip(taken, vectors, strict=True):
        point = request.points[number]
        if name is None:
            point.vector = vector
        else:
            point.vector[name] = vector
    return request


def _take_vectors(points: list[dict[str, Any]]) -> list[_Taken]:
    """The dense vectors of the points, which get a stand-in each."""
    taken: list[_Taken] = []
    for number, point in enumerate(points):
        given = point["vector"]
        if isinstance(given, list):
            taken.append((number, None, given))
            point["vector"] = _STAND_IN
        else:
            for name in [name for name, vector in given.items() if isinstance(vector, list)]:
                taken.append((number, name, given[name]))
                given[name] = _STAND_IN
    return taken
