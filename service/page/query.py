"""What a search is made of, as chips that can each be taken away again."""

from dataclasses import dataclass
from typing import Final, Literal

from catalog.index import ItemIndex
from service.page.address import Address, PageParameters
from service.page.money import short
from service.products import item_answer

Kind = Literal["words", "picture", "like", "unlike", "filter"]

# A chip for each of their values; the label's beginning where the value alone would not tell.
_FILTERS: Final = {
    "category": "", "brand": "", "colour": "", "gender": "",
    "category_not": "not ", "brand_not": "not ", "colour_not": "not ", "gender_not": "not ",
    "updated_at_gte": "new since ", "updated_at_lte": "new until ",
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """`href`: the search without it. `thumbnail`: of the item; `picture`: the customer's own, by its text."""

    kind: Kind
    label: str
    href: str
    thumbnail: str | None = None
    picture: str | None = None


def chips_of(asked: PageParameters, address: Address, index: ItemIndex, currency: str | None) -> list[Chip]:
    """Raises ItemNotFound and what ItemIndex raises."""
    chips = [Chip("words", text, address.without_value("text", text)) for text in address.values("text")]
    if asked.picture:
        chips.append(Chip("picture", "Your picture", address.without("picture"), picture=asked.picture))
    chips += [_of_item("like", item_id, "item_id", address, index) for item_id in asked.item_id]
    chips += [_of_item("unlike", item_id, "unlike", address, index) for item_id in asked.unlike]
    return [*chips, *_of_filters(asked, address, currency)]


def _of_item(kind: Kind, item_id: str, name: str, address: Address, index: ItemIndex) -> Chip:
    item = item_answer(index.get_item(item_id))
    return Chip(kind, item.title, address.without_value(name, item_id), item.image)


def _of_filters(asked: PageParameters, address: Address, currency: str | None) -> list[Chip]:
    chips = [
        Chip("filter", f"{start}{value}", address.without_value(name, value))
        for name, start in _FILTERS.items()
        for value in address.values(name)
    ]
    chips += [
        Chip("filter", f"{name.removeprefix(asked.open_prefix)}: {value}", address.without_value(name, value))
        for name, value in address.pairs
        if name.startswith(asked.open_prefix)
    ]
    if span := _span(asked.price_gte, asked.price_lte, currency):
        chips.append(Chip("filter", span, address.without("price_gte", "price_lte")))
    if asked.in_stock is not None:
        label = "in stock" if asked.in_stock else "out of stock"
        chips.append(Chip("filter", label, address.without("in_stock")))
    return chips


def _span(low: float | None, high: float | None, currency: str | None) -> str | None:
    low_text = None if low is None else short(low, currency)
    high_text = None if high is None else short(high, currency)
    if low_text and high_text:
        return f"{low_text} to {high_text}"
    return f"from {low_text}" if low_text else f"up to {high_text}" if high_text else None
