"""Which form of a tower this machine's processor runs fastest: measured once for a kind of processor."""

import hashlib
import json
import logging
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from secrets import token_hex

# Beside the forms; what it says is no part of what is verified, so anybody may drop it.
RECORD = "fastest.json"
_LEAST_ROUNDS, _LEAST_S = 5, 0.3

_log = logging.getLogger(__name__)


def fastest(forms: Sequence[Path], opened: Callable[[Path], Callable[[], object]]) -> Path:
    """Of files in one folder. `opened`: one of them to what runs it once.

    Where the folder cannot be written, as in an image that was built on another kind of machine, every
    process measures anew.
    """
    if len(forms) == 1:
        return forms[0]
    known = _read(forms[0].with_name(RECORD))
    processor = _processor()
    by_name = {form.name: form for form in forms}
    name = known.get(processor, {}).get(forms[0].name)
    if name in by_name:
        return by_name[name]
    seconds = dict(zip(by_name, seconds_of([opened(form) for form in forms]), strict=True))
    name = min(seconds, key=lambda name: seconds[name])
    _log.info("fastest on this processor: %s of %s", name, seconds)
    known.setdefault(processor, {})[forms[0].name] = name
    _write(forms[0].with_name(RECORD), known)
    return by_name[name]


def seconds_of(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Seconds of the thread's own that each takes, in turns, the shortest of some: others count little."""
    rounds: list[list[float]] = []
    while len(rounds) < _LEAST_ROUNDS or sum(map(sum, rounds)) < _LEAST_S:
        rounds.append([_timed(call) for call in calls])
    return [min(one) for one in zip(*rounds, strict=True)]


def _timed(call: Callable[[], object]) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started


def _processor() -> str:
    """What instructions it has, in short."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    named = f"{platform.machine()} {platform.processor()} {features}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    whole = isinstance(known, dict) and all(isinstance(one, dict) for one in known.values())
    return known if whole else {}


def _write(path: Path, known: Mapping[str, Mapping[str, str]]) -> None:
    aside = path.with_name(f"{path.name}.{token_hex(8)}.part")
    try:
        aside.write_text(json.dumps(known, indent=1), "utf-8")
        aside.chmod(0o644)  # as the export's other files
        aside.replace(path)
    except OSError as error:
        _log.info("%s is not remembered: %s", path, error)
