"""What `python -m ingest status` says: the index, and how the last runs ended."""

from collections.abc import Iterator

from catalog.errors import IndexEmpty
from catalog.index import ItemIndex
from catalog.runs import Run, last_runs
from catalog.settings import Settings
from ingest.connect import connected
from ingest.fetch.locations import without_credentials

RUNS_SHOWN = 5


def status_lines(settings: Settings) -> list[str]:
    """For a person. Raises CatalogError if the store or the model does not answer."""
    with connected(settings) as (index, encoder):
        lines = list(_of_index(index, encoder.name))
    runs = last_runs(settings)
    latest = {feed: run for run in runs for feed in run.feeds}
    names = list(dict.fromkeys([*map(without_credentials, settings.feeds), *latest]))
    lines += ["feeds:" if names else "feeds: none"]
    lines += [f"  {name}: {_ended(latest[name]) if name in latest else 'never ingested'}" for name in names]
    if runs:
        lines.append("last runs:")
        lines += [f"  {', '.join(run.feeds)}: {_ended(run)}" for run in reversed(runs[-RUNS_SHOWN:])]
    return lines


def _of_index(index: ItemIndex, model: str) -> Iterator[str]:
    try:
        version = index.version()
    except IndexEmpty:
        yield f"index: nothing is ingested yet; model {model}"
        return
    yield f"index: {version}, model {model}"
    yield f"items: {index.count({}):,} with {index.count_pictures():,} pictures"


def _ended(run: Run) -> str:
    """When a run began, how long it took, and what it did or what ended it."""
    start = f"{run.began.isoformat(timespec='seconds')}, {run.seconds:g} s"
    if run.error is not None:
        return f"{start}, not done: {run.error}"
    counts = [f"{count:,} {name.replace('_', ' ')}" for name, count in run.items.items() if count]
    problems = sum(run.problems.values())
    return ", ".join([start, *counts, f"{problems:,} problems" if problems else "no problem"])
