"""A whole catalogue in, again unchanged, and again a little changed: `python -m bench.ingest FOLDER`.

FOLDER holds products.csv and its pictures. Beside it, in the same run, the plain loop of bench/plain_loop.py
over some of the same pictures. Every ingest is a process of its own, its start included. --photos OTHER
compares both on the larger pictures of another such folder, too: a few hundred, so there neither's start
counts.
"""

import argparse
import csv
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageOps
from qdrant_client import QdrantClient
from qdrant_client.http.models import CollectionStatus

from bench.ingest_process import ROOT, Ended, ingest
from bench.machine import machine
from tests.vectorstore_process import serving

FASTER_THAN_PLAIN, FASTER_UNCHANGED, MEMORY_GROWS = 3.0, 20.0, 1.15
NEW_PRICES, NEW_PICTURES = 0.01, 0.005

Rows = list[dict[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, help="only so many of its products")
    parser.add_argument("--photos", type=Path, help="a folder of larger pictures")
    parser.add_argument("--rounds", type=int, default=3, help="of the larger pictures")
    parser.add_argument("--plain", type=int, default=1_500, help="pictures of the plain loop")
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name, serving() as store:
        rows = _rows(arguments.folder)[: arguments.items]
        if arguments.photos:
            _measure_photos(_rows(arguments.photos), Path(name), store.url, arguments.rounds)
        _measure(rows, Path(name), store.url, min(arguments.plain, len(rows)))


def _measure_photos(rows: Rows, folder: Path, url: str, rounds: int) -> None:
    """Both in turns, each time from nothing."""
    ratios: list[float] = []
    rates: list[float] = []
    plain: list[float] = []
    rows = [{"title": f"Photo {number}", **row} for number, row in enumerate(rows)]
    feed = _written(rows, folder / "photos.csv")
    for number in range(rounds):
        plain.append(_plain_loop([row["image"] for row in rows], folder, url))
        state = folder / f"photos-{number}"
        environ = _environ(url, f"photos-{number}", state)
        ended = ingest("run", feed, environ=environ)
        assert ended.count("embedded") == len(rows), ended.lines
        rates.append(len(rows) / ended.told_s)
        ratios.append(rates[-1] / plain[-1])
    print(f"{len(rows):,} photos, neither's start counted, the median of {rounds} rounds:")
    beside = f"beside {statistics.median(plain):.0f} of the plain loop"
    rate = statistics.median(rates)
    _ratio(f"  {rate:.0f} pictures/s {beside}", statistics.median(ratios), FASTER_THAN_PLAIN)


def _measure(rows: Rows, folder: Path, url: str, plain: int) -> None:
    sample = random.Random(1).sample(rows, plain)  # noqa: S311 - pictures, no secrets
    by_hand = _plain_loop([row["image"] for row in sample], folder, url)
    environ = _environ(url, "bench", folder)
    feed = _written(rows, folder / "products.csv")
    first = ingest("run", feed, environ=environ)
    _say(f"first ingest of {len(rows):,}", first)
    rate = len(rows) / first.seconds
    _ratio(
        f"  {rate:.0f} pictures/s beside {by_hand:.0f} of the plain loop", rate / by_hand, FASTER_THAN_PLAIN
    )
    _wait_for_optimiser(url)
    second = ingest("run", feed, environ=environ)
    _say("unchanged", second)
    assert second.count("unchanged") == len(rows), second.lines
    _ratio("  as fast as the first", first.seconds / second.seconds, FASTER_UNCHANGED)
    prices, pictures = _change(rows, folder)
    third = ingest("run", _written(rows, folder / "products.csv"), environ=environ)
    _say(f"{prices} new prices, {pictures} new pictures", third)
    assert (third.count("payload updated"), third.count("embedded")) == (prices, pictures), third.lines
    verified = ingest("verify", feed, environ=environ)
    print(f"verify: {'no difference' if verified.status == 0 else 'DIFFERS'} in {verified.seconds:.1f} s")


def _environ(url: str, alias: str, folder: Path) -> dict[str, str]:
    return {
        "QDRANT_URL": url, "INDEX_ALIAS": alias, "STATE_DIR": str(folder / "state"),
        "THUMBNAIL_DIR": str(folder / "thumbnails"),
    }  # fmt: skip


def _wait_for_optimiser(url: str) -> None:
    """Until the store has indexed what the first ingest wrote: that takes a core from what runs beside."""
    client = QdrantClient(url=url, check_compatibility=False)
    while client.get_collection("bench").status != CollectionStatus.GREEN:
        time.sleep(0.5)
    client.close()


def _say(what: str, ended: Ended) -> None:
    growth = ended.late_mb / ended.early_mb if ended.early_mb else 0
    flat = "flat" if growth <= MEMORY_GROWS else "GROWS"
    print(
        f"{what}: {ended.seconds:.1f} s, exit code {ended.status}; memory {ended.early_mb:.0f} MB early,"
        f" {ended.late_mb:.0f} MB late, {ended.highest_mb:.0f} MB at most: {flat}", flush=True,
    )  # fmt: skip


def _ratio(what: str, ratio: float, goal: float) -> None:
    print(f"{what}: {ratio:.1f}  goal {goal:g} {'ok' if ratio >= goal else 'MISSED'}", flush=True)


def _rows(folder: Path) -> Rows:
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        return [{**row, "image": str((folder / row["image"]).resolve())} for row in csv.DictReader(file)]


def _written(rows: Rows, path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def _change(rows: Rows, folder: Path) -> tuple[int, int]:
    """Give some rows other prices, and others other pictures; how many of each."""
    dice = random.Random(2)  # noqa: S311 - pictures, no secrets
    prices, pictures = round(NEW_PRICES * len(rows)), round(NEW_PICTURES * len(rows))
    chosen = dice.sample(rows, prices + pictures)
    for number, row in enumerate(chosen[:prices]):
        row["price"] = f"{1000 + number}.00"
    for row in chosen[prices:]:
        path = folder / f"new-{row['id']}.png"
        with Image.open(row["image"]) as picture:
            ImageOps.mirror(picture.convert("RGB")).save(path)
        row["image"] = str(path)
    return prices, pictures


def _plain_loop(pictures: list[str], folder: Path, url: str) -> float:
    names = folder / "pictures.txt"
    names.write_text("\n".join(pictures), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bench.plain_loop", url, str(names)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


if __name__ == "__main__":
    main()
