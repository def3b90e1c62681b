"""Prices as a person reads them."""

from babel.numbers import format_currency, format_decimal

_LOCALE = "en"
_NO_BREAK = "\N{NO-BREAK SPACE}"


def written(price: float, currency: str | None) -> str:
    """€49.90, CHF 49.90, ¥1,200; 49.90 where the shop names no currency."""
    if currency is None:
        return format_decimal(price, "#,##0.00", locale=_LOCALE)
    return _apart(format_currency(price, currency, locale=_LOCALE), currency)


def short(price: float, currency: str | None) -> str:
    """The same, but €50 rather than €50.00, as on a scale."""
    if not float(price).is_integer():
        return written(price, currency)
    if currency is None:
        return format_decimal(price, "#,##0", locale=_LOCALE)
    whole = format_currency(price, currency, "¤#,##0", locale=_LOCALE, currency_digits=False)
    return _apart(whole, currency)


def _apart(text: str, currency: str) -> str:
    """A code of letters stands a space away from its figure, which a sign does not."""
    return text.replace(currency, currency + _NO_BREAK)
