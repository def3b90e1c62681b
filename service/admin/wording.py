"""Numbers, moments and outcomes as an operator reads them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_STEPS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def number(value: int) -> str:
    return f"{value:,}"


def named(name: str) -> str:
    """`payload_updated` as words."""
    return name.replace("_", " ")


def counts(found: Mapping[str, int]) -> str:
    """`1,204 embedded, 3 failed`, without what there is none of; failures last."""
    ordered = sorted(found.items(), key=lambda pair: pair[0] == "failed")
    return ", ".join(f"{value:,} {named(name)}" for name, value in ordered if value) or "nothing"


def span(seconds: float) -> str:
    """`4 minutes`: in its largest whole unit."""
    for name, length_s in _STEPS:
        if seconds >= length_s:
            whole = int(seconds // length_s)
            return f"{whole} {name}{'' if whole == 1 else 's'}"
    return "0 seconds" if seconds < 0.05 else f"{seconds:.1f} seconds"


def since(moment: datetime) -> str:
    """`4 minutes ago`, or `in 6 days`."""
    passed = datetime.now(UTC) - moment
    if abs(passed) < timedelta(seconds=1):
        return "just now"
    return (
        f"{span(passed.total_seconds())} ago"
        if passed > timedelta()
        else f"in {span(-passed.total_seconds())}"
    )


def clock(moment: datetime) -> str:
    """In UTC, as the logs have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number, "named": named, "counts": counts, "span": span, "since": since, "clock": clock,
    "iso": iso,
}  # fmt: skip
