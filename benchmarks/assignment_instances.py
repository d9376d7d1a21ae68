"""Assignment problems to measure with: synthetic ones of any size, and the published ones where they are at hand."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuoju_matching.full import Kinds
from tuoju_matching.graph import Waiting

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "assignment"
SCALE = 1_000_000
"""Scores are whole millionths, so that a solver of whole numbers solves the same problem."""
OPTIMA = {"assign100": 305, "assign300": 626, "assign500": 991}
"""Least costs of the OR-Library's assignment problems (Beasley 1990)."""
LARGEST_COST = 100
"""Theirs are whole numbers from 1 to this; a score is what an edge costs less."""
CLASSES = (0.60, 0.25, 0.10, 0.05)


def scarce(
    needs: int, projects: int, edges: int, *, seed: int = 1, supply: float = 0.8, urgent: bool = False
) -> Waiting:
    """Places for `supply` of the needs; half of a score is how good the project is for everyone, half chance."""
    draw = np.random.default_rng(seed)
    edges = min(edges, projects)
    indices = np.sort(draw.integers(0, projects, (needs, edges), dtype=np.int32), axis=1)
    while True:
        twice = np.zeros(indices.shape, dtype=bool)
        twice[:, 1:] = indices[:, 1:] == indices[:, :-1]
        if not twice.any():
            break
        indices[twice] = draw.integers(0, projects, int(twice.sum()))
        indices.sort(axis=1)
    scores = 0.5 * draw.random(projects)[indices] + 0.5 * draw.random(indices.shape)
    return Waiting(
        indptr=np.arange(0, needs * edges + 1, edges),
        indices=indices.ravel(),
        scores=np.round(scores.ravel() * SCALE) / SCALE,
        places=draw.multinomial(int(needs * supply), draw.dirichlet(np.full(projects, 3.0))),
        urgency=draw.choice(len(CLASSES), needs, p=CLASSES) if urgent else np.zeros(0, dtype=np.int64),
    )


def published(name: str) -> Waiting | None:
    """An OR-Library problem as one of most value; None where the file is not at hand."""
    path = DATA / f"{name}.txt"
    if not path.exists():
        return None
    numbers = np.array(path.read_text().split(), dtype=np.int64)
    size = int(numbers[0])
    costs = numbers[1 : 1 + size * size]
    return Waiting(
        indptr=np.arange(0, size * size + 1, size),
        indices=np.tile(np.arange(size, dtype=np.int32), size),
        scores=(LARGEST_COST - costs).astype(float),
        places=np.ones(size, dtype=np.int64),
    )


@dataclass(frozen=True)
class Refugees:
    """One year's cases and affiliates: each case takes as many places as it has people."""

    waiting: Waiting
    people: int
    places: int


def refugees() -> Refugees | None:
    """Cases x affiliates of the 2016 fiscal year; None where the files are not at hand."""
    files = {name: DATA / f"FY16_{name}.csv" for name in ("Employment_Weight", "Compatibility", "size", "cap")}
    if not all(path.exists() for path in files.values()):
        return None
    weights, fits = list(_rows(files["Employment_Weight"])), list(_rows(files["Compatibility"]))
    names = [_name(each) for each in weights[0][1:]]
    capacity = {_name(row[0]): sum(int(each) for each in row[2:5]) for row in list(_rows(files["cap"]))[1:]}
    size_of = {row[0]: sum(int(each) for each in row[1:4]) for row in list(_rows(files["size"]))[1:]}
    fit_of = {row[0]: row[1:] for row in fits[1:]}
    indptr, indices, scores, sizes = [0], [], [], []
    for row in weights[1:]:
        for column, (weight, fit) in enumerate(zip(row[1:], fit_of[row[0]], strict=True)):
            if fit == "1" and weight != "NA":
                indices.append(column)
                scores.append(float(weight))
        indptr.append(len(indices))
        sizes.append(max(1, size_of[row[0]]))
    places = np.array([capacity[name] for name in names])
    waiting = Waiting(
        indptr=np.array(indptr),
        indices=np.array(indices, dtype=np.int32),
        scores=np.array(scores),
        places=places,
        sizes=np.array(sizes),
    )
    return Refugees(waiting, sum(sizes), int(places.sum()))


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.reader(file)


def _name(words: str) -> str:
    return {"NY-NEW YORK CITY": "NY-HIAS NEW YORK"}.get(words.strip().upper(), words.strip().upper())


def city(needs: int, projects: int, *, seed: int = 1, supply: float = 0.8, urgent: bool = False) -> Kinds:
    """24 services x 10 counties; a project offers 3 services, in one county or (15 %) in all: 2.9 % of all pairs."""
    draw = np.random.default_rng(seed)
    services, counties = 24, 10
    offers = np.argsort(draw.random((projects, services)), axis=1)[:, :3]
    home = np.where(draw.random(projects) < 0.15, -1, draw.integers(0, counties, projects))
    lists = []
    for kind in range(services * counties):
        service, county = divmod(kind, counties)
        lists.append(np.flatnonzero((offers == service).any(axis=1) & ((home == -1) | (home == county))))
    liked = draw.random((projects, 1))
    return Kinds(
        kind_of=draw.integers(0, services * counties, needs, dtype=np.int32),
        indptr=np.concatenate([[0], np.cumsum([len(each) for each in lists])]),
        projects=np.concatenate(lists).astype(np.int32),
        need_features=draw.dirichlet(np.ones(4), needs).astype(np.float32),
        project_features=(0.6 * draw.random((projects, 4))).astype(np.float32),
        base=(0.4 * liked[:, 0]).astype(np.float32),
        places=draw.multinomial(int(needs * supply), draw.dirichlet(np.full(projects, 3.0))),
        urgency=draw.choice(len(CLASSES), needs, p=CLASSES) if urgent else np.zeros(0, dtype=np.int64),
    )
