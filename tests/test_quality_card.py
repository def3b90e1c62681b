"""`python -m ingest evaluate --card`: the table of a model card, from a catalogue and without a store."""

import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from catalog.encoder import Encoder
from catalog.errors import SettingInvalid
from catalog.images import ImageLimits, decode_image
from catalog.settings import BUNDLED_MODEL, Settings
from ingest.quality.card import CardWish, LabelUnknown, measure_cards
from tests.pictures import jpeg
from tests.processes import free_port, run_program

COLOURS = {"red": (200, 20, 40), "blue": (30, 60, 180), "green": (20, 140, 60), "black": (15, 15, 15)}
ARTICLES = ("dress", "bag", "shirt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve products, the first of them with two pictures; one more has no colour, and one no picture."""
    folder = tmp_path_factory.mktemp("catalogue")
    lines = []
    for n, (colour, rgb) in enumerate(COLOURS.items()):
        for m, article in enumerate(ARTICLES):
            name = f"{colour}-{article}"
            (folder / f"{name}.jpg").write_bytes(jpeg(rgb, (100 + 20 * m, 150 + 10 * n)))
            lines.append(
                {"id": name, "title": f"{colour} {article}", "category": article, "colour": colour,
                 "season": "summer" if m else "winter", "images": [f"{name}.jpg"]}
            )  # fmt: skip
    (folder / "second.jpg").write_bytes(jpeg((190, 30, 50), (90, 90)))
    lines[0]["images"] += ["second.jpg"]
    lines[-1].pop("colour")
    lines.append({"id": "gone", "title": "Gone", "category": "bag", "images": ["gone.jpg"]})
    (folder / "feed.jsonl").write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No store answers there."""
    url = f"http://127.0.0.1:{free_port()}"
    return Settings(_env_file=None, qdrant_url=url, state_dir=tmp_path / "state")


def test_the_rows_are_those_of_a_search_by_hand(folder: Path, settings: Settings, encoder: Encoder) -> None:
    names = [f"{colour}-{article}" for colour in COLOURS for article in ARTICLES]
    files = ["second", *names]
    items = ["red-dress", *names]
    pictures = encoder.encode_images(
        [decode_image((folder / f"{name}.jpg").read_bytes(), ImageLimits()) for name in files]
    )

    def found(query: np.ndarray, without: str | None = None) -> list[str]:
        order = [items[place] for place in np.argsort(-(pictures @ query), kind="stable")]
        return [name for name in dict.fromkeys(order) if name != without]

    def colour(name: str) -> str | None:
        return None if name == names[-1] else name.partition("-")[0]

    titles = encoder.encode_texts([name.replace("-", " ") for name in names])
    by_title = {name: found(vector) for name, vector in zip(names, titles, strict=True)}
    by_picture = [(name, found(vector, name)) for name, vector in zip(items, pictures, strict=True)]
    (card,) = measure_cards(
        CardWish((str(folder / "feed.jsonl"),), ("colour",)), settings, lambda report: None
    ).cards
    expected = {
        "title to image, recall@1": np.mean([answer[0] == name for name, answer in by_title.items()]),
        "title to image, recall@10": np.mean([name in answer[:10] for name, answer in by_title.items()]),
        "title to image, colour precision@10": np.mean(
            [sum(colour(one) == colour(name) for one in answer[:10]) / 10
             for name, answer in by_title.items() if colour(name)]
        ),
        "image to image, colour precision@5": np.mean(
            [sum(colour(one) == colour(name) for one in answer[:5]) / 5
             for name, answer in by_picture if colour(name)]
        ),
    }  # fmt: skip
    assert {name: mean.value for name, mean in card.rows.items()} == pytest.approx(expected)
    assert (card.items, card.pictures) == (12, 13)
    counts = [mean.count for mean in card.rows.values()]
    assert counts == [12, 12, 11, 12]  # of what has no colour nothing can be right


def test_a_label_that_nothing_has_is_named_with_those_there_are(folder: Path, settings: Settings) -> None:
    wish = CardWish((str(folder / "feed.jsonl"),), ("size",))
    with pytest.raises(LabelUnknown, match="--label size: .* category, colour, season"):
        measure_cards(wish, settings, lambda report: None)


def test_two_models_stand_side_by_side_without_a_store(folder: Path, settings: Settings) -> None:
    other = settings.state_dir.parent / "other"
    shutil.copytree(BUNDLED_MODEL, other)
    done = run_program(
        "-m", "ingest", "evaluate", "--card", folder / "feed.jsonl", "--label", "season", "--against", other,
        environ={"QDRANT_URL": settings.qdrant_url, "STATE_DIR": str(settings.state_dir)},
    )  # fmt: skip
    assert done.returncode == 1 and "gone.jpg" in done.stderr  # its picture is not there
    assert "model compact, 12 products, 13 pictures" in done.stdout
    assert "title to image, recall@1: other and compact are equal." in done.stdout
    assert not settings.state_dir.exists()


def test_a_model_that_is_not_there_is_said_before_the_feed_is_read(folder: Path, settings: Settings) -> None:
    wish = CardWish((str(folder / "no-feed.jsonl"),), against=str(folder / "no-model"))
    with pytest.raises(SettingInvalid, match="no-model"):
        measure_cards(wish, settings, lambda report: None)


@pytest.mark.parametrize(
    ("options", "said"),
    [((), "--queries FILE, or --card FEED"), (("--card", "x", "--k", "3"), "--k does not go with --card"),
     (("--card", "x", "--against", "keyword"), "--against takes a model"),
     (("--queries", "x", "--label", "y"), "--label does not go with --queries")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(options: tuple[str, ...], said: str) -> None:
    done = run_program("-m", "ingest", "evaluate", *options)
    assert done.returncode == 2 and said in done.stderr
