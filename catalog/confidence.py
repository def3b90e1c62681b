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

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import SettingInvalid
from catalog.shares import Scores, shares_of_words


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


def any_confident(cosines: ArrayLike, keywords: Sequence[str], text: str | None, cutoffs: Cutoffs) -> bool:
    """Whether any hit is confident; arguments as of `evidence`, for the whole first page.

    One that reaches the cutoff is enough, and it is often the first: the others are looked at only if not.
    """
    scores = np.asarray(cosines, dtype=np.float64)
    if text is None:
        return bool(confident(scores, None, cutoffs).any())
    return any(
        bool(confident(evidence(scores[some], keywords[some], text, cutoffs), text, cutoffs).any())
        for some in (slice(0, 1), slice(1, None))
    )
