"""How sure an answer is: the evidence that a hit is what was asked for, and where a list ends.

    evidence(hit) = cosine(query, hit) + words * (share of the query's words that the hit holds)²
    confident     = evidence >= cutoff, and for a text >= best evidence - drop

For a query without text the evidence is the cosine alone, against a cutoff of its own.

Measured with models/compact by `python -m bench.confidence`, which prints these figures anew, on queries
labelled for the drawn sample catalogue (428 products) and for 3,370 products of a real shop. The formula was
settled on one part of them; what follows is the other part (231 pairs of query and catalogue):

    ROC AUC, in the catalogue or not               at the cutoffs
    cosine of the best hit                 .80     refused though in the catalogue  .145
    z-score against 256 sampled pictures   .65     refused and not in it            .955
    margin, first to tenth                 .46     right among the hits kept        .88 (of the first 24: .43)
    share of words alone                   .92     kept among the right hits        .64
    evidence                               .95

What it does not know: synonyms ("shades"), and that half a name may be another thing ("safety vest" in a shop
of other vests). Its endings, fillers and prepositions are English.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import SettingInvalid

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


@dataclass(frozen=True)
class Cutoffs:
    """What to call confident with one model.

    `words`: how much the share of words counts beside a cosine. `text`: the least evidence for a query with
    text, `drop`: how far below the best hit's evidence the list ends. `picture`: the least cosine for a query
    of pictures and items only.
    """

    words: float
    text: float
    drop: float
    picture: float

    def __str__(self) -> str:
        return ",".join(f"{name}={value:g}" for name, value in asdict(self).items())


# `text` refuses 1 in 10 of the good queries that it was chosen on and 95 in 100 of the others. `picture`
# refuses 3 in 1,000 products held out, 2 to 39 in 100 photos of clothing from elsewhere, and only 25 to 57 in
# 100 photos of other things: a weak guard.
MEASURED = {"compact": Cutoffs(words=0.41, text=0.58, drop=0.18, picture=0.61)}


def cutoffs_for(model: str, measured: str = "") -> Cutoffs | None:
    """The cutoffs in `measured`, as bench.confidence prints them, else the model's own; None if unknown.

    Cosines of two models cannot be compared, so there is no default for a model that was not measured.
    Raises SettingInvalid.
    """
    if not measured:
        return MEASURED.get(model)
    try:
        values = {name.strip(): float(value) for name, value in (p.split("=") for p in measured.split(","))}
        cutoffs = Cutoffs(**values)
    except (TypeError, ValueError) as error:
        names = ",".join(f"{field.name}=…" for field in fields(Cutoffs))
        raise SettingInvalid(f"Confidence cutoffs are written {names}, not {measured!r}.") from error
    if not np.isfinite(list(values.values())).all():
        raise SettingInvalid(f"Confidence cutoffs are numbers, not {measured!r}.")
    return cutoffs


def evidence(cosines: ArrayLike, keywords: Sequence[str], text: str | None, cutoffs: Cutoffs) -> Scores:
    """The evidence for each hit, float64 `(n,)`, from its cosine and its text for keyword search.

    `text`: what was typed, or None where nothing was.
    """
    if text is None:
        return np.asarray(cosines, dtype=np.float64)
    return combined(cosines, shares_of_words(text, keywords), cutoffs.words)


def combined(cosines: ArrayLike, shares: Scores, words: float) -> Scores:
    """The evidence from cosines and shares of words. Squared: half the words are hardly half the wish."""
    return np.asarray(cosines, dtype=np.float64) + words * shares**2


def confident(scores: Scores, text: str | None, cutoffs: Cutoffs) -> NDArray[np.bool_]:
    """Which hits to show where only confident ones are wanted, bool `(n,)`; any makes the answer confident.

    `scores`: the evidence for the whole first page, by which the best hit is known.
    """
    if not scores.size:
        return np.zeros(0, dtype=np.bool_)
    return scores >= (cutoffs.picture if text is None else max(cutoffs.text, scores.max() - cutoffs.drop))


def shares_of_words(text: str, keywords: Sequence[str]) -> Scores:
    """For each of `keywords`, the share of the words of `text` that it holds, float64 `(n,)` in 0 to 1.

    The word that says what the thing is, last before a preposition ("red *dress* with long sleeves"), counts
    double. Plurals, slips ("sunglases") and words joined or split ("bath robe") are forgiven.
    """
    words, head = _asked(text)
    if not words:
        return np.zeros(len(keywords))
    weights = np.array([_HEAD_WEIGHT if word == head else 1.0 for word in words])
    held = [_held(each) for each in keywords]
    everything = frozenset[str]().union(*held)
    found = np.zeros((len(keywords), len(words)))
    for column, word in enumerate(words):
        alike = _alike_among(word, everything)
        found[:, column] = [max((alike[one] for one in alike.keys() & each), default=0.0) for each in held]
    return np.asarray(found @ (weights / weights.sum()))


def _asked(text: str) -> tuple[list[tuple[str, ...]], tuple[str, ...] | None]:
    """The words of a query, each with the joined words that it is part of, and which of them is the head."""
    words: list[str] = []
    head = None
    for part in _WORD.findall(text.lower()):
        if part == "," or part in _HEAD_ENDS:
            head = head or (words[-1] if words else None)
        elif part not in _FILLERS and len(words) < _MOST_WORDS:
            words.append(_stem(part))
    joined = ["", *(a + b for a, b in zip(words, words[1:], strict=False)), ""]
    forms = {word: (word, *filter(None, joined[n : n + 2])) for n, word in enumerate(words)}
    return list(forms.values()), forms[head or words[-1]] if words else None


@lru_cache(maxsize=4096)
def _held(keywords: str) -> frozenset[str]:
    words = [_stem(word) for word in _WORD.findall(keywords.lower())]
    return frozenset(words) | {a + b for a, b in zip(words, words[1:], strict=False)}


def _alike_among(forms: tuple[str, ...], words: frozenset[str]) -> dict[str, float]:
    """Those of `words` that are one of a word's forms, or resemble the first one: how much, 0 to 1.

    By Dice's coefficient of their pairs of letters (L. R. Dice, 1945).
    """
    alike: dict[str, float] = {}
    if len(forms[0]) >= _LEAST_CHARS:
        pairs = _pairs(forms[0])
        for word in words:
            others = _pairs(word)
            both = _LEAST_ALIKE * (len(pairs) + len(others)) / 2  # so many pairs they must share
            if len(others) >= both <= len(pairs) and len(word) >= _LEAST_CHARS:
                shared = len(pairs & others)
                if shared >= both:
                    alike[word] = 2 * shared / (len(pairs) + len(others))
    return alike | dict.fromkeys(words.intersection(forms), 1.0)


@lru_cache(maxsize=65536)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(a + b for a, b in zip(f"^{word}", f"{word}$", strict=True))


def _stem(word: str) -> str:
    """The singular of an English noun. Not that of catalog/words.py: the cutoffs were measured with this."""
    word = re.sub(r"['’]s$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
