"""A bad picture fails alone, from bytes to answer: in an ingest and in the service, with each runtime."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from catalog.collection import connect
from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.items import point_id
from catalog.settings import Settings
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from service.app import create_app
from tests.pictures import encoded, jpeg, picture

COLOURS = [(10 * n, 90, 200 - 10 * n) for n in range(20)]
BROKEN = 3


@pytest.fixture(scope="module", params=["onnx", "torch"])
def runtime(request: pytest.FixtureRequest) -> Encoder:
    return open_encoder(Settings(_env_file=None, encoder_runtime=request.param))


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Twenty items, more than two batches, with a picture each."""
    for n, colour in enumerate(COLOURS):
        (tmp_path / f"{n}.jpg").write_bytes(jpeg(colour))
    rows = [
        {"id": f"A{n}", "title": f"Thing {n}", "category": "x", "images": [f"{n}.jpg"]} for n in range(20)
    ]
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return tmp_path / "feed.jsonl"


@pytest.fixture
def filled(feed: Path, settings: Settings, runtime: Encoder) -> Iterator[ItemIndex]:
    """The index after an ingest of the feed with one broken picture, in the middle of the first batch."""
    (feed.parent / f"{BROKEN}.jpg").write_bytes(jpeg(COLOURS[BROKEN])[:-200])
    client = connect(settings)
    index = ItemIndex(client, settings.qdrant_url, settings.index_alias, runtime)
    report = ingest(open_feed(str(feed)), settings, runtime, index)
    assert (report.pictures_embedded, dict(report.problems)) == (19, {"image_undecodable": 1})
    yield index
    client.close()


def stored(index: ItemIndex) -> dict[int, Vectors]:
    ids = {point_id(f"A{n}", 0): n for n in range(20)}
    return {ids[identifier]: vector for identifier, vector in index.image_vectors(list(ids)).items()}


def test_in_an_ingest_it_costs_the_others_nothing(filled: ItemIndex, runtime: Encoder) -> None:
    vectors = stored(filled)
    assert sorted(vectors) == [n for n in range(20) if n != BROKEN]
    for n, vector in vectors.items():
        alone = runtime.encode_images([decode_image(jpeg(COLOURS[n]), ImageLimits())])[0]
        assert vector @ alone > 0.9999, f"picture {n} has its own vector"


def test_in_the_service_it_costs_the_others_nothing(
    filled: ItemIndex, settings: Settings, runtime: Encoder
) -> None:
    app = create_app(settings, runtime, filled)
    good = encoded(picture(COLOURS[10]))
    bad = [good[:-200], b"not a picture", b"GIF89a"]

    def ask(content: bytes) -> Any:
        form = {"image": (io.BytesIO(content), "a.jpg")}
        return app.test_client().post("/v1/search", data=form)

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(ask, [good, *bad] * 4))
    assert [answer.status_code for answer in answers[1:4]] == [422, 415, 415]
    first = answers[0].json["items"]
    assert first[0]["id"] == "A10"
    for answer in answers[::4]:
        assert [item["id"] for item in answer.json["items"]] == [item["id"] for item in first]
        assert np.allclose(
            [item["score"] for item in answer.json["items"]], [item["score"] for item in first], atol=1e-4
        )
