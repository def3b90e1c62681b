"""`python -m ingest evaluate` on a real store: what is asked, what is compared, what is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from catalog.collection import connect
from catalog.encoder import Encoder
from catalog.images import ImageLimits, decode_image
from catalog.index import ItemIndex
from catalog.settings import BUNDLED_MODEL, Settings
from catalog.wanted import Ranked
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from ingest.quality.evaluate import Evaluation
from ingest.quality.rival import TEMPORARY
from ingest.quality.run import Wish, run_evaluation
from ingest.quality.setup import share_found
from tests.pictures import jpeg
from tests.processes import ROOT, run_program

COLOURS = {"red": (200, 20, 40), "blue": (30, 60, 180), "green": (20, 140, 60), "black": (15, 15, 15)}
ARTICLES = {"dress": "dresses", "bag": "bags", "shirt": "shirts"}


@pytest.fixture(scope="module")
def shop(store_url: str, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Twelve products in the store; the folder above STATE_DIR holds their feed and pictures."""
    folder = tmp_path_factory.mktemp("shop")
    lines = []
    for n, (colour, rgb) in enumerate(COLOURS.items()):
        for m, (article, category) in enumerate(ARTICLES.items()):
            name = f"{colour}-{article}"
            (folder / f"{name}.jpg").write_bytes(jpeg(rgb, (100 + 20 * m, 150 + 10 * n)))
            lines.append(
                {"id": name, "title": f"{colour} {article}", "category": category, "colour": colour,
                 "price": 10 * n + m, "images": [f"{name}.jpg"]}
            )  # fmt: skip
    (folder / "feed.jsonl").write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    settings = Settings(
        _env_file=None, qdrant_url=store_url, index_alias=f"shop-{folder.name}",
        state_dir=folder / "state", thumbnail_dir=folder / "thumbnails",
    )  # fmt: skip
    client = connect(settings)
    index = ItemIndex(client, store_url, settings.index_alias, encoder)
    ingest(open_feed(str(folder / "feed.jsonl")), settings, encoder, index)
    yield settings
    index.drop()
    client.close()


def environ(settings: Settings) -> dict[str, str]:
    names = ("qdrant_url", "index_alias", "state_dir", "thumbnail_dir")
    return {name.upper(): str(getattr(settings, name)) for name in names}


def queries(shop: Settings, *lines: dict[str, Any] | str) -> str:
    """A file of queries beside the pictures."""
    path = shop.state_dir.parent / "queries.jsonl"
    path.write_bytes(
        b"\n".join(line.encode() if isinstance(line, str) else orjson.dumps(line) for line in lines)
    )
    return str(path)


def asked(wish: Wish, settings: Settings) -> Evaluation:
    return run_evaluation(wish, settings, lambda report: None)


def temporary_collections(settings: Settings) -> list[str]:
    client = connect(settings)
    names = [one.name for one in client.get_collections().collections if one.name.startswith(TEMPORARY)]
    client.close()
    return names


def test_figures_are_those_of_exact_search_by_hand(shop: Settings, encoder: Encoder) -> None:
    """Text and picture queries, filters and ids, an item left out: all against a search of our own."""
    folder = shop.state_dir.parent
    names = sorted(path.stem for path in folder.glob("*.jpg"))
    pictures = [decode_image((folder / f"{name}.jpg").read_bytes(), ImageLimits()) for name in names]
    vectors = encoder.encode_images(pictures)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    given = [
        ({"text": "red dress", "relevant": ["red-dress"]}, encoder.encode_texts(["red dress"])[0]),
        ({"text": "a blue thing", "relevant": {"colour": "blue", "price": {"lte": 11}}},
         encoder.encode_texts(["a blue thing"])[0]),
        ({"image": "green-bag.jpg", "relevant": {"colour": ["green"]}, "without": ["green-bag"]},
         vectors[names.index("green-bag")]),
    ]  # fmt: skip
    right = [{"red-dress"}, {"blue-dress", "blue-bag"}, {"green-dress", "green-shirt"}]
    ranks = []
    for (line, vector), relevant in zip(given, right, strict=True):
        order = [names[place] for place in np.argsort(-(vectors @ vector))]
        order = [name for name in order if name not in line.get("without", [])]
        ranks.append([order.index(name) + 1 for name in relevant])
    evaluation = asked(Wish(queries(shop, *(line for line, _ in given)), "vector", (3,)), shop)
    (result,) = evaluation.results
    assert result.overall["MRR"].value == pytest.approx(np.mean([1 / min(places) for places in ranks]))
    recall = np.mean([np.mean([place <= 3 for place in places]) for places in ranks])
    assert result.overall["recall@3"].value == pytest.approx(recall)
    assert result.engine_recall is not None and result.engine_recall.value == 1.0
    assert set(result.by_category) == {"dresses", "several categories"}
    assert not evaluation.problems


def test_engine_recall_counts_what_is_missed_but_not_which_of_equals_is_found() -> None:
    def answer(*scores: float) -> list[Ranked]:
        return [Ranked(f"p{n}", f"i{n}", score, score) for n, score in enumerate(scores)]

    exact = answer(0.9, 0.8, 0.7, 0.7)
    assert share_found(answer(0.9, 0.8, 0.7, 0.7), exact) == 1.0
    assert share_found(answer(0.9, 0.7, 0.6, 0.5), exact) == 0.5
    assert share_found([], exact) == 0.0 and share_found([], []) == 1.0


def test_two_modes_stand_side_by_side(shop: Settings) -> None:
    """The pictures hold no articles, so that only the words tell a red dress from a red bag."""
    lines = [{"text": f"{c} {a}", "relevant": [f"{c}-{a}"]} for c in COLOURS for a in ARTICLES]
    lines.append({"image": "red-bag.jpg", "relevant": ["red-bag"]})
    done = run_program(
        "-m", "ingest", "evaluate", "--queries", queries(shop, *lines), "--mode", "vector", "--k", "1,5",
        "--against", "keyword", environ=environ(shop),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "12 queries asked, 1 left out" in done.stdout
    assert "precision@1: keyword is better than vector" in done.stdout
    assert "the difference is real." in done.stdout


def test_bad_lines_are_named_and_the_rest_goes_on(shop: Settings) -> None:
    path = queries(
        shop,
        {"text": "red dress", "relevant": ["red-dress", "sold-out"]},
        "no json",
        {"text": "red dress", "relevant": ["sold-out"]},
        {"image": "missing.jpg", "relevant": ["red-dress"]},
        {"text": "red dress", "relevant": {"attributes.season": "summer"}},
        {"text": "red dress", "relevant": {"category": "trousers"}},
        {"image": "http://169.254.169.254/x.jpg", "relevant": ["red-dress"]},
    )
    done = run_program(
        "-m", "ingest", "evaluate", "--queries", path, "--format", "json", environ=environ(shop)
    )
    assert done.returncode == 1, done.stderr
    answer = orjson.loads(done.stdout)
    assert answer["queries"] == 1 and answer["results"][0]["overall"]["MRR"]["value"] == 1.0
    problems = [
        (one["place"].removeprefix("queries.jsonl line "), one["reason"]) for one in answer["problems"]
    ]
    expected = {
        "1": "relevant: not in the index: 'sold-out'",
        "2": "not JSON",
        "3": "relevant: nothing in the index is right",
        "4": "image: missing.jpg: cannot be read",
        "5": "relevant.attributes.season: unknown attribute",
        "6": "relevant: nothing in the index is right",
        "7": "image: ",
    }
    assert {place: reason[: len(expected[place])] for place, reason in problems} == expected
    assert all(f"line {place}: " in done.stderr for place in expected)


def test_a_second_model_is_compared_over_the_feed_and_leaves_nothing(shop: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(BUNDLED_MODEL, other)
    path = queries(shop, *({"text": c, "relevant": {"colour": c}} for c in COLOURS))
    feed = str(shop.state_dir.parent / "feed.jsonl")
    evaluation = asked(Wish(path, "vector", (5,), against=str(other), feeds=(feed,)), shop)
    first, second = evaluation.results
    assert [first.model, second.model] == ["compact", "other"] and second.collection.startswith(TEMPORARY)
    assert second.items == first.items == 12 and evaluation.comparison is not None
    # The same weights under another name: there is no difference to be found.
    assert not any(one.is_real for one in evaluation.comparison.differences.values())
    assert all(one.difference.value == 0 for one in evaluation.comparison.differences.values())
    assert temporary_collections(shop) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_comparison_leaves_nothing(
    shop: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    other = tmp_path / "other"
    shutil.copytree(BUNDLED_MODEL, other)
    (tmp_path / "a.jpg").write_bytes(jpeg())
    lines = [{"id": str(n), "title": "x", "category": "x", "images": ["a.jpg"]} for n in range(20_000)]
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    command = [
        sys.executable, "-m", "ingest", "evaluate", "--queries",
        queries(shop, {"text": "red", "relevant": {"colour": "red"}}),
        "--against", str(other), "--feed", str(tmp_path / "feed.jsonl"),
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environ(shop)}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + 60
            while not temporary_collections(shop):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
            process.send_signal(number)
            assert process.wait(timeout=60) == 130
        finally:
            process.kill()
            process.wait()
    assert temporary_collections(shop) == []
