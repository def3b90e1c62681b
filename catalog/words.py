"""Which words of a query a product's texts hold, by the stems that the engine's keyword search goes by."""

import re
from functools import lru_cache
from typing import Final

import Stemmer

_WORD = re.compile(r"[^\W_]+")
# The words that the engine leaves out, too.
_EMPTY: Final = frozenset(
    "a about above after again against ain all am an and any are aren as at be because been before being"
    " below between both but by can couldn d did didn do does doesn doing don down during each few for"
    " from further had hadn has hasn have haven having he her here hers herself him himself his how i if"
    " in into is isn it its itself just ll m ma me mightn more most mustn my myself needn no nor not now o"
    " of off on once only or other our ours ourselves out over own re s same shan she should shouldn so"
    " some such t than that the their theirs them themselves then there these they this those through to"
    " too under until up ve very was wasn we were weren what when where which while who whom why will with"
    " won wouldn y you your yours yourself yourselves".split()
)
_REMEMBERED: Final = 50_000
_TEXTS_REMEMBERED: Final = 4_096


def words_of(text: str) -> list[str]:
    """The words that keyword search looks for, in lower case, each once, in their order."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in _EMPTY]


def words_found(words: list[str], text: str) -> list[str]:
    """Those of `words` that the text holds in any of their forms: dress, dresses."""
    stems = _stems(text)
    return [word for word in words if _stem(word) in stems]


@lru_cache(_TEXTS_REMEMBERED)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, _WORD.findall(text.lower())))


@lru_cache(_REMEMBERED)
def _stem(word: str) -> str:
    # A stemmer keeps a state of its own, and threads share this function; to make one costs next to nothing.
    stem: str = Stemmer.Stemmer("english", 0).stemWord(word)
    return stem
