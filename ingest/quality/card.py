"""The table of a model's card from a catalogue alone: what it says of its products is both query and answer.

A title should find its own product, and the first ten that it finds should be labelled as that is. A picture
should find other products of its label, its own left out. All of it by exact search in memory.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.errors import CatalogError
from catalog.settings import Settings
from ingest.feeds.rows import FeedUnreadable
from ingest.quality.embedded import Embedded, Shot, embed_feeds
from ingest.quality.intervals import Difference, Mean, compared, mean_of
from ingest.quality.measures import Judged, Scores, per_query
from ingest.quality.neighbours import best_of_each_item
from ingest.report import Report
from ingest.run import RunOptions

_OF_TITLES, _OF_PICTURES = 10, 5


class LabelUnknown(CatalogError):
    """A label that no product of the feeds has."""

    code = "label_unknown"


@dataclass(frozen=True)
class CardWish:
    """`labels`: columns of the feeds; `against`: another model, as CLIP_MODEL names it."""

    feeds: tuple[str, ...]
    labels: tuple[str, ...] = ("category",)
    against: str | None = None


@dataclass(frozen=True)
class Card:
    """What one model achieves: the mean of each row of the table."""

    model: str
    fingerprint: str
    items: int
    pictures: int
    rows: dict[str, Mean]


@dataclass(frozen=True)
class Cards:
    """One card, or two with what is between them. `problems` of the feeds, by code."""

    cards: list[Card]
    differences: dict[str, Difference] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)


def measure_cards(wish: CardWish, settings: Settings, on_progress: Callable[[Report], None]) -> Cards:
    """Raises CatalogError in words for the person who called it."""
    cards, scores = [], []
    problems: Counter[str] = Counter()
    models = (settings.clip_model, *([wish.against] if wish.against is not None else []))
    # All are opened first: one that is not there is said at once.
    for encoder in [open_encoder(settings.model_copy(update={"clip_model": model})) for model in models]:
        embedded = _embedded(wish.feeds, settings, encoder, on_progress)
        rows = card_rows(embedded, encoder, wish.labels)
        items = len({shot.item_id for shot in embedded.shots})
        means = {name: mean_of(values) for name, values in rows.items()}
        cards.append(Card(encoder.name, encoder.fingerprint, items, len(embedded.shots), means))
        scores.append(rows)
        problems = sum((report.problems for report in embedded.reports), Counter())
    if len({card.model for card in cards}) < len(cards):
        cards = [replace(card, model=f"{card.model} {card.fingerprint[:8]}") for card in cards]
    return Cards(cards, compared(*scores) if len(scores) == 2 else {}, dict(problems))


def card_rows(embedded: Embedded, encoder: Encoder, labels: Sequence[str]) -> dict[str, Scores]:
    """By row of the table, the value of each query. Raises LabelUnknown and EncoderUnavailable."""
    for label in labels:
        _look_for(label, embedded)
    first = list({shot.item_id: shot for shot in reversed(embedded.shots)}.values())[::-1]
    titles = encoder.encode_texts([shot.title for shot in first])
    by_title = _answers(titles, embedded, _OF_TITLES)
    by_picture = _answers(embedded.vectors, embedded, _OF_PICTURES, leave_out=embedded.shots)
    own = [Judged(answer, {shot.item_id}) for answer, shot in zip(by_title, first, strict=True)]
    rows = {f"title to image, {name}": per_query(own, (1, 10))[name] for name in ("recall@1", "recall@10")}
    for label in labels:
        labelled = {shot.item_id: shot.labels.get(label) for shot in first}
        for kind, shots, answers, most in (
            ("title to image", first, by_title, _OF_TITLES),
            ("image to image", embedded.shots, by_picture, _OF_PICTURES),
        ):
            judged = _same_label(shots, answers, labelled)
            precision = f"precision@{most}"
            rows[f"{kind}, {label} {precision}"] = per_query(judged, (most,))[precision]
    return rows


def _embedded(
    feeds: Sequence[str], settings: Settings, encoder: Encoder, on_progress: Callable[[Report], None]
) -> Embedded:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = settings.model_copy(update={"state_dir": folder, "thumbnail_dir": folder / "thumbnails"})
        embedded = embed_feeds(feeds, RunOptions(), own, encoder, on_progress)
    if not embedded.shots:
        raise FeedUnreadable(f"{embedded.name}: nothing of it can be used.")
    return embedded


def _look_for(label: str, embedded: Embedded) -> None:
    if not any(shot.labels.get(label) for shot in embedded.shots):
        known = sorted({name for shot in embedded.shots for name in shot.labels})
        raise LabelUnknown(f"--label {label}: no product has one; there are: {', '.join(known) or 'none'}.")


def _answers(
    queries: Vectors, embedded: Embedded, most: int, leave_out: Sequence[Shot] | None = None
) -> list[list[str]]:
    """The ids of the best items for each query. `leave_out`: for each the shot whose item it may not find."""
    items = embedded.codes(lambda shot: shot.item_id)
    code_of = {shot.item_id: code for shot, code in zip(embedded.shots, items, strict=True)}
    answers = []
    for place, query in enumerate(queries):
        allowed = np.ones(len(items), bool)
        if leave_out is not None:
            allowed = items != code_of[leave_out[place].item_id]
        best = best_of_each_item(embedded.vectors @ query, items, allowed, most)
        answers.append([embedded.shots[one].item_id for one in best])
    return answers


def _same_label(
    shots: Sequence[Shot], answers: Sequence[list[str]], labelled: dict[str, str | None]
) -> list[Judged]:
    """Of products without the label nothing can be right or wrong; the others' answers with what is right.

    What is right and not among the first few does not change a precision, so that it need not be told.
    """
    known = [
        (labelled[shot.item_id], answer)
        for shot, answer in zip(shots, answers, strict=True)
        if labelled[shot.item_id]
    ]
    return [Judged(answer, [id_ for id_ in answer if labelled[id_] == label]) for label, answer in known]
