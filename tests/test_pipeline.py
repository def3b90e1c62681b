"""ingest/pipeline.py with the real model and a real store: what a second feed costs, what bad input does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.encoder import Encoder
from catalog.errors import ItemNotFound
from catalog.index import ItemIndex
from catalog.items import point_id
from catalog.settings import Settings
from catalog.thumbnails import thumbnail_path
from catalog.wanted import Wanted, Words
from ingest.feeds.open_feed import open_feed
from ingest.pipeline import ingest
from ingest.report import Report
from tests.pictures import BLUE, RED, encoded, huge_png_header, jpeg, picture

Rows = list[dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, settings: Settings, encoder: Encoder, index: ItemIndex) -> Callable[[Rows], Report]:
    """Ingests rows as a JSON Lines feed that lies in `tmp_path`."""

    def run_rows(rows: Rows) -> Report:
        feed = tmp_path / "feed.jsonl"
        feed.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
        return ingest(open_feed(str(feed)), settings, encoder, index)

    return run_rows


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Twenty items, more than two batches, with a picture each; the last one has three."""
    made = []
    for n in range(20):
        images = [f"{n}.jpg"] if n < 19 else ["19.jpg", "19b.jpg", "19c.jpg"]
        for place, name in enumerate(images):
            (tmp_path / name).write_bytes(jpeg((10 * n, 90, 40 * place)))
        made.append(
            {"id": f"A{n}", "title": f"Thing {n}", "category": "things", "images": images, "price": n}
        )
    return made


def outcomes(report: Report) -> dict[str, int]:
    return {name: count for name, count in report.items.items() if count}


def test_a_feed_goes_in_and_a_second_run_changes_nothing(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex
) -> None:
    first = run(rows)
    assert (first.read, outcomes(first), first.pictures_embedded) == (20, {"embedded": 20}, 22)
    assert index.count({}) == 20
    before = index.points_of(["A3", "A19"])
    second = run(rows)
    assert (outcomes(second), second.pictures_embedded) == ({"unchanged": 20}, 0)
    assert index.points_of(["A3", "A19"]) == before, "not even the time of the last change"


def test_what_was_ingested_is_found_by_its_own_picture(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, encoder: Encoder
) -> None:
    run(rows)
    vector = encoder.encode_images([picture((190, 90, 40))])[0]
    best = index.rank(Wanted(vector), {}, 1)[0]
    assert (best.item_id, best.point_id) == ("A19", point_id("A19", 1))


def test_a_price_costs_no_embedding(run: Callable[[Rows], Report], rows: Rows, index: ItemIndex) -> None:
    run(rows)
    stamp = index.get_item("A19")["updated_at"]
    rows[19]["price"], rows[19]["in_stock"] = 99.5, False
    report = run(rows)
    assert (outcomes(report), report.pictures_embedded) == ({"unchanged": 19, "payload_updated": 1}, 0)
    assert [point.payload["price"] for point in index.points_of(["A19"])["A19"]] == [99.5] * 3
    assert index.get_item("A19")["updated_at"] > stamp


def test_a_field_that_the_feed_drops_is_dropped(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex
) -> None:
    run(rows)
    del rows[0]["price"]
    run(rows)
    assert "price" not in index.get_item("A0")


def test_a_new_title_is_found_by_its_words_without_an_embedding(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, encoder: Encoder
) -> None:
    run(rows)
    vector = index.item_vector("A7")
    rows[7]["title"] = "Zebra"
    assert run(rows).pictures_embedded == 0
    assert index.item_vector("A7") == pytest.approx(vector, abs=1e-6)
    assert index.rank(Wanted(encoder.encode_texts(["zebra"])[0], (Words("zebra"),)), {}, 1)[0].item_id == "A7"


def test_only_the_picture_that_changed_is_embedded(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, tmp_path: Path
) -> None:
    run(rows)
    (tmp_path / "19b.jpg").write_bytes(jpeg(BLUE, (200, 100)))
    report = run(rows)
    assert (outcomes(report), report.pictures_embedded) == ({"unchanged": 19, "embedded": 1}, 1)


def test_pictures_that_the_feed_drops_lose_their_points(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex
) -> None:
    run(rows)
    rows[19]["images"] = ["19.jpg"]
    assert outcomes(run(rows)) == {"unchanged": 19, "payload_updated": 1}
    (point,) = index.points_of(["A19"])["A19"]
    assert [image["source"] for image in point.payload["images"]] == ["19.jpg"]


def test_a_feed_that_lacks_items_leaves_them(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex
) -> None:
    run(rows)
    run(rows[:3])
    assert index.count({}) == 20


BAD_PICTURES = {
    "empty.jpg": (b"", "image_not_an_image"),
    "text.jpg": (b"<html>404</html>", "image_not_an_image"),
    "half.jpg": (jpeg(size=(400, 500))[:3000], "image_undecodable"),
    "pixels.png": (huge_png_header(), "image_too_large_pixels"),
    "bytes.jpg": (jpeg() + b"\0" * 20_000_000, "image_too_many_bytes"),
}
ODD_PICTURES = {
    "cmyk.jpg": encoded(picture(RED).convert("CMYK"), "JPEG"),
    "palette.png": encoded(picture(RED).quantize(8), "PNG"),
    "deep.png": encoded(picture(RED).convert("I;16"), "PNG"),
    "moving.gif": encoded(picture(RED), "GIF", save_all=True, append_images=[picture(BLUE)]),
    "clear.png": encoded(picture(RED).convert("RGBA"), "PNG"),
}


def test_bad_pictures_fail_alone_by_name_and_code(
    run: Callable[[Rows], Report],
    rows: Rows,
    index: ItemIndex,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, (content, _) in BAD_PICTURES.items():
        (tmp_path / name).write_bytes(content)
    for name, content in ODD_PICTURES.items():
        (tmp_path / name).write_bytes(content)
    names = [*BAD_PICTURES, *ODD_PICTURES, "missing.jpg", "ftp://shop.example/a.jpg"]
    report = run(rows[:5] + [{**rows[0], "id": name, "images": [name]} for name in names] + rows[5:])
    assert outcomes(report) == {"embedded": 25, "failed": 7}
    expected = [code for _, code in BAD_PICTURES.values()] + ["image_missing", "image_address_refused"]
    assert sorted(report.problems.elements()) == sorted(expected)
    for name, (_, code) in BAD_PICTURES.items():
        assert any(f"id {name!r}" in line and code in line for line in caplog.messages), name
        with pytest.raises(ItemNotFound):
            index.get_item(name)
    assert index.get_item("cmyk.jpg")["images"][0]["source"] == "cmyk.jpg"


def test_an_item_keeps_its_good_pictures_when_one_is_bad(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, tmp_path: Path
) -> None:
    (tmp_path / "19.jpg").write_bytes(b"damaged")
    report = run(rows)
    assert (outcomes(report), not report.ok) == ({"embedded": 20}, True)
    points = index.points_of(["A19"])["A19"]
    assert [(point.position, point.payload["primary"]) for point in points] == [(1, True), (2, False)]
    assert index.count({}) == 20


def test_a_picture_that_turns_bad_leaves_the_one_that_was_there(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, tmp_path: Path
) -> None:
    run(rows)
    before = index.item_vector("A4")
    (tmp_path / "4.jpg").write_bytes(b"damaged")
    rows[4]["price"] = 77
    report = run(rows)
    assert dict(report.problems) == {"image_not_an_image": 1}
    assert index.get_item("A4")["price"] == 77
    assert index.item_vector("A4") == pytest.approx(before)
    (tmp_path / "4.jpg").write_bytes(jpeg(BLUE))
    assert run(rows).ok
    assert index.item_vector("A4") != pytest.approx(before, abs=1e-3)


def test_bad_rows_are_reported_and_the_rest_goes_on(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, caplog: pytest.LogCaptureFixture
) -> None:
    rows[2] = {**rows[2], "price": "NaN"}
    rows[5] = {name: value for name, value in rows[5].items() if name != "id"}
    rows[9] = {**rows[9], "images": []}
    report = run([*rows, rows[0]])
    assert outcomes(report) == {"embedded": 17, "failed": 4}
    assert report.problems == {"item_invalid": 4}
    said = [line for line in caplog.messages if "item_invalid" in line]
    assert [line.split(": ")[:2] for line in said] == [
        ["feed.jsonl line 3", "price"],
        ["feed.jsonl line 6", "id"],
        ["feed.jsonl line 10", "images"],
        ["feed.jsonl line 21", "id"],
    ]
    assert index.count({}) == 17


def test_thumbnails_are_small_named_by_content_and_made_again_when_lost(
    run: Callable[[Rows], Report], rows: Rows, index: ItemIndex, settings: Settings, tmp_path: Path
) -> None:
    from PIL import Image

    (tmp_path / "0.jpg").write_bytes(jpeg(size=(1000, 1500)))
    run(rows)
    path = thumbnail_path(settings.thumbnail_dir, index.get_item("A0")["image_sha256"])
    with Image.open(path) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (250, 375))
    path.unlink()
    assert outcomes(run(rows)) == {"unchanged": 20}
    assert path.is_file()
    assert not list(settings.thumbnail_dir.rglob("*.part"))


def test_a_folder_of_pictures_is_a_feed(
    tmp_path: Path, settings: Settings, encoder: Encoder, index: ItemIndex
) -> None:
    for name, colour in (("dresses/red.jpg", RED), ("jeans/blue.jpg", BLUE)):
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(jpeg(colour))
    report = ingest(open_feed(str(tmp_path / "pictures")), settings, encoder, index)
    assert outcomes(report) == {"embedded": 2}
    assert index.get_item("dresses/red.jpg")["category"] == "dresses"
