"""ingest/sample: the drawn catalogue is always the same, whole, and has answers to each of its queries."""

import csv
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ingest.sample import draw_catalogue, products, sample_queries
from ingest.sample.catalogue import picture
from ingest.sample.writer import COLUMNS
from tests.drawn_sample import drawn_sample

NOTEBOOK_CATEGORIES = {
    "dresses",
    "jumpsuits/overalls",
    "maternity",
    "uniforms/work & safety",
    "hoodies/sweatshirts",
}


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_sample(request, tmp_path_factory)


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> Iterator[tuple[str, str, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path.name, hashlib.sha256(content).hexdigest(), path.stat().st_mtime_ns


def test_about_three_hundred_garments_and_shoes_bags_and_more(rows: list[dict[str, str]]) -> None:
    assert tuple(rows[0]) == COLUMNS
    categories = {row["category"] for row in rows}
    assert categories > NOTEBOOK_CATEGORIES | {"shoes", "bags", "t-shirts", "jeans", "skirts"}
    accessories = {"shoes", "bags", "hats", "belts", "scarves", "sunglasses", "watches"}
    assert 250 <= sum(row["category"] not in accessories for row in rows) <= 350
    for category in NOTEBOOK_CATEGORIES:
        assert sum(row["category"] == category for row in rows) >= 15


def test_every_product_has_its_fields(rows: list[dict[str, str]]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert all(row[name] for name in COLUMNS if name != "sleeve"), row
        assert 5 < float(row["price"]) < 300
    in_stock = sum(row["in_stock"] == "true" for row in rows) / len(rows)
    assert 0.75 < in_stock < 0.95
    assert len({row["brand"] for row in rows}) >= 5


def test_every_picture_is_there_and_480_by_600(folder: Path, rows: list[dict[str, str]]) -> None:
    names = [name for row in rows for name in row["images"].split("|")]
    assert len(set(names)) == len(names) > len(rows)
    assert {path.name for path in (folder / "images").iterdir()} == {Path(name).name for name in names}
    for name in names:
        with Image.open(folder / name) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (480, 600), "RGB")


def test_no_two_pictures_are_the_same(folder: Path) -> None:
    hashes = [hash_ for name, hash_, _ in files(folder) if name.endswith(".jpg")]
    assert len(set(hashes)) == len(hashes)


def test_a_picture_is_drawn_the_same_each_time() -> None:
    for product in products()[::60]:
        for number in range(product.views):
            assert picture(product, number).tobytes() == picture(product, number).tobytes()


def test_a_second_run_rewrites_nothing_and_an_interrupted_one_is_completed(
    folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folder, tmp_path / "sample"))
    before = list(files(folder))
    assert draw_catalogue(folder) == len(products())
    assert list(files(folder)) == before

    images = sorted((folder / "images").iterdir())
    images[3].unlink()
    images[200].write_bytes(b"")  # what a power cut can leave
    (folder / "products.csv").unlink()
    draw_catalogue(folder)
    assert [entry[:2] for entry in files(folder)] == [entry[:2] for entry in before]


def test_every_query_has_at_least_five_right_answers() -> None:
    queries = sample_queries()
    assert len(queries) >= 40
    assert len({query.text for query in queries}) == len(queries)
    assert {query.category for query in queries} > NOTEBOOK_CATEGORIES
    shop = products()
    poor = {query.text: sum(map(query.fits, shop)) for query in queries}
    assert {text: count for text, count in poor.items() if count < 5} == {}


def test_the_same_cut_comes_in_several_colours() -> None:
    reds = [
        product for product in products() if (product.family.category, product.colour) == ("dresses", "red")
    ]
    assert len({product.family.name for product in reds}) >= 4
    for product in reds:
        cut = [other for other in products() if other.family is product.family]
        assert len({other.colour for other in cut}) >= 2
