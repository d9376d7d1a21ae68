"""Suggest the category of a resident's message: cross-validated macro-F1, compared with peers in one run.

python -m benchmarks.messages --file labelled.jsonl [--json]
"""

import argparse
import json
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from benchmarks import peers
from tuoju_matching.categories import CategorySuggester

SUBJECT, DETAIL, CATEGORY = "留言主题", "留言详情", "一级分类"
SUBJECT_WEIGHT = 4
"""The subject says in ten characters what the message says in four hundred, so all methods get it this often."""
FOLDS, ROUNDS = 5, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="one JSON object a line: subject, detail, category")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        lines = arguments.file.read_text(encoding="utf-8-sig").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        texts = [" ".join([row[SUBJECT]] * SUBJECT_WEIGHT + [row[DETAIL]]) for row in rows]
        labels = np.array([row[CATEGORY] for row in rows])
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{arguments.file}: {error}")
    with threadpool_limits(1):
        results = [_measure(name, model, texts, labels) for name, model in _models()]
    if arguments.json:
        print(json.dumps({"messages": len(rows), "results": results}, ensure_ascii=False, indent=2))
        return
    print(
        f"{len(rows)} messages, {len(set(labels))} categories; {FOLDS} folds, {ROUNDS} seeds: median [lowest highest]"
    )
    for row in results:
        print(
            f"{row['name']:44} macro-F1 {row['macro_f1']:.3f} [{row['low']:.3f} {row['high']:.3f}]"
            f"  fit {row['fit_ms']:6.0f} ms  predict {row['ms_per_text']:.2f} ms"
        )
    print(f"Python {sys.version.split()[0]}, scikit-learn {version('scikit-learn')}")


def _models() -> list[tuple[str, Any]]:
    return [
        ("TF-IDF words + logistic regression", make_pipeline(TfidfVectorizer(analyzer=peers.words), _logistic(1))),
        (
            "the same, sublinear, balanced, C=10",
            make_pipeline(TfidfVectorizer(analyzer=peers.words, sublinear_tf=True), _logistic(10, "balanced")),
        ),
        ("tuoju CategorySuggester", CategorySuggester()),
    ]


def _logistic(C: float, weights: str | None = None) -> LogisticRegression:  # noqa: N803
    return LogisticRegression(C=C, class_weight=weights, max_iter=1000)


def _measure(name: str, model: Any, texts: list[str], labels: Any) -> dict[str, Any]:
    scores, fits, predictions = [], [], []
    for seed in range(ROUNDS):
        predicted = np.empty_like(labels)
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(texts, labels):
            start = time.process_time()
            fitted = clone(model).fit([texts[row] for row in train], labels[train])
            fitted_at = time.process_time()
            predicted[test] = fitted.predict([texts[row] for row in test])
            fits.append((fitted_at - start) * 1000)
            predictions.append((time.process_time() - fitted_at) * 1000 / len(test))
        scores.append(f1_score(labels, predicted, average="macro"))
    return {
        "name": name,
        "macro_f1": round(statistics.median(scores), 4),
        "low": round(min(scores), 4),
        "high": round(max(scores), 4),
        "fit_ms": round(statistics.median(fits), 1),
        "ms_per_text": round(statistics.median(predictions), 3),
    }


if __name__ == "__main__":
    main()
