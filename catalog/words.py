"""Which words of a query a product's texts hold, by the stems that the engine's keyword search goes by."""

import re
from functools import lru_cache
from typing import Final

import Stemmer

_WORD = re.compile(r"\w+")
# What the engine leaves out too, as far as shoppers write it.
_EMPTY: Final = frozenset(
    "a an and are as at be but by for from i in into is it its me my no not of on or s so that the their"
    " this to was we what which with you your".split()
)
_REMEMBERED: Final = 50_000


def words_of(text: str) -> list[str]:
    """The words that keyword search looks for, in lower case, each once, in their order."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in _EMPTY]


def words_found(words: list[str], text: str) -> list[str]:
    """Those of `words` that the text holds in any of their forms: dress, dresses."""
    stems = {_stem(word) for word in _WORD.findall(text.lower())}
    return [word for word in words if _stem(word) in stems]


@lru_cache(_REMEMBERED)
def _stem(word: str) -> str:
    # A stemmer keeps a state of its own, and threads share this function; to make one costs next to nothing.
    stem: str = Stemmer.Stemmer("english", 0).stemWord(word)
    return stem
