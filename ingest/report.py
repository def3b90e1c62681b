"""What an ingest did: counts by outcome, problems by code, and the closing lines."""

import logging
import time
from collections import Counter
from dataclasses import dataclass, field

from ingest.feeds.rows import Problem
from ingest.prepare import Prepared

# Lines of the report that most runs do not have.
_RARE = {"not_for_sale": "not for sale", "newer": "newer by a push", "deleted": "deleted"}

# Of the problems, as many are kept in words as a person reads before mending the feed.
_TOLD = 5
# What can be added up of the parts of a run, beside items and problems.
_COUNTS = ("read", "pictures_embedded", "resumed", "downloads", "downloaded_bytes", "not_modified")

_log = logging.getLogger(__name__)


@dataclass
class Report:
    """Grows while an ingest runs. `items`: by outcome. `problems`: by code.

    `shared_pictures`: those that another item has, too.
    `resumed`: items that an interrupted run had finished.
    `rejected`: problems of rows, as a rejects file keeps them. `first_problems`: a few, whatever their kind.
    `downloads` of pictures by address; `not_modified`: those that their servers say are unchanged.
    """

    feed: str
    read: int = 0
    pictures_embedded: int = 0
    shared_pictures: int = 0
    resumed: int = 0
    rejected: int = 0
    downloads: int = 0
    downloaded_bytes: int = 0
    not_modified: int = 0
    items: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    first_problems: list[Problem] = field(default_factory=list)
    _started: float = field(default_factory=time.perf_counter)

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def seconds(self) -> float:
        """Since the ingest began."""
        return time.perf_counter() - self._started

    def add(self, batch: Prepared) -> None:
        """Count a batch that is written, and log its problems."""
        self.count(batch)
        for problem in batch.problems:
            self.add_problem(problem)

    def count(self, batch: Prepared) -> None:
        """Count a batch that is written, but not its problems."""
        self.read += batch.read
        self.items["failed"] += batch.failed
        if batch.newer:
            self.items["newer"] += batch.newer
        self.resumed += batch.resumed
        self.downloads += batch.downloads
        self.downloaded_bytes += batch.downloaded_bytes
        self.not_modified += batch.not_modified
        for change in batch.changes:
            self.items[change.outcome] += 1
            self.pictures_embedded += len(change.embed)

    def merge(self, part: "Report") -> None:
        """Add the counts of a part of the same run."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.items.update(part.items)
        self.problems.update(part.problems)

    def add_problem(self, problem: Problem) -> None:
        self.problems[problem.code] += 1
        if problem.raw is not None:
            self.rejected += 1
        if len(self.first_problems) < _TOLD:
            self.first_problems.append(problem)
        _log.warning("%s", problem)

    def lines(self) -> list[str]:
        """The closing report, for a person."""
        seconds = self.seconds
        pictures = f"{self.pictures_embedded:,} pictures, {self.pictures_embedded / seconds:.1f} pictures/s"
        lines = [
            f"{self.feed}: {self.read:,} items read in {seconds:.1f} s",
            f"  embedded         {self.items['embedded']:,} ({pictures})",
            f"  payload updated  {self.items['payload_updated']:,}",
            f"  unchanged        {self.items['unchanged']:,}",
            f"  failed           {self.items['failed']:,}",
        ]
        lines += [f"  {words:<17}{self.items[name]:,}" for name, words in _RARE.items() if name in self.items]
        if self.resumed:
            lines.append(f"  resumed          {self.resumed:,} were finished by the run before")
        if self.shared_pictures:
            lines.append(f"  same pictures    {self.shared_pictures:,} as another item's")
        if self.downloads or self.not_modified:
            size = f"{self.downloaded_bytes / 1e6:,.1f} MB"
            lines.append(
                f"  downloaded       {self.downloads:,} ({size}; {self.not_modified:,} more not modified)"
            )
        if self.problems:
            lines.append("  problems, each named above:")
            lines += [f"    {count:,} {code}" for code, count in self.problems.most_common()]
        return lines
