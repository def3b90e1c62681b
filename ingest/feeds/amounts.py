"""Prices and stock as shops write them in texts."""

import re
from functools import lru_cache
from typing import Any

from catalog.errors import ItemInvalid

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_AMOUNT = re.compile(r"[+-]?\d[\d.,'\u00a0\u202f ]*")
_CURRENCY = re.compile(r"[A-Za-z]{3}|[€£$]")
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
# Beside a currency: one thousand and some, as a person writes it, or a number of three places.
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_THREE_PLACES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
# Of the words of Google's, schema.org's and Shopify's, less case, blanks, `_` and `-`.
_IN_STOCK = frozenset({"instock", "available", "limitedavailability", "lowstock", "y", "ja", "oui"})
_NOT_IN_STOCK = frozenset(
    {"outofstock", "unavailable", "soldout", "discontinued", "preorder", "backorder", "presale", "n"}
    | {"nein", "non"}
)
LATER = frozenset({"preorder", "backorder"})
# No price and no word for availability, with all its spelling, is longer.
_LONGEST = 100
_REMEMBERED = 16_384


def price_of(value: Any) -> tuple[Any, str | None]:
    """Amount and currency of "12.00 EUR", "EUR 12.00", "12,00 €" or "1,234.50"; other types as they are.

    Raises ItemInvalid where a text is none of these, or could mean two amounts, and for true and false.
    """
    if isinstance(value, bool):  # it would be taken for 1 or 0
        raise ItemInvalid("price", f"{str(value).lower()} is not an amount such as 12.00")
    return _price_in(value.strip()) if isinstance(value, str) else (value, None)


@lru_cache(_REMEMBERED)  # a catalogue says the same again and again
def _price_in(text: str) -> tuple[float, str | None]:
    amount = _AMOUNT.search(text) if len(text) <= _LONGEST else None
    rest = (text[: amount.start()] + text[amount.end() :]).strip() if amount else text
    if amount is None or (rest and not _CURRENCY.fullmatch(rest)):
        raise ItemInvalid("price", f"{text[:60]!r} is not an amount such as 12.00 or 12.00 EUR")
    currency = currency_of(rest)
    if currency and currency not in _THREE_PLACES and _TWO_WAYS.fullmatch(amount[0].strip()):
        raise _two_ways(text)
    return _number(amount[0].strip()), currency or None


def currency_of(text: str) -> str:
    """The code of a currency that is given by its code or its sign."""
    word = text.strip()
    return _SIGNS.get(word, word.upper())


def _two_ways(text: str) -> ItemInvalid:
    return ItemInvalid("price", f"{text[:60]!r} may be thousands or decimals: write 1234.00 or 1.23")


def _number(text: str) -> float:
    digits = re.sub(r"['\u00a0\u202f ]", "", text).rstrip(".,")
    if not _PLAIN.fullmatch(digits):
        digits = _with_point(digits, text)
    if len(digits) > 30:
        raise ItemInvalid("price", f"{text[:60]!r} has too many digits")
    return float(digits)


def _with_point(digits: str, text: str) -> str:
    """`digits` with separators of thousands removed and the decimal one a point."""
    whole, separator, cents = _parted(digits)
    groups = re.split(r"[.,]", whole)
    thousands = {character for character in whole if character in ".,"}
    is_grouped = all(len(group) == 3 for group in groups[1:]) and len(thousands) <= 1
    if not is_grouped or separator in thousands:
        raise ItemInvalid("price", f"{text[:60]!r} is not an amount such as 1234.50")
    if separator == "," and len(cents) == 3 and not thousands:
        raise _two_ways(text)
    return "".join(groups) + (f".{cents}" if cents else "")


def _parted(digits: str) -> tuple[str, str, str]:
    """Before the last separator, that separator, and behind it; all is whole if that one is repeated."""
    last = max(digits.rfind("."), digits.rfind(","))
    if digits.count(digits[last]) > 1:
        return digits, "", ""
    return digits[:last], digits[last], digits[last + 1 :]


def stock_of(value: Any) -> Any:
    """Whether a word such as "in stock" or "out_of_stock" means that it is; what is no such word as it is."""
    if not isinstance(value, str):
        return value
    word = stock_word(value)
    return True if word in _IN_STOCK else False if word in _NOT_IN_STOCK else value


def stock_word(value: str) -> str:
    """A word for availability without its spelling: `https://schema.org/InStock` is `instock`."""
    return _word_in(value) if len(value) <= _LONGEST else value


@lru_cache(_REMEMBERED)
def _word_in(value: str) -> str:
    return re.sub(r"[\s_-]", "", value.strip().rpartition("/")[2]).lower()
