"""Read a retrieval collection in BEIR layout: corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts of documents and queries, and for each query the relevant rows with their gains.

    Queries without relevant documents are left out.
    """

    name: str
    documents: list[str]
    queries: list[str]
    relevant: list[dict[int, float]]


def read(folder: Path) -> Collection:
    """Read a folder. Raises FileNotFoundError, or ValueError with the file and line."""
    documents = dict(_texts(folder / "corpus.jsonl"))
    queries = dict(_texts(folder / "queries.jsonl"))
    row_of = {document: row for row, document in enumerate(documents)}
    relevant: dict[str, dict[int, float]] = {query: {} for query in queries}
    for query, document, gain in _judgements(_qrels(folder)):
        if gain > 0 and query in relevant and document in row_of:
            relevant[query][row_of[document]] = gain
    kept = [query for query in queries if relevant[query]]
    if not kept:
        raise ValueError(f"{folder}: no query has a relevant document")
    return Collection(
        name=folder.resolve().name,
        documents=list(documents.values()),
        queries=[queries[query] for query in kept],
        relevant=[relevant[query] for query in kept],
    )


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row: dict[str, Any] = json.loads(line)
                identity = str(row["_id"] if "_id" in row else row["id"])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a JSON object with an _id") from error
            yield identity, " ".join(str(row[part]) for part in ("title", "text") if row.get(part))


def _qrels(folder: Path) -> Path:
    for name in ("qrels.tsv", "qrels/test.tsv", "qrels.txt"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{folder}: no qrels.tsv")


def _judgements(path: Path) -> Iterator[tuple[str, str, float]]:
    """Read three columns, or the four of TREC with an unused second one; with or without a heading."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            cells = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
            if not line.strip():
                continue
            try:
                gain = float(cells[-1])
            except ValueError:
                if number == 1:
                    continue
                raise ValueError(f"{path}:{number}: the last column is not a number") from None
            if len(cells) not in (3, 4):
                raise ValueError(f"{path}:{number}: {len(cells)} columns instead of 3 or 4")
            yield cells[0].strip(), cells[-2].strip(), gain
