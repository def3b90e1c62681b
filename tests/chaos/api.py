"""Calls of the service that never trust an answer: what is no answer of the contract is wrong."""

import itertools
import threading
import time
from typing import Any

import httpx

from tests.chaos.score import Score

# Longer than any deadline of the service: who has no answer by then is hanging.
_HANGS_S = 45.0
# Before the next call where nobody listens: who calls at once only counts how fast it is refused.
_PAUSE_S = 0.2
_STATUSES = {409, 410, 429, 502, 503, 504}


class Api:
    """Of one thread. `ask` answers None where the service refused or did not answer; both are counted."""

    def __init__(self, url: str, score: Score) -> None:
        self._score = score
        self._http = httpx.Client(base_url=url, timeout=_HANGS_S)

    def close(self) -> None:
        self._http.close()

    def ask(
        self, kind: str, method: str, path: str, also: tuple[int, ...] = (), **options: Any
    ) -> httpx.Response | None:
        """`also`: statuses beside 2xx that are an answer to this call, not a refusal."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TimeoutException:
            self._score.is_wrong(f"{method} {path}: no answer in {_HANGS_S:g} s")
            return None
        except httpx.HTTPError:
            self._score.silence()
            time.sleep(_PAUSE_S)
            return None
        if answer.is_success or answer.status_code in also:
            self._score.answer(kind)
            return answer
        self._refused(f"{method} {path}", answer)
        return None

    def _refused(self, what: str, answer: httpx.Response) -> None:
        code = self._code_of(answer)
        if code is None or answer.status_code not in _STATUSES:
            self._score.is_wrong(f"{what}: {answer.status_code} {answer.text[:300]}")
        elif answer.status_code == 503 and not answer.headers.get("Retry-After", "").isdigit():
            self._score.is_wrong(f"{what}: 503 {code} without Retry-After")
        else:
            self._score.refusal(f"{answer.status_code} {code}")

    def _code_of(self, answer: httpx.Response) -> str | None:
        """None unless it is a whole problem document."""
        if answer.headers.get("Content-Type") != "application/problem+json":
            return None
        problem = answer.json()
        whole = problem.keys() >= {"type", "title", "status", "detail", "code", "request_id"}
        return str(problem["code"]) if whole and problem["status"] == answer.status_code else None


class Going(threading.Thread):
    """Calls `step` with 0, 1, … until `over` is set. What a step raises is wrong, and ends it."""

    def __init__(self, name: str, score: Score, over: threading.Event, pause_s: float) -> None:
        super().__init__(name=name)
        self._score, self._over, self._pause_s = score, over, pause_s

    def step(self, number: int) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """After the last step, and after one that has raised."""

    def run(self) -> None:
        try:
            for number in itertools.count():
                if self._over.wait(self._pause_s):
                    break
                self.step(number)
        except Exception as error:
            self._score.is_wrong(f"{self.name} failed: {type(error).__name__}: {error}")
        finally:
            self.end()
