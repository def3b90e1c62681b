"""Values in a payload by Qdrant's path notation: `category`, `brand.name`, `offers[].price`."""

import re
from typing import Any

from vectorstore.errors import NotAnswered

_STEP = re.compile(r"([\w-]+)((?:\[\])?)$")
_PART = re.compile(r'"([^"]*)"|(\[\d*\])|([^."\[\]]+)')


def parts_of(path: str) -> tuple[str, ...]:
    """What two spellings of one path have in common: `terms."größe"` and `terms.größe`, but not a name that
    holds a dot."""
    return tuple(f"{index}" if index else f".{quoted}{plain}" for quoted, index, plain in _PART.findall(path))


def values_at(payload: Any, path: str) -> list[Any]:
    """Every value at `path`; a list at its end counts as its elements. Raises NotAnswered for other paths."""
    found = [payload]
    for step in path.split("."):
        match = _STEP.match(step)
        if match is None:
            raise NotAnswered(f"The path `{path}` is not answered here: use names with dots between them")
        found = [value[match[1]] for value in found if isinstance(value, dict) and match[1] in value]
        if match[2]:
            found = [element for value in found if isinstance(value, list) for element in value]
    return [element for value in found for element in (value if isinstance(value, list) else [value])]
