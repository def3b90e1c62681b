"""`python -m ingest report`: what is held out, what may not be found, and the page as a stranger opens it."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from catalog.near_duplicates import SAME_PICTURE
from catalog.settings import Settings
from ingest.quality.confusion import OTHER, confusion, precisions
from ingest.quality.embedded import Embedded, Shot
from ingest.quality.neighbours import Found, Neighbour, hold_out, nearest_of_rest, worst_first
from ingest.quality.picture_map import lay_out
from ingest.quality.report import ReportWish, TooFewPictures, Written, write_report
from ingest.run import RunOptions
from tests.processes import free_port, run_program

pytest_plugins = ("tests.browser_fixtures",)

SCRIPT = "<script>alert(1)</script>"


def shot(item: str, category: str = "a", product: str | None = None, sha256: str | None = None) -> Shot:
    return Shot(item, product or item, f"Title {item}", category, None, sha256 or f"file of {item}")


def catalogue(shots: list[Shot], vectors: list[list[float]]) -> Embedded:
    rows = np.asarray(vectors, dtype=np.float32)
    return Embedded(shots, rows / np.linalg.norm(rows, axis=1, keepdims=True), Path(), [])


def found_ids(found: Found) -> list[str]:
    return [neighbour.shot.item_id for neighbour in found.nearest]


def test_what_is_held_out_is_a_fixed_share_and_never_looked_through() -> None:
    held, rest = hold_out(605, 0.05, 99)
    assert len(held) == 30 and not set(held) & set(rest) and len(held) + len(rest) == 605
    assert hold_out(605, 0.05, 99)[0].tolist() == held.tolist() != hold_out(605, 0.05, 1)[0].tolist()
    assert [len(part) for part in hold_out(2, 0.01, 0)] == [1, 1]


def test_neither_the_same_product_nor_the_same_picture_is_found() -> None:
    near = [1.0, 0.2]
    shots = [
        shot("A"),
        shot("A", sha256="another"),  # another picture of the same item
        shot("B", product="group 1"), shot("C", product="group 1"),  # variants
        shot("D", sha256="file of A"),  # the same file under another item
        shot("E"),  # nearly the same picture
        shot("F"), shot("F"), shot("G"),
    ]  # fmt: skip
    vectors = [[1, 0], near, [1, 0.3], [1, 0.45], [1, 0.4], [1, 0.01], [1, 0.5], [1, 0.6], [1, 0.9]]
    embedded = catalogue(shots, [list(map(float, vector)) for vector in vectors])
    everything = np.arange(len(shots))
    of_a, of_b = nearest_of_rest(embedded, np.array([0, 2]), np.delete(everything, [0, 2]))
    assert found_ids(of_a) == ["C", "F", "G"]  # F once, by its better picture
    assert of_a.nearest[1].cosine == pytest.approx(1 / np.hypot(1, 0.5))
    assert of_a.left_out == 2
    assert "C" not in found_ids(of_b)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 8), st.integers(-20, 20)),
        min_size=2,
        max_size=25,
    ),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_no_neighbour_ever_leaks(rows: list[tuple[int, int, int, int]], seed: int) -> None:
    shots = [
        shot(f"{product}-{item}", product=f"p{product}", sha256=str(file)) for product, item, file, _ in rows
    ]
    embedded = catalogue(shots, [[1.0, angle / 10] for *_, angle in rows])
    held, rest = hold_out(len(rows), 0.3, seed)
    for query, found in zip(held, nearest_of_rest(embedded, held, rest), strict=True):
        cosines = embedded.vectors[rest] @ embedded.vectors[query]
        best: dict[str, float] = {}
        for place, cosine in zip(rest, cosines, strict=True):
            other = shots[place]
            is_other = other.product != shots[query].product and other.sha256 != shots[query].sha256
            if is_other and cosine < SAME_PICTURE:
                best[other.item_id] = max(best.get(other.item_id, -1.0), float(cosine))
        expected = sorted(best.values(), reverse=True)[:5]
        assert [neighbour.cosine for neighbour in found.nearest] == pytest.approx(expected)
        assert len(set(found_ids(found))) == len(found.nearest)


def found_of(category: str, *neighbours: str) -> Found:
    return Found(shot("q", category), [Neighbour(shot("n", one), 0.5) for one in neighbours], 0)


def test_precision_and_confusion_are_those_counted_by_hand() -> None:
    found = [found_of("a", "a", "a", "b", "b", "c"), found_of("a", "a"), found_of("b", *"bbbbb")]
    assert {name: mean.value for name, mean in precisions(found).items()} == pytest.approx({"a": 0.3, "b": 1})
    table = confusion(found)
    assert table.categories == ["a", "b", OTHER]
    assert table.rows == [("a", [3, 2, 1]), ("b", [0, 5, 0])]
    assert [one.precision for one in worst_first(found, by_category=True)] == [0.2, 0.4, 1.0]


def test_the_map_is_the_same_every_time_and_keeps_like_with_like() -> None:
    dice = np.random.default_rng(5)
    middles = np.eye(4, 16)[np.repeat(np.arange(4), 10)]
    vectors = (middles + dice.normal(0, 0.05, middles.shape)).astype(np.float32)
    places = lay_out(vectors, 7)
    assert np.array_equal(places, lay_out(vectors, 7))
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 10 == np.arange(40) // 10).all()


def draw(path: Path, seed: int) -> None:
    """A picture unlike the others: shapes by dice."""
    dice = np.random.default_rng(seed)
    image = Image.new("RGB", (90, 120), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(4):
        x, y, width, height = (int(number) for number in dice.integers(5, 60, 4))
        colour = tuple(int(number) for number in dice.integers(0, 255, 3))
        (pen.rectangle if dice.random() < 0.5 else pen.ellipse)((x, y, x + width, y + height), fill=colour)
    image.save(path, "JPEG")


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """No store answers there, and nothing may be written into the folders of an ingest."""
    folder = tmp_path_factory.mktemp("unused")
    return {
        "QDRANT_URL": f"http://127.0.0.1:{free_port()}",
        "STATE_DIR": str(folder / "state"),
        "THUMBNAIL_DIR": str(folder / "thumbnails"),
    }


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feed")
    lines = []
    for number in range(30):
        draw(folder / f"{number}.jpg", number)
        lines.append(
            {
                "id": f"A{number}", "title": f"{SCRIPT} {number}", "images": [f"{number}.jpg"],
                "category": ("<b>bags</b>", "hats")[number % 2],
                "url": f'https://shop.example/p/{number}?"onmouseover="alert(1)',
            }
        )  # fmt: skip
    lines.append({"id": "gone", "title": "Gone", "category": "hats", "images": ["gone.jpg"]})
    path = folder / "feed.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    return path


class Elements(HTMLParser):
    """Every element of a page with its attributes, and what it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def report(feed: Path, environ: dict[str, str]) -> Path:
    output = feed.parent / "pages" / "report.html"
    done = run_program(
        "-m", "ingest", "report", feed, "--holdout", "0.2", "--show", "4", "--output", output, environ=environ
    )
    assert done.returncode == 1, done.stderr  # one picture is not there
    assert "30 pictures of feed.jsonl, 6 of them held out" in done.stdout
    assert "1 image_missing" in done.stdout and "gone.jpg" in done.stderr
    return output


def test_axe_finds_no_violation_in_the_page(report: Path, tab: Page) -> None:
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.goto(report.as_uri())
        violations = Axe().run(tab).response["violations"]
        assert violations == [], [(one["id"], one["nodes"][0]["html"]) for one in violations]


def test_the_page_needs_no_other_host_and_runs_nothing(report: Path, environ: dict[str, str]) -> None:
    page = report.read_text(encoding="utf-8")
    elements = Elements(page)
    assert not {"script", "link", "iframe", "object", "b"} & {tag for tag, _ in elements.elements}
    assert {str(image["src"]).partition(",")[0] for image in elements.of("img")} == {
        "data:image/jpeg;base64", "data:image/png;base64",
    }  # fmt: skip
    assert all(image["alt"] for image in elements.of("img"))
    assert not [name for _, given in elements.elements for name in given if name.startswith("on")]
    links = [str(link["href"]) for link in elements.of("a")]
    assert links and all(link.startswith(("#", "https://shop.example/p/")) for link in links)
    assert "url(" not in page and "@import" not in page
    assert len(elements.of("article")) == 4 and "4 of 6" in page
    for element in ("categories", "confusion", "map", "queries"):
        assert any(given.get("id") == element for _, given in elements.elements)
    levels = [int(tag[1]) for tag, _ in elements.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(
        after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)
    )
    for image in elements.of("img"):
        content = base64.b64decode(str(image["src"]).partition(",")[2])
        picture = Image.open(io.BytesIO(content))
        assert max(picture.size) <= 160 or picture.format == "PNG"
    assert not Path(environ["STATE_DIR"]).exists() and not Path(environ["THUMBNAIL_DIR"]).exists()


def pictures_of(feed: Path, folder: Path, count: int) -> str:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes((feed.parent / f"{number}.jpg").read_bytes())
    return str(folder)


def written(folder: str, output: Path, environ: dict[str, str]) -> Written:
    settings = Settings(_env_file=None, **{name.lower(): value for name, value in environ.items()})
    return write_report([folder], RunOptions(), ReportWish(output=output), settings, lambda report: None)


def test_a_folder_without_labels_gives_neighbours_and_a_map(
    feed: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    output = tmp_path / "report.html"
    done = written(pictures_of(feed, tmp_path / "pictures", 20), output, environ)
    assert done.ok and "precision" not in "".join(done.lines)
    page = output.read_text(encoding="utf-8")
    given = {str(attributes.get("id")) for _, attributes in Elements(page).elements}
    assert {"map", "queries"} <= given and not {"categories", "confusion"} & given
    assert "Precision" not in page and "wrong" not in page.partition("</style>")[2]


def test_one_picture_is_too_few(feed: Path, environ: dict[str, str], tmp_path: Path) -> None:
    folder = pictures_of(feed, tmp_path / "one", 1)
    with pytest.raises(TooFewPictures, match="needs two or more"):
        written(folder, tmp_path / "report.html", environ)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
