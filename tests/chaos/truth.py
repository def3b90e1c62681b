"""What each item may be at a moment: the states that it was sent, and which of them are surely past."""

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class State:
    """What of an item is looked at; an item that is not there has none of it."""

    title: str
    price: float


@dataclass
class History:
    """States in the order in which they were sent, the first being what was there before.

    `surely`: the index of the last one that is known to be done, by its outcome or because it was seen.
    """

    states: list[State | None] = field(default_factory=lambda: [None])
    surely: int = 0


class Truth:
    """Histories by item id. One writer an item; threads may share the rest."""

    def __init__(self) -> None:
        self._histories: dict[str, History] = {}
        self._lock = threading.Lock()

    def sent(self, item_id: str, state: State | None) -> int:
        """Note a state before it is sent; its number."""
        with self._lock:
            history = self._histories.setdefault(item_id, History())
            history.states.append(state)
            return len(history.states) - 1

    def done(self, item_id: str, number: int) -> None:
        with self._lock:
            history = self._histories[item_id]
            history.surely = max(history.surely, number)

    def latest(self, item_id: str) -> State | None:
        with self._lock:
            return self._histories.setdefault(item_id, History()).states[-1]

    def ids(self) -> list[str]:
        with self._lock:
            return list(self._histories)

    def sure(self) -> dict[str, int]:
        """By item, the number that no answer to a request sent from now on may be older than."""
        with self._lock:
            return {item_id: history.surely for item_id, history in self._histories.items()}

    def possible(self, item_id: str, since: int) -> list[State | None]:
        """What it may be, to a request that was sent when `since` was sure and is answered now."""
        with self._lock:
            history = self._histories.get(item_id, History())
            return history.states[since:]

    def saw(self, item_id: str, state: State | None, since: int) -> str | None:
        """What is wrong with it, if anything. What was seen is done: nothing older may be seen again."""
        with self._lock:
            history = self._histories.get(item_id, History())
            if state not in history.states[since:]:
                known = state in history.states
                return (
                    f"{item_id} is {state}, {'which is past' if known else 'which it never was'}: {history}"
                )
            if state is not None and history.states.count(state) == 1:
                history.surely = max(history.surely, history.states.index(state))
            return None


def state_of(product: dict[str, Any]) -> State:
    return State(product["title"], product["price"])
