"""What tells a good answer from a hopeless one: `python -m bench.confidence FOLDER... [--model MODEL]`.

Each FOLDER holds products.csv and its pictures; the labels for it are those of the catalogue in
confidence_queries.jsonl whose name is part of the folder's (`python -m ingest sample …/sample` draws one).
Prints the ROC AUC of the candidates with bootstrap intervals, and the cutoffs to set for the model. Constants
are chosen on one part of the queries and reported on the other.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.confidence_cases import QUERIES, Case, Catalogue, ask, read_catalogue, read_pictures
from bench.machine import machine
from bench.roc import Scores, auc, interval
from catalog.confidence import Cutoffs, combined, confident
from catalog.encoder import Encoder, Vectors, open_encoder
from catalog.settings import BUNDLED_MODEL, Settings

_BACKGROUNDS = (128, 256, 512)
_REFUSED = 0.10  # of the queries that the catalogue could answer: at .05, twice as many hopeless ones pass
_PICTURES_REFUSED = 0.003  # few: photos of a shopper are less like the catalogue than its own pictures


def score_by_background(
    cases: Sequence[Case], vectors: Vectors, catalogues: Sequence[Catalogue], encoder: Encoder
) -> None:
    """What does not come from the hits alone: scores against sampled pictures, titles and other queries."""
    random = np.random.default_rng(1)
    by_name = {catalogue.name: catalogue for catalogue in catalogues}
    titles = {
        c.name: encoder.encode_texts([c.rows[n]["title"] for n in random.permutation(len(c.rows))[:256]])
        for c in catalogues
    }
    samples = {
        (c.name, n): c.vectors[random.permutation(len(c.vectors))[:n]]
        for c in catalogues
        for n in _BACKGROUNDS
    }
    splits = np.array([case.split for case in cases])
    for case, vector in zip(cases, vectors, strict=True):
        catalogue, scores = by_name[case.catalogue], case.scores
        best = np.sort(case.cosines)[::-1]
        scores["cosine of the best hit"] = best[0]
        scores["mean cosine of the best 5"] = best[:5].mean()
        for size in _BACKGROUNDS:
            around = samples[case.catalogue, size] @ vector
            scores[f"z-score, {size} pictures"] = (best[0] - around.mean()) / around.std()
        scores["z-score of the best 5"] = (best[:5].mean() - around.mean()) / around.std()
        scores["margin, first to tenth"] = best[0] - best[9]
        # What unrelated queries score with the same picture, those of the other split (CSLS, Conneau 2018).
        first = int(np.argmax(catalogue.vectors @ vector))
        others = vectors[splits != case.split] @ catalogue.vectors[first]
        scores["less other queries' mean"] = best[0] - others.mean()
        scores["cosine to 256 titles"] = float((titles[case.catalogue] @ vector).max())
        scores["share of words"] = case.shares.max()


def evidence_of(case: Case, words: float) -> Scores:
    return combined(case.hit_cosines, case.shares, words)


def choose(cases: Sequence[Case], pictures_inside: Scores) -> Cutoffs:
    """The constants that are best on `cases`."""
    inside = insides(cases)
    spread = float(np.std([case.hit_cosines.max() for case in cases]))
    all_words = inside & np.array([case.shares.max() == 1 for case in cases])
    trials = []
    for words in (round(spread * k, 2) for k in range(1, 25)):
        best = np.array([evidence_of(case, words).max() for case in cases])
        text = round(float(np.quantile(best[inside], _REFUSED)), 2)
        trials.append((words, text, auc(inside, best), bool((best[all_words] >= text).all())))
    # The AUC is flat, but with less weight a poor cosine would refuse a hit that holds every word.
    most = max(trial[2] for trial in trials)
    words, text = next(
        (w, t) for w, t, area, holds in trials if area > most - 0.003 and (holds or area == most)
    )
    drops = [round(spread * k / 4, 2) for k in range(1, 25)]
    worth = [f_half(*cut(cases, Cutoffs(words, text, drop, 0))) for drop in drops]
    # The curve is flat: of what is about as good, the longest list.
    drop = max(drop for drop, is_worth in zip(drops, worth, strict=True) if is_worth > max(worth) - 0.01)
    return Cutoffs(words, text, drop, round(float(np.quantile(pictures_inside, _PICTURES_REFUSED)), 2))


def cut(cases: Sequence[Case], cutoffs: Cutoffs | None) -> tuple[float, float]:
    """Mean precision and recall of what is kept of the first 24 hits; precision only where any is kept."""
    kept_right, kept_of_right = [], []
    for case in cases:
        if not case.inside or case.kind == "title":
            continue
        scores = evidence_of(case, cutoffs.words if cutoffs else 0.5)
        first = np.argsort(-scores)[:24]
        right = case.right[first]
        kept = (
            confident(scores[first], case.text, cutoffs) if cutoffs else np.ones(len(first), dtype=np.bool_)
        )
        if kept.any():
            kept_right.append(right[kept].mean())
        if right.any():
            kept_of_right.append(kept[right].mean())
    return float(np.mean(kept_right)), float(np.mean(kept_of_right))


def f_half(precision: float, recall: float) -> float:
    """F-measure that minds precision twice as much as recall (van Rijsbergen's with beta = 1/2)."""
    return 1.25 * precision * recall / (0.25 * precision + recall) if precision + recall else 0.0


def pictures_held_out(catalogues: Sequence[Catalogue]) -> Scores:
    """The best cosine of 300 products' pictures with the other products of their catalogue."""
    random = np.random.default_rng(2)
    best = []
    for catalogue in catalogues:
        for n in random.permutation(len(catalogue.rows))[:300]:
            cosines = catalogue.cosines(catalogue.vectors[np.flatnonzero(catalogue.item_of == n)[0]])
            best.append(np.delete(cosines, n).max())
    return np.array(best, dtype=np.float64)


def report(cases: Sequence[Case], cutoffs: Cutoffs, label: str) -> None:
    best = np.array([evidence_of(case, cutoffs.words).max() for case in cases])
    inside = insides(cases)
    precision, recall = cut(cases, cutoffs)
    print(
        f"{label:<8} refused: {(best[inside] < cutoffs.text).mean():.3f} of {inside.sum()} in the catalogue, "
        f"{(best[~inside] < cutoffs.text).mean():.3f} of {(~inside).sum()} not in it; of the first 24 hits: "
        f"precision {precision:.3f} (uncut {cut(cases, None)[0]:.3f}), recall {recall:.3f}"
    )


def print_aucs(cases: Sequence[Case], names: Sequence[str]) -> None:
    parts = {name: [c for c in cases if c.catalogue == name] for name in names}
    parts |= {split: [c for c in cases if c.split == split] for split in ("choose", "test")}
    parts["pooled"] = list(cases)
    print(f"{'ROC AUC':<26}" + "".join(f"{name:>10}" for name in parts) + "   95 % of pooled")
    for score in cases[0].scores:
        row = [auc(insides(part), np.array([c.scores[score] for c in part])) for part in parts.values()]
        scores = np.array([case.scores[score] for case in cases])
        low, high = interval(insides(cases), scores, [case.text for case in cases])
        print(f"{score:<26}" + "".join(f"{value:10.3f}" for value in row) + f"   {low:.3f} to {high:.3f}")


def insides(cases: Sequence[Case]) -> NDArray[np.bool_]:
    return np.array([case.inside for case in cases])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--model", default=str(BUNDLED_MODEL))
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--cache", type=Path, help="keep the catalogues' vectors in this folder")
    parser.add_argument("--elsewhere", type=Path, help="a folder of pictures of other things than a shop's")
    options = parser.parse_args()
    encoder = open_encoder(Settings(_env_file=None, clip_model=options.model, encoder_threads=1))
    with options.queries.open(encoding="utf-8") as file:
        known = {name for line in file for name in json.loads(line)} - {"text", "kind", "split"}
    catalogues = []
    for folder in options.folders:
        name = next((name for name in sorted(known) if name in folder.name), None)
        if name is None:
            parser.error(f"no query is labelled for {folder.name}; labelled are {', '.join(sorted(known))}")
        catalogues.append(read_catalogue(folder, encoder, name, options.cache))
    cases, vectors = ask(catalogues, encoder, options.queries)
    print(f"{machine()}\n{encoder.name}, {len(cases)} pairs of query and catalogue", flush=True)
    score_by_background(cases, vectors, catalogues, encoder)
    held_out = pictures_held_out(catalogues)
    chosen = choose([case for case in cases if case.split == "choose"], held_out)
    for case in cases:
        case.scores["evidence"] = evidence_of(case, chosen.words).max()
    print_aucs(cases, [catalogue.name for catalogue in catalogues])
    for split in ("choose", "test"):
        report([case for case in cases if case.split == split], chosen, split)
    print(f"pictures refused: {(held_out < chosen.picture).mean():.3f} of {len(held_out)} held out")
    if options.elsewhere:
        for catalogue in catalogues:
            elsewhere = read_pictures(encoder, sorted(p for p in options.elsewhere.rglob("*") if p.is_file()))
            best = (elsewhere @ catalogue.vectors.T).max(axis=1)
            print(
                f"  and {(best < chosen.picture).mean():.3f} of {len(best)} from elsewhere, {catalogue.name}"
            )
    print(f"cutoffs for {encoder.name}: {chosen}")


if __name__ == "__main__":
    main()
