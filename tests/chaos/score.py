"""What came of it all: faults by kind, answers by kind, and every wrong or lost one in words."""

import threading
from collections import Counter


class Score:
    """Threads may share it."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.unanswered = 0
        self.wrong: list[str] = []
        self.lost: list[str] = []
        self.slowest_recovery_s = 0.0
        self._lock = threading.Lock()

    def fault(self, kind: str) -> None:
        with self._lock:
            self.faults[kind] += 1

    def answer(self, kind: str) -> None:
        with self._lock:
            self.answered[kind] += 1

    def refusal(self, code: str) -> None:
        with self._lock:
            self.refused[code] += 1

    def silence(self) -> None:
        """A connection that ended without an answer: the process was killed under it."""
        with self._lock:
            self.unanswered += 1

    def is_wrong(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)

    def is_lost(self, what: str) -> None:
        with self._lock:
            self.lost.append(what)

    @property
    def is_good(self) -> bool:
        return not self.wrong and not self.lost

    def told(self) -> str:
        refusals = ", ".join(f"{count} {code}" for code, count in self.refused.most_common())
        answers = ", ".join(f"{count} {kind}" for kind, count in self.answered.most_common())
        lines = [
            f"faults injected: {self.faults.total()}",
            *(f"  {count:5}  {kind}" for kind, count in sorted(self.faults.items())),
            f"requests answered: {self.answered.total()} ({answers})",
            f"requests refused:  {self.refused.total()} ({refusals})",
            f"cut off unanswered: {self.unanswered}",
            f"longest until it answered again: {self.slowest_recovery_s:.1f} s",
            f"wrong: {len(self.wrong)}",
            *(f"  {one}" for one in self.wrong[:20]),
            f"lost: {len(self.lost)}",
            *(f"  {one}" for one in self.lost[:20]),
        ]
        return "\n".join(lines)
