"""A seeded shop of a few hundred items, and the truth about it: what passes a filter, counted by hand."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from catalog.encoder import Vectors
from catalog.index import ItemIndex
from catalog.items import Item, parse_item
from catalog.points import Picture, Point, id_of, keywords_of, payload_of, stamped
from tests.service_doubles import COLOURS, ColourEncoder

ITEMS = 200
START = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = ("dresses", "shirts", "bags", "wide-leg jeans")
BRANDS = ("Acme", "Bolt", "Ähre & Söhne", "Nuit")
GENDERS = ("women", "men", "unisex")
MATERIALS = ("silk", "wool", "linen")
SIZES: tuple[Any, ...] = (36, 38.0, "38", "M", "L", 40.5)
HEEL = "heel.height (cm)"
LAUNCHED = "launched on"
# More items than a page of the largest size were updated in the same moment.
_PER_MOMENT = 7

Fields = dict[str, Any]


def _fields(number: int, dice: random.Random) -> Fields:
    colour = dice.choice([*COLOURS, None])
    category = dice.choice(CATEGORIES)
    noun = {"dresses": "Dress", "shirts": "Shirt", "bags": "Bag"}.get(category, "Jeans")
    attributes: Fields = {"size": dice.choice(SIZES), "vegan": dice.random() < 0.5, "serial": f"S{number}"}
    if dice.random() < 0.7:
        attributes["material"] = dice.sample(MATERIALS, dice.randint(1, 2))
    if dice.random() < 0.6:
        attributes[HEEL] = dice.choice([2, 4.5, 7, "9"])
    if dice.random() < 0.6:
        attributes[LAUNCHED] = (START + timedelta(days=dice.randint(0, 80))).date().isoformat()
    fields: Fields = {
        "id": f"item-{number:03}", "title": f"{colour or 'Plain'} {noun} {number}", "category": category,
        "brand": dice.choice([*BRANDS, None]), "colour": colour, "gender": dice.choice([*GENDERS, None]),
        "price": dice.choice([None, 0, 0.005, 19.99, 20, 22.4, round(dice.uniform(1, 900), 2)]),
        "in_stock": dice.choice([True, False, None]), "attributes": attributes,
        "images": [f"/srv/{number}-{n}.jpg" for n in range(dice.choice([1, 1, 2, 3]))],
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def catalogue(count: int = ITEMS, seed: int = 7) -> list[Fields]:
    dice = random.Random(seed)  # noqa: S311 - products, no secrets
    return [_fields(number, dice) for number in range(count)]


def vectors_of(fields: Fields, seed: int = 0) -> list[Vectors]:
    """One picture a vector, near the axis of the item's colour; every tenth is a twin of the one before."""
    number = int(fields["id"].rpartition("-")[2])
    names = list(COLOURS)
    rows = []
    for position, _ in enumerate(fields["images"]):
        twin = number - 1 if number % 10 == 9 and position == 0 else number
        noise = np.random.default_rng([seed, twin, position])
        row = 0.5 * noise.normal(size=ColourEncoder.dimension)
        row[twin % len(names)] += 1
        rows.append((row / np.linalg.norm(row)).astype(np.float32))
    return rows


def points_of(fields: Fields, updated_at: datetime, vectors: list[Vectors] | None = None) -> list[Point]:
    item: Item = parse_item(fields)
    pictures = [Picture(n, source, f"{n:064x}") for n, source in enumerate(item.images)]
    points = []
    for picture, vector in zip(pictures, vectors or vectors_of(fields), strict=True):
        payload = stamped(payload_of(item, pictures, picture, ColourEncoder.name), updated_at)
        points.append(Point(id_of(item, picture), vector, keywords_of(payload), payload))
    return points


def updated_at(number: int) -> datetime:
    return START + timedelta(minutes=number // _PER_MOMENT)


def stock(index: ItemIndex, items: list[Fields]) -> None:
    """Write the whole catalogue at once."""
    index.ensure()
    index.upsert(
        [point for number, fields in enumerate(items) for point in points_of(fields, updated_at(number))]
    )


# The truth


def terms(value: Any) -> list[str]:
    """The texts that a value of an attribute, or several, is filtered by."""
    values = value if isinstance(value, list) else [value]
    return ["true" if v is True else "false" if v is False else f"{v:g}" if isinstance(v, float) else str(v)
            for v in values]  # fmt: skip


def passes(fields: Fields, filter_: Fields) -> bool:
    return all(_holds(fields, name, condition) for name, condition in filter_.items())


def _holds(fields: Fields, name: str, condition: Any) -> bool:
    is_attribute = name.startswith("attributes.")
    value = fields["attributes"].get(name.removeprefix("attributes.")) if is_attribute else fields.get(name)
    if isinstance(condition, dict) and "not" not in condition:
        return value is not None and _lies_within(value, condition)
    negated = isinstance(condition, dict)
    wanted = terms(condition["not"] if negated else condition)
    has = value is not None and bool(set(terms(value)) & set(wanted))
    return has != negated


def _lies_within(value: Any, bounds: Fields) -> bool:
    is_time = isinstance(next(iter(bounds.values())), str)
    tests = {"gte": "__ge__", "lte": "__le__", "gt": "__gt__", "lt": "__lt__"}
    try:
        read = datetime.fromisoformat(value).replace(tzinfo=UTC) if is_time else float(value)
    except (TypeError, ValueError):
        return False
    for name, bound in bounds.items():
        limit = datetime.fromisoformat(bound).replace(tzinfo=UTC) if is_time else float(bound)
        if not getattr(read, tests[name])(limit):
            return False
    return True


def counted(items: list[Fields], field: str) -> dict[Any, int]:
    """How many of the items have each value of a facet."""
    if not field.startswith("attributes."):
        return dict(Counter(item[field] for item in items if item.get(field) is not None))
    name = field.removeprefix("attributes.")
    return dict(
        Counter(
            term
            for item in items
            if name in item["attributes"]
            for term in set(terms(item["attributes"][name]))
        )
    )
