"""What tests of feeds share: a feed from bytes, and its rows as items or as what is wrong with them."""

from pathlib import Path

from catalog.errors import ItemInvalid
from catalog.items import Item
from ingest.feeds.open_feed import FeedOptions, open_feed
from ingest.feeds.rows import NotForSale, Problem


def entries(location: Path | str, options: FeedOptions | None = None) -> list[Item | str]:
    """Each row of the feed as an item, or as the text of what is wrong with it."""
    found: list[Item | str] = []
    for row in open_feed(str(location), options or FeedOptions()).rows:
        if isinstance(row, Problem):
            found.append(str(row))
            continue
        try:
            found.append(row.to_item())
        except (ItemInvalid, NotForSale) as error:
            found.append(f"{row.place}: {error}")
    return found


def items(location: Path | str, options: FeedOptions | None = None) -> list[Item]:
    found = entries(location, options)
    assert all(isinstance(entry, Item) for entry in found), found
    return [entry for entry in found if isinstance(entry, Item)]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
