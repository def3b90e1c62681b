"""`--full`, `--dry-run`, `verify`, `status` over a real store: what is deleted, and what never is."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from catalog.encoder import Encoder
from catalog.index import ItemIndex
from catalog.known_encoders import KnownEncoders
from catalog.points import Point, stamped, without_stamp
from catalog.runs import KEPT, last_runs
from catalog.settings import Settings
from ingest.__main__ import cli
from ingest.feeds.rows import FeedUnreadable
from ingest.history import record
from ingest.report import Report
from ingest.run import RunOptions, run_feeds
from tests.pictures import BLUE, jpeg

Rows = list[dict[str, Any]]
COUNT = 20


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    for n in range(COUNT):
        (tmp_path / f"{n}.jpg").write_bytes(jpeg((10 * n, 90, 40)))
    return [
        {"id": f"A{n:02}", "title": f"Thing {n}", "category": "things", "image": f"{n}.jpg", "price": n}
        for n in range(COUNT)
    ]


@pytest.fixture
def feed(tmp_path: Path) -> Callable[..., str]:
    """Writes rows, or lines that are none, as a feed; its path."""

    def write(rows: list[Any], name: str = "feed.jsonl") -> str:
        lines = [row if isinstance(row, bytes) else orjson.dumps(row) for row in rows]
        (tmp_path / name).write_bytes(b"\n".join(lines))
        return str(tmp_path / name)

    return write


@pytest.fixture
def run(settings: Settings, encoder: Encoder) -> Callable[..., Report]:
    """Runs over feeds, `--full` if a share to delete is given; the last report."""

    def run_(*feeds: str, delete_at_most: float | None = None, **options: Any) -> Report:
        chosen = RunOptions(delete_at_most=delete_at_most, **options)
        return run_feeds(feeds, settings, lambda report: None, chosen, KnownEncoders(settings, encoder))[-1]

    return run_


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`python -m ingest …` within this process."""
    monkeypatch.setenv("QDRANT_URL", settings.qdrant_url)
    monkeypatch.setenv("INDEX_ALIAS", settings.index_alias)
    monkeypatch.setenv("STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("THUMBNAIL_DIR", str(settings.thumbnail_dir))
    monkeypatch.setattr("ingest.commands.begin.set_up_logging", lambda level, format: None)
    return lambda *words: CliRunner().invoke(cli, list(words))


def ids(index: ItemIndex) -> set[str]:
    return {point.item_id for point in index.points()}


def test_every_point_is_streamed_once(
    run: Callable[..., Report],
    feed: Callable[..., str],
    rows: Rows,
    index: ItemIndex,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(feed([*rows[:-1], {**rows[-1], "image": "1.jpg|2.jpg|3.jpg"}]))
    monkeypatch.setattr("catalog.scan._PAGE", 7)
    points = list(index.points())
    assert len({point.id for point in points}) == len(points) == COUNT + 2
    assert {point.item_id for point in points} == {row["id"] for row in rows}


def test_full_deletes_what_the_feed_lacks_and_a_plain_run_does_not(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex
) -> None:
    run(feed(rows))
    run(feed(rows[2:]))
    assert len(ids(index)) == COUNT
    report = run(feed(rows[2:]), delete_at_most=0.2)
    assert (report.ok, report.items["deleted"]) == (True, 2)
    assert ids(index) == {row["id"] for row in rows[2:]}
    assert "  deleted          2" in report.lines()


def test_full_refuses_to_delete_more_than_it_may(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex
) -> None:
    run(feed(rows))
    few = feed([*rows[:10], *({**row, "id": f"B{n}"} for n, row in enumerate(rows))])
    report = run(few, delete_at_most=0.2)
    assert dict(report.problems) == {"deletion_refused": 1}, "half of what was there, however much is new"
    assert len(ids(index)) == COUNT + 20
    assert run(few, delete_at_most=0.5).items["deleted"] == 10


@pytest.mark.parametrize(
    ("bad", "deleted", "refused"),
    [
        ({"id": "A00", "title": 7, "category": "c", "image": "0.jpg"}, 1, False),
        ({"id": "A00", "price": "cheap"}, 1, False),
        ({"title": "whose?"}, 0, True),
        (b'{"id": "A00", ', 0, True),
        ({"id": "A00", "title": "t", "category": "c", "image": "gone.jpg"}, 1, False),
    ],
)
def test_an_item_whose_row_failed_is_not_absent(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex,
    bad: Any, deleted: int, refused: bool,
) -> None:  # fmt: skip
    run(feed(rows))
    report = run(feed([*rows[2:], bad]), delete_at_most=0.2)
    assert report.items["deleted"] == deleted
    assert ("deletion_refused" in report.problems) == refused
    assert "A00" in ids(index)


def test_full_deletes_nothing_if_a_feed_breaks_off(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex, tmp_path: Path
) -> None:
    run(feed(rows))
    broken = tmp_path / "feed.gz"
    broken.write_bytes(gzip.compress(Path(feed(rows)).read_bytes() * 2_000)[:-200])
    with pytest.raises(FeedUnreadable, match="cannot be read"):
        run(feed(rows[2:]), str(broken), delete_at_most=1)
    assert len(ids(index)) == COUNT


def test_several_feeds_are_one_catalogue_and_the_first_counts(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex
) -> None:
    run(feed(rows))
    first, second = feed(rows[:10]), feed([*rows[10:18], {**rows[0], "title": "Other"}], "second.jsonl")
    report = run(first, second, delete_at_most=0.2)
    assert (report.items["deleted"], dict(report.problems)) == (2, {"item_invalid": 1})
    assert index.get_item("A00")["title"] == "Thing 0"


def test_what_was_written_since_the_run_began_is_kept(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex
) -> None:
    run(feed(rows))
    (point,) = index.points_of(["A00"])["A00"]
    later = datetime.now(UTC) + timedelta(minutes=1)
    index.overwrite_payloads({point.id: stamped(without_stamp(point.payload), later)})
    assert run(feed(rows[2:]), delete_at_most=0.2).items["deleted"] == 1
    assert "A00" in ids(index)


def test_a_dry_run_says_what_would_change_and_writes_nothing(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex, tmp_path: Path,
    command: Callable[..., Result], settings: Settings,
) -> None:  # fmt: skip
    assert "  new                20: A00, A01" in command("run", feed(rows), "--dry-run", "--full").output
    assert not settings.state_dir.exists() and not settings.thumbnail_dir.exists()
    run(feed(rows))
    before = {point.id: point.updated_at for point in index.points()}
    thumbnails = sorted(settings.thumbnail_dir.rglob("*"))
    (tmp_path / "5.jpg").write_bytes(jpeg(BLUE))
    rows[4]["price"] = 99
    changed = feed([*rows[1:], {**rows[0], "id": "B1"}, {"id": "B2"}])
    done = command("run", changed, "--dry-run", "--full")
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "  new                1: B1",
        "  new pictures       1: A05",
        "  payload updated    1: A04",
        "  unchanged          17",
        "  deleted            1: A00",
        "  failed             1",
    ]
    assert {point.id: point.updated_at for point in index.points()} == before
    assert sorted(settings.thumbnail_dir.rglob("*")) == thumbnails


def test_a_dry_run_says_that_too_much_would_be_deleted(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, command: Callable[..., Result]
) -> None:
    run(feed(rows))
    output = command("run", feed(rows[:10]), "--dry-run", "--full").output
    assert "10 of 20 items are absent, more than 20%, so nothing is deleted" in output


def test_verify_finds_every_kind_of_difference_and_repairs_it(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex, tmp_path: Path,
    command: Callable[..., Result],
) -> None:  # fmt: skip
    run(feed([*rows[1:], {**rows[1], "id": "extra"}]))
    path = feed(rows)
    payload = index.points_of(["A07"])["A07"][0]
    index.overwrite_payloads({payload.id: {**payload.payload, "price": -1}})
    (tmp_path / "9.jpg").write_bytes(jpeg(BLUE))
    found = command("verify", path)
    assert found.exit_code == 1
    assert found.output.splitlines() == [
        "  missing            1: A00",
        "  extra              1: extra",
        "  different pictures 1: A09",
        "  different payload  1: A07",
        "  equal              17",
        "  failed             0",
    ]
    repaired = command("verify", path, "--repair")
    assert repaired.exit_code == 0, repaired.output
    again = command("verify", path)
    assert (again.exit_code, "  equal              20" in again.output) == (0, True)


@pytest.mark.parametrize(
    "damage",
    [{"position": None}, {"position": 7}, {"images": "none"}, {"image_sha256": None}, {"model": None},
     {"updated_at": "yesterday"}, {"terms": "none", "title": 5}, {"item_id": None}, None],
    ids=str,
)  # fmt: skip
def test_points_that_another_program_damaged_are_found_and_repaired(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex,
    command: Callable[..., Result], damage: dict[str, Any] | None,
) -> None:  # fmt: skip
    path = feed(rows[:5])
    run(path)
    (point,) = index.points_of(["A03"])["A03"]
    left = {k: v for k, v in (point.payload | damage).items() if v is not None} if damage else {}
    index.overwrite_payloads({point.id: left})
    found = command("verify", path)
    assert found.exit_code == 1
    assert "  equal              4" in found.output
    assert command("verify", path, "--repair", "--delete-at-most", "0.5").exit_code == 0
    again = command("verify", path)
    assert (again.exit_code, "  equal              5" in again.output) == (0, True)
    assert ids(index) == {f"A{n:02}" for n in range(5)}


def test_a_point_of_another_id_is_no_picture_of_its_item(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex
) -> None:
    path = feed(rows[:5])
    run(path)
    (point,) = index.points_of(["A03"])["A03"]
    vector = index.image_vectors([point.id])[point.id]
    index.upsert([Point("11111111-1111-1111-1111-111111111111", vector, "thing", point.payload)])
    index.delete_points([point.id])
    assert run(path).items["embedded"] == 1
    assert [one.id for one in index.points_of(["A03"])["A03"]] == [point.id]


def test_verify_repairs_from_no_feed_that_is_gone_once_read(command: Callable[..., Result]) -> None:
    done = command("verify", "-", "--repair")
    assert done.exit_code == 2
    assert "cannot be read a second time" in done.output


def test_rejects_are_fed_again_once_mended(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, index: ItemIndex, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.jsonl"
    bad = [
        {**rows[0], "price": "cheap"},
        b'{"id": "A01", "title": "Thing 1"',
        {**rows[2], "image": "gone.jpg"},
    ]
    report = run(feed([*bad, *rows[3:]]), rejects=rejects)
    assert report.items["failed"] == 3
    lines = [orjson.loads(line) for line in rejects.read_bytes().splitlines()]
    codes = [line["rejected"]["code"] for line in lines]
    assert codes == ["item_invalid", "row_malformed", "image_missing"]
    text = rejects.read_text().replace('"cheap"', "3").replace("gone.jpg", "2.jpg")
    text = text.replace(
        '\\"Thing 1\\"', '\\"Thing 1\\", \\"category\\": \\"things\\", \\"image\\": \\"1.jpg\\"}'
    )
    rejects.write_text(text)
    with pytest.raises(FeedUnreadable, match="rejects cannot be written there"):
        run(str(rejects), rejects=rejects)
    mended = run(str(rejects))
    assert (mended.ok, mended.items["embedded"]) == (True, 3)
    assert index.count({}) == COUNT


def test_status_tells_the_index_and_how_runs_ended(
    run: Callable[..., Report], feed: Callable[..., str], rows: Rows, command: Callable[..., Result],
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert "nothing is ingested yet; model compact\nfeeds: none" in command("status").output
    path = feed(rows)
    run(path)
    assert command("run", feed([], "empty.csv")).exit_code == 1
    monkeypatch.setenv("FEEDS", f"{path},later.csv")
    lines = command("status").output.splitlines()
    assert lines[0] == f"index: {settings.index_alias}-compact-1, model compact"
    assert lines[1] == "items: 20 with 20 pictures"
    assert lines[3].startswith(f"  {path}: ") and lines[3].endswith("20 embedded, no problem")
    assert lines[4] == "  later.csv: never ingested"


def test_the_file_of_runs_stays_small_and_survives_damage(settings: Settings) -> None:
    settings.state_dir.mkdir()
    for n in range(KEPT + 5):
        record(settings, [f"{n}.csv"], datetime.now(UTC), "no such file")
    (path,) = settings.state_dir.glob("runs-*")
    path.write_bytes(path.read_bytes() + b'{"feeds": ["torn')
    runs = last_runs(settings)
    assert (len(runs), list(runs[-1].feeds)) == (KEPT, [f"{KEPT + 4}.csv"])


def test_a_shopify_draft_is_passed_over_and_full_deletes_it(
    run: Callable[..., Report], tmp_path: Path, index: ItemIndex
) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg())
    path = tmp_path / "products.csv"
    header = "Handle,Title,Variant Price,Image Src,Status\n"
    lines = [f"h{n},Dress,1{n}.00,1.jpg,active\n" for n in range(10)]
    path.write_text(header + "".join(lines))
    assert run(str(path)).items["embedded"] == 10
    path.write_text(header + "".join([lines[0].replace("active", "draft"), *lines[1:]]))
    assert run(str(path)).items["not_for_sale"] == 1
    assert len(ids(index)) == 10
    assert run(str(path), delete_at_most=0.2).items["deleted"] == 1
