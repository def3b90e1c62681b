"""An evaluation as lines for a person."""

from collections.abc import Iterator, Mapping

from ingest.quality.card import Cards
from ingest.quality.evaluate import Evaluation, Result
from ingest.quality.intervals import CONFIDENCE, Difference, Mean

_INTERVAL = f"{CONFIDENCE:.0%} interval"


def lines_of(evaluation: Evaluation) -> Iterator[str]:
    queries = f"{evaluation.queries:,} {'query' if evaluation.queries == 1 else 'queries'} asked"
    if evaluation.left_out:
        queries += f", {evaluation.left_out:,} left out (pictures, which mode keyword cannot look for)"
    yield queries
    for result in evaluation.results:
        yield ""
        yield from _result_lines(result, max(evaluation.cutoffs))
    if evaluation.comparison is not None:
        yield ""
        yield from _comparison_lines(evaluation)
    if evaluation.problems:
        yield ""
        yield f"{len(evaluation.problems):,} problems, each named above."


def _result_lines(result: Result, largest: int) -> Iterator[str]:
    items = f"{result.items:,} items in {result.collection}"
    yield f"{result.name}: mode {result.mode}, model {result.model}, {items}"
    yield f"  {'metric':14}{'mean':>8}   {_INTERVAL}"
    for name, mean in result.overall.items():
        yield f"  {name:14}{mean.value:8.4f}   {_interval(mean)}"
    if result.engine_recall is not None:
        mean = result.engine_recall
        yield f"  {'engine recall':14}{mean.value:8.4f}   {_interval(mean)}   of the exact first {largest}"
    names = [f"recall@{largest}", f"precision@{largest}", "MRR", f"nDCG@{largest}"]
    width = max(len(category) for category in result.by_category) + 2
    yield f"  {'category':{width}}{'queries':>7}" + "".join(f"{name:>24}" for name in names)
    for category, means in result.by_category.items():
        cells = "".join(f"{_cell(means[name]):>24}" for name in names)
        yield f"  {category:{width}}{means['MRR'].count:7,}{cells}"


def _comparison_lines(evaluation: Evaluation) -> Iterator[str]:
    comparison = evaluation.comparison
    assert comparison is not None  # noqa: S101 - the caller has looked
    first, second = (result.name for result in evaluation.results)
    yield f"{second} against {first}, query by query"
    if comparison.only_first or comparison.only_second:
        yield (
            f"  NOTE: they do not hold the same items: {comparison.only_first:,} are only in the first,"
            f" {comparison.only_second:,} only in the second."
        )
    yield from _difference_lines(comparison.differences, first, second)


def card_lines(cards: Cards) -> Iterator[str]:
    for card in cards.cards:
        yield f"model {card.model}, {card.items:,} products, {card.pictures:,} pictures"
        width = max(map(len, card.rows)) + 2
        yield f"  {'':{width}}{'mean':>6}   {_INTERVAL}"
        for name, mean in card.rows.items():
            interval = "too few queries" if mean.low is None else f"{mean.low:.3f} to {mean.high:.3f}"
            yield f"  {name:{width}}{mean.value:6.3f}   {interval}"
        yield ""
    if cards.differences:
        first, second = (card.model for card in cards.cards)
        yield f"{second} against {first}, query by query"
        yield from _difference_lines(cards.differences, first, second)
    if cards.problems:
        yield f"{sum(cards.problems.values()):,} problems, each named above."


def _difference_lines(differences: Mapping[str, Difference], first: str, second: str) -> Iterator[str]:
    width = max(14, *(len(name) + 2 for name in differences))
    yield f"  {'metric':{width}}{'first':>8}{'second':>8}{'difference':>12}   {_INTERVAL:19}chance alone"
    for name, one in differences.items():
        yield (
            f"  {name:{width}}{one.first:8.4f}{one.second:8.4f}{one.difference.value:+12.4f}"
            f"   {_interval(one.difference, sign='+'):19}{_chance(one.chance)}"
        )
    for name, one in differences.items():
        yield f"  {sentence(name, one, first, second)}"


def sentence(metric: str, one: Difference, first: str, second: str) -> str:
    """Whether the difference is real, for someone who does not read tables."""
    if one.difference.value == 0:
        return f"{metric}: {second} and {first} are equal."
    direction = "better" if one.difference.value > 0 else "worse"
    size = f"by {abs(one.difference.value):.4f}"
    if one.is_real:
        return f"{metric}: {second} is {direction} than {first} {size}; the difference is real."
    return (
        f"{metric}: {second} is {direction} than {first} {size}, but that may be chance:"
        " these queries do not tell the two apart."
    )


def _interval(mean: Mean, sign: str = "") -> str:
    if mean.low is None:
        return "too few queries"
    return f"{mean.low:{sign}.4f} to {mean.high:{sign}.4f}"


def _chance(chance: float) -> str:
    return " <0.1%" if chance < 0.001 else f"{chance:6.1%}"


def _cell(mean: Mean) -> str:
    if mean.low is None:
        return f"{mean.value:.3f}"
    return f"{mean.value:.3f} ({mean.low:.3f}-{mean.high:.3f})"
