"""Assignment problems to measure with: synthetic ones of any size, and published ones where the files are available."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tuoju_matching.column_generation import ImplicitGraph
from tuoju_matching.graph import EligibilityGraph

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "assignment"
SCALE = 1_000_000
"""Scores are multiples of one millionth, so that an integer solver solves the same problem."""
OPTIMA = {"assign100": 305, "assign300": 626, "assign500": 991}
"""Least costs of the OR-Library's assignment problems (Beasley 1990)."""
LARGEST_COST = 100
"""Costs there are integers from 1 to this; the score of an edge is this minus its cost."""
CLASS_SHARES = (0.60, 0.25, 0.10, 0.05)
"""Shares of the urgency classes, the least urgent first."""


def random_problem(
    needs: int, projects: int, edges: int, *, seed: int = 1, supply: float = 0.8, urgent: bool = False
) -> EligibilityGraph:
    """A problem with places for the share `supply` of the needs and `edges` edges a need.

    Half of a score is the quality of the project for every need, half is random.
    """
    random = np.random.default_rng(seed)
    edges = min(edges, projects)
    indices = np.sort(random.integers(0, projects, (needs, edges), dtype=np.int32), axis=1)
    while True:
        repeated = np.zeros(indices.shape, dtype=bool)
        repeated[:, 1:] = indices[:, 1:] == indices[:, :-1]
        if not repeated.any():
            break
        indices[repeated] = random.integers(0, projects, int(repeated.sum()))
        indices.sort(axis=1)
    scores = 0.5 * random.random(projects)[indices] + 0.5 * random.random(indices.shape)
    return EligibilityGraph(
        indptr=np.arange(0, needs * edges + 1, edges),
        indices=indices.ravel(),
        scores=np.round(scores.ravel() * SCALE) / SCALE,
        places=random.multinomial(int(needs * supply), random.dirichlet(np.full(projects, 3.0))),
        urgency=random.choice(len(CLASS_SHARES), needs, p=CLASS_SHARES) if urgent else np.zeros(0, dtype=np.int64),
    )


def household_problem(needs: int, projects: int, edges: int, *, households: float, urgent: bool) -> EligibilityGraph:
    """A random problem of which the share `households` of the needs take two to five places each."""
    random = np.random.default_rng(2)
    sizes = np.where(random.random(needs) < households, random.integers(2, 6, needs), 1)
    supply = 0.8 * float(sizes.mean())
    return replace(random_problem(needs, projects, edges, supply=supply, urgent=urgent), sizes=sizes)


def published_problem(name: str) -> EligibilityGraph | None:
    """An OR-Library problem, turned from least cost to highest score; None if the file is not available."""
    path = DATA / f"{name}.txt"
    if not path.exists():
        return None
    numbers = np.array(path.read_text().split(), dtype=np.int64)
    size = int(numbers[0])
    costs = numbers[1 : 1 + size * size]
    return EligibilityGraph(
        indptr=np.arange(0, size * size + 1, size),
        indices=np.tile(np.arange(size, dtype=np.int32), size),
        scores=(LARGEST_COST - costs).astype(float),
        places=np.ones(size, dtype=np.int64),
    )


@dataclass(frozen=True)
class Refugees:
    """Cases and affiliates of one year; each case takes as many places as it has people."""

    graph: EligibilityGraph
    affiliates: tuple[str, ...]
    people: int
    places: int


def refugees(year: Path = DATA / "FY16") -> Refugees | None:
    """Cases in order of arrival and affiliates of a fiscal year, by the common beginning of its files' names; None if
    the files are not available."""
    files = {
        name: year.with_name(f"{year.name}_{name}.csv")
        for name in ("Employment_Weight", "Compatibility", "size", "cap")
    }
    if not all(path.exists() for path in files.values()):
        return None
    weights, compatible = list(_rows(files["Employment_Weight"])), list(_rows(files["Compatibility"]))
    affiliates = tuple(_affiliate(cell) for cell in weights[0][1:])
    capacity = {_affiliate(row[0]): sum(int(cell or 0) for cell in row[2:5]) for row in list(_rows(files["cap"]))[1:]}
    people = {row[0]: sum(map(int, row[1:4])) for row in list(_rows(files["size"]))[1:]}
    compatible_of = {row[0]: row[1:] for row in compatible[1:]}
    indptr, indices, scores, sizes = [0], [], [], []
    for row in weights[1:]:
        for column, (weight, fits) in enumerate(zip(row[1:], compatible_of[row[0]], strict=True)):
            if fits == "1" and weight not in ("NA", ""):
                indices.append(column)
                scores.append(float(weight))
        indptr.append(len(indices))
        sizes.append(max(1, people[row[0]]))
    places = np.array([capacity.get(name, 0) for name in affiliates])
    graph = EligibilityGraph(
        indptr=np.array(indptr),
        indices=np.array(indices, dtype=np.int32),
        scores=np.array(scores),
        places=places,
        sizes=np.array(sizes),
    )
    return Refugees(graph, affiliates, sum(sizes), int(places.sum()))


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.reader(file)


def _affiliate(name: str) -> str:
    """The affiliate's name, spelled the same in all files."""
    return {"NY-NEW YORK CITY": "NY-HIAS NEW YORK"}.get(name.strip().upper(), name.strip().upper())


def implicit_city(
    needs: int, projects: int, *, seed: int = 1, supply: float = 0.8, urgent: bool = False
) -> ImplicitGraph:
    """24 services in 10 counties; a project offers 3 services, in one county or (15 %) in all: 2.9 % of all pairs."""
    random = np.random.default_rng(seed)
    services, counties = 24, 10
    offers = np.argsort(random.random((projects, services)), axis=1)[:, :3]
    project_county = np.where(random.random(projects) < 0.15, -1, random.integers(0, counties, projects))
    lists = []
    for need_type in range(services * counties):
        service, county = divmod(need_type, counties)
        serves = (project_county == -1) | (project_county == county)
        lists.append(np.flatnonzero((offers == service).any(axis=1) & serves))
    popularity = random.random((projects, 1))
    return ImplicitGraph(
        need_type=random.integers(0, services * counties, needs, dtype=np.int32),
        indptr=np.concatenate([[0], np.cumsum([len(members) for members in lists])]),
        projects=np.concatenate(lists).astype(np.int32),
        need_features=random.dirichlet(np.ones(4), needs).astype(np.float32),
        project_features=(0.6 * random.random((projects, 4))).astype(np.float32),
        base=(0.4 * popularity[:, 0]).astype(np.float32),
        places=random.multinomial(int(needs * supply), random.dirichlet(np.full(projects, 3.0))),
        urgency=random.choice(len(CLASS_SHARES), needs, p=CLASS_SHARES) if urgent else np.zeros(0, dtype=np.int64),
    )
