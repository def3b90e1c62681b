"""Attributes as filters and facets see them: by their text, and by number or date where they read as one.

A shop's attributes are of any name and any type, and one attribute may be 38 here and "M" there. A payload
index takes values of one type, so beside the attributes as they were sent each point keeps up to three
readings of them, each with an index of its own: `terms` (every value as text), `numbers` and `dates`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from catalog.items import AttributeValue, Scalar

ATTRIBUTES: Final = "attributes"
TERMS: Final = "terms"
NUMBERS: Final = "numbers"
DATES: Final = "dates"

# A longer text is prose, which nobody ticks in a list of filters.
MAX_TERM_CHARS: Final = 100

_REMEMBERED: Final = 16_384

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].+)?")
# Qdrant's notation of a path: any other name stands in quotes.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")


def readings(attributes: Mapping[str, AttributeValue]) -> dict[str, dict[str, list[Any]]]:
    """What a payload keeps beside the attributes: per reading, the values by name; nothing that is empty."""
    found: dict[str, dict[str, list[Any]]] = {}
    for name, value in attributes.items():
        if '"' in name or "\\" in name:  # no path can name it
            continue
        if not isinstance(value, list):
            for reading, read in _readings_of(value):
                found.setdefault(reading, {})[name] = [read]
            continue
        for scalar in value:
            for reading, read in _readings_of(scalar):
                values = found.setdefault(reading, {}).setdefault(name, [])
                if read not in values:
                    values.append(read)
    return found


def _readings_of(scalar: Scalar) -> tuple[tuple[str, Any], ...]:
    if isinstance(scalar, str):
        return _readings_of_text(scalar) if len(scalar) <= MAX_TERM_CHARS else ()
    term = term_of(scalar)
    terms = ((TERMS, term),) if len(term) <= MAX_TERM_CHARS else ()
    return terms if isinstance(scalar, bool) else (*terms, (NUMBERS, float(scalar)))


@lru_cache(_REMEMBERED)  # a catalogue says the same again and again
def _readings_of_text(text: str) -> tuple[tuple[str, Any], ...]:
    if not text:
        return ()
    if _NUMBER.fullmatch(text):
        return (TERMS, text), (NUMBERS, float(text))
    moment = moment_of(text)
    return ((TERMS, text),) if moment is None else ((TERMS, text), (DATES, moment.isoformat()))


def term_of(scalar: Scalar) -> str:
    """The text that a value is filtered by: 38, 38.0 and "38" are one, True is "true"."""
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    if isinstance(scalar, float) and scalar.is_integer():
        return str(int(scalar))
    return str(scalar)


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 date or time, None if the text is neither; without a time zone it is taken as UTC."""
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February; a year that its zone would bring below 1
        return None


def path_of(reading: str, name: str) -> str:
    """Where a point keeps that reading of the attribute, in Qdrant's notation."""
    return f"{reading}.{name}" if _PLAIN_NAME.fullmatch(name) else f'{reading}."{name}"'


def attribute_of(path: str) -> str | None:
    """The attribute that has a reading at `path`; None for any other path."""
    reading, _, name = path.partition(".")
    return name.strip('"') if reading in (TERMS, NUMBERS, DATES) and name else None
