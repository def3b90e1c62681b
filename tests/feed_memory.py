"""Memory and speed of reading each kind of feed: `python -m tests.feed_memory [ROWS]` prints a line a kind.

The feeds are written a hundred items at a time, and each is read in a process of its own.
"""

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from catalog.items import Item, parse_item
from ingest.feeds.open_feed import open_feed
from ingest.feeds.rows import Row
from tests.feed_formats import WRITERS, Writer

# What a kind puts around its items: the first line of a table, the root of XML.
_TABLES = ("csv", "merchant-tsv", "shopify-csv")
_ROOTS = {"merchant RSS": (b"<channel>", b"</channel></rss>"), "merchant Atom": (b'1.0">', b"</feed>")}
KINDS = ("csv", "jsonl", "merchant-tsv", "merchant RSS", "merchant Atom", "shopify-csv", "shopify-jsonl")
_AT_ONCE = 100


def items(start: int) -> list[Item]:
    return [
        parse_item({
            "id": f"A{n}", "title": f"Dress {n}", "category": "dresses", "price": n % 500, "colour": "red",
            "images": [f"https://img.example/{n}-{k}.jpg" for k in range(3)], "description": "soft " * 60,
            "brand": "Kelvane", "attributes": {"size": "M"},
        })
        for n in range(start, start + _AT_ONCE)
    ]  # fmt: skip


def parts(kind: str, rows: int) -> Iterator[bytes]:
    """A feed of that many items."""
    write: Writer = WRITERS[kind]
    begin, end = _ROOTS.get(kind, (b"", b""))
    for start in range(0, rows, _AT_ONCE):
        part = write(items(start))
        if kind in _TABLES and start:
            part = part.partition(b"\n")[2]
        if kind == "shopify-jsonl":  # the ids of its products are numbers from 0
            part = part.replace(b"shopify/Product/", b"shopify/Product/%d" % (start + _AT_ONCE))
            part += b"\n"
        if end:
            first, marker, inside = part.partition(begin)
            part = (b"" if start else first + marker) + inside.removesuffix(end)
        yield part
    yield end


def read(path: Path, held: list[Row] | None = None) -> tuple[int, float, float]:
    """Rows that became items, seconds, and by how many MB the process grew over what a small feed takes."""
    before, started, count = 0.0, 0.0, 0
    for name in (path.with_suffix(".small"), path):
        before, started, count = peak_mb_from_now(), time.perf_counter(), 0
        for row in open_feed(str(name)).rows:
            assert isinstance(row, Row), row
            row.to_item()
            count += 1
            if held is not None:
                held.append(row)
    return count, time.perf_counter() - started, peak_mb() - before


def peak_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def peak_mb_from_now() -> float:
    """Forget the peak so far: imports make a higher one than many a feed held in memory."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def measure(kind: str, rows: int, folder: Path, how: str = "--read") -> tuple[int, float, float]:
    """What `read` finds in a process of its own; with `--hold` it keeps every row."""
    path = folder / "feed"
    for name, count in ((path.with_suffix(".small"), 1_000), (path, rows)):
        with name.open("wb") as file:
            file.writelines(itertools.chain(parts(kind, count)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.feed_memory", how, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    count_, seconds, grown = done.stdout.split()
    return int(count_), float(seconds), float(grown)


def main() -> None:
    if sys.argv[1:2] in (["--read"], ["--hold"]):
        held: list[Row] | None = [] if sys.argv[1] == "--hold" else None
        sys.stdout.write(" ".join(map(str, read(Path(sys.argv[2]), held))))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            count, seconds, grown = measure(kind, rows, Path(folder))
        sys.stdout.write(
            f"{kind:<14}{count:>9,} items  {count / seconds:>8,.0f} items/s  grew {grown:.1f} MB\n"
        )


if __name__ == "__main__":
    main()
