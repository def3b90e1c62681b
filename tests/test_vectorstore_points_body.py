"""The quick parser of upserts reads and refuses just what the client's models read and refuse."""

from typing import Any

import orjson
import pytest
from qdrant_client.http import models

from vectorstore.bodies import parse
from vectorstore.errors import BadRequest
from vectorstore.shard.points_body import parse_points

SPARSE = {"indices": [1], "values": [2.0]}
TEXT = {"text": "red dress", "model": "qdrant/bm25"}
NAMED = {"id": 1, "vector": {"image": [1.0, 2], "words": SPARSE, "title": TEXT}, "payload": {"price": 1}}


def outcome(parser: Any, body: bytes) -> str:
    try:
        return repr(parser(body))
    except BadRequest as error:
        return str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"points": [{"id": 1, "vector": [1, 2.5]}, {"id": 2, "vector": [3.5, 4]}]},
        {"points": [NAMED], "update_mode": "insert_only"},
        {"points": [{"id": 1, "vector": {"image": [1], "other": [2, 3]}}], "shard_key": "x"},
        {"points": [{"id": 1, "vector": [[1.0], [2.0]]}]},
        {"points": [{"id": 1, "vector": ["1.5"]}]},
        {"points": [{"id": 1, "vector": {"image": [True]}}]},
        {"points": [{"id": 1, "vector": []}]},
        {"points": [{"id": 1, "vector": None}]},
        {"points": [{"id": 1}]},
        {"points": [{"vector": [1.0]}]},
        {"points": [{"id": -1, "vector": [1.0]}]},
        {"points": [{"id": 1, "vector": [1.0], "unknown": 3}]},
        {"points": []},
        {"points": [5]},
        {"points": 5},
        {"batch": {"ids": [1], "vectors": [[1.0]]}},
        [],
        None,
    ],
)
def test_it_parses_as_the_clients_models_do(body: Any) -> None:
    content = orjson.dumps(body)
    assert outcome(parse_points, content) == outcome(
        lambda given: parse(models.PointInsertOperations, given), content
    )


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(BadRequest, match="Format error in JSON body"):
        parse_points(b'{"points": [')
