"""Which share of a query's words a product's text holds, slips and plurals forgiven."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# A word that differs a little counts by how much it resembles: without that, AUC is .92 rather than .95.
_LEAST_ALIKE = 0.7
_LEAST_CHARS = 4
_MOST_WORDS = 64
# "shoe rack" is a rack. Cutoffs that refuse 1 in 10 good queries refuse .94 of the others, without this .86.
_HEAD_WEIGHT = 2.0

_FILLERS = frozenset("a an and are be i is it me my or something the this".split())
_HEAD_ENDS = frozenset("at by for from in of on over that to under what who with without".split())
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?|,")


# The forms of each word of a query, and how much each word counts.
_Asked = tuple[list[tuple[str, ...]], Scores]


def shares_of_words(text: str, keywords: Sequence[str]) -> Scores:
    """For each of `keywords`, the share of the words of `text` that it holds, float64 `(n,)` in 0 to 1.

    The word that says what the thing is, last before a preposition ("red *dress* with long sleeves"), counts
    double. Plurals, slips ("sunglases") and words joined or split ("bath robe") are forgiven.
    """
    words, weights = _asked(text)
    held = [_held(each) for each in keywords]
    known = [(one, _pairs(one)) for one in frozenset[str]().union(*held) if len(one) >= _LEAST_CHARS]
    found = _found(words, held)
    for column, word in enumerate(words):
        if not found[:, column].all():
            alike = _alike_among(word[0], known)
            likest = [max((alike[one] for one in alike.keys() & each), default=0.0) for each in held]
            found[:, column] = np.maximum(found[:, column], likest)
    return np.asarray(found @ weights)


def _found(words: list[tuple[str, ...]], held: Sequence[frozenset[str]]) -> Scores:
    """Which texts hold which words, in any of their forms: 0 or 1, `(texts, words)`."""
    rows = [[not each.isdisjoint(forms) for forms in words] for each in held]
    return np.array(rows, dtype=np.float64).reshape(len(held), len(words))


@lru_cache(maxsize=64)
def _asked(text: str) -> _Asked:
    """The words of a query, each with the joined words that it is part of, and how much each counts."""
    words: list[str] = []
    head = None
    for part in _WORD.findall(text.lower()):
        if part == "," or part in _HEAD_ENDS:
            head = head or (words[-1] if words else None)
        elif part not in _FILLERS and len(words) < _MOST_WORDS:
            words.append(_stem(part))
    joined = ["", *(a + b for a, b in zip(words, words[1:], strict=False)), ""]
    forms = {word: (word, *filter(None, joined[n : n + 2])) for n, word in enumerate(words)}
    head = head or (words[-1] if words else None)
    weights = np.array([_HEAD_WEIGHT if word == head else 1.0 for word in forms])
    return list(forms.values()), weights / max(weights.sum(), 1.0)


@lru_cache(maxsize=4096)
def _held(keywords: str) -> frozenset[str]:
    words = [_stem(word) for word in _WORD.findall(keywords.lower())]
    return frozenset(words) | {a + b for a, b in zip(words, words[1:], strict=False)}


def _alike_among(word: str, known: Sequence[tuple[str, frozenset[str]]]) -> dict[str, float]:
    """Those of the `known` words, each with its pairs, that resemble the word: how much, 0 to 1.

    By Dice's coefficient of their pairs of letters (L. R. Dice, 1945).
    """
    if len(word) < _LEAST_CHARS:
        return {}
    pairs = _pairs(word)
    size = len(pairs)
    alike = ((one, 2 * len(pairs & others) / (size + len(others))) for one, others in known)
    return {one: likeness for one, likeness in alike if likeness >= _LEAST_ALIKE}


@lru_cache(maxsize=65536)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(a + b for a, b in zip(f"^{word}", f"{word}$", strict=True))


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """The singular of an English noun. Not that of catalog/words.py: the cutoffs were measured with this."""
    word = re.sub(r"['’]s$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
