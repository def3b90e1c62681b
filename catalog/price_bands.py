"""Bands of prices that a histogram counts: twenty to a decade, so that each is about 12 % wide.

Prices spread over orders of magnitude, so bands of equal width would put most products into one. The bounds
are the preferred numbers of ISO 3 (Renard series R20), which a person reads with ease: 20, 22.4, 25, 28 ...
"""

import math
from bisect import bisect_right
from functools import lru_cache
from typing import Final

_R20: Final = (1.0, 1.12, 1.25, 1.4, 1.6, 1.8, 2.0, 2.24, 2.5, 2.8,
               3.15, 3.55, 4.0, 4.5, 5.0, 5.6, 6.3, 7.1, 8.0, 9.0)  # fmt: skip
# Whatever costs less is in one band with what costs nothing.
_LEAST_DECADE: Final = -2
_LOWEST: Final = _LEAST_DECADE * len(_R20) - 1


def band_of(price: float) -> int:
    """The number of the band that holds the price: the greatest whose lower bound is not above it."""
    if price < 10.0**_LEAST_DECADE:
        return _LOWEST
    # Rounded: just below 1000 it is 3 already, and then the price is in the last band before the decade.
    decade = math.floor(math.log10(price))
    # In the bounds' own decimal digits, so that 2.24 is in the band that starts at 2.24.
    return decade * len(_R20) + bisect_right(_bounds(decade), price) - 1


def bounds_of(band: int) -> tuple[float, float]:
    """The lowest price of the band, and the one at which the next begins."""
    if band <= _LOWEST:
        return 0.0, _bound(_LEAST_DECADE, 0)
    return _bound(*divmod(band, len(_R20))), _bound(*divmod(band + 1, len(_R20)))


@lru_cache(maxsize=32)
def _bounds(decade: int) -> list[float]:
    return [_bound(decade, step) for step in range(len(_R20))]


def _bound(decade: int, step: int) -> float:
    return float(f"{_R20[step]}e{decade}")
