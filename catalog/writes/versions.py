"""The `version` of a write: a number or a time, as one integer that tells an older write from a newer one."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

MAX_VERSION: Final = 2**63 - 1

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_NUMBER = re.compile(r"-?\d{1,19}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXPECTED = "Input should be an integer of 64 bits or an RFC 3339 time, such as 2026-03-01T09:30:00Z"


def version_of(sent: Any) -> int:
    """Times become microseconds since 1970. Raises ValueError."""
    if isinstance(sent, str) and (time := _TIME.fullmatch(sent)):
        return _microseconds(*time.groups(default=""))
    if isinstance(sent, str) and _NUMBER.fullmatch(sent):  # of an address, where all is text
        sent = int(sent)
    if isinstance(sent, float) and sent.is_integer():  # JSON has one kind of number
        sent = int(sent)
    if not isinstance(sent, int) or isinstance(sent, bool) or abs(sent) > MAX_VERSION:
        raise ValueError(_EXPECTED)
    return sent


def _microseconds(day: str, minute: str, second: str, fraction: str, zone: str) -> int:
    second = "59" if second == "60" else second  # a leap second, which datetime does not know
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}:{second}{fraction[:7]}{zone.upper()}")
    except ValueError as error:  # 31 February
        raise ValueError(_EXPECTED) from error
    return (moment - _EPOCH) // timedelta(microseconds=1)


Version = Annotated[
    int,
    BeforeValidator(version_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": -MAX_VERSION, "maximum": MAX_VERSION},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
    Field(description="Of two writes to an item the one of the lower version loses, however late it comes."),
]
