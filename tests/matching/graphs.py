"""Random small assignment problems, and every plan of one: a reference that shares no code with the solvers."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from hypothesis import strategies as st

from tuoju_matching.graph import EligibilityGraph, Ints


@st.composite
def graphs(draw: st.DrawFn, needs: int = 5, projects: int = 4, sized: bool = False) -> EligibilityGraph:
    """Few needs and projects, with ties, projects without places and needs without edges."""
    n_projects = draw(st.integers(0, projects))
    rows = draw(st.lists(st.sets(st.integers(0, n_projects - 1)) if n_projects else st.just(set()), max_size=needs))
    n_edges = sum(len(row) for row in rows)
    score = st.integers(0, 4).map(lambda quarters: quarters / 4) | st.floats(0, 1)
    integers = st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))
    return EligibilityGraph(
        indptr=np.cumsum([0, *(len(row) for row in rows)]),
        indices=np.array([project for row in rows for project in sorted(row)], dtype=np.int64),
        scores=np.array(draw(st.lists(score, min_size=n_edges, max_size=n_edges)), dtype=float),
        places=np.array(draw(st.lists(st.integers(0, 3), min_size=n_projects, max_size=n_projects)), dtype=np.int64),
        urgency=np.array(draw(integers), dtype=np.int64),
        sizes=np.array(draw(integers), dtype=np.int64) + 1 if sized else np.zeros(0, dtype=np.int64),
    )


@st.composite
def groups(draw: st.DrawFn, n_needs: int, n_groups: int) -> Ints:
    """The group of each need, -1 for none."""
    group = st.integers(-1, n_groups - 1)
    return np.array(draw(st.lists(group, min_size=n_needs, max_size=n_needs)), dtype=np.int64)


def plans(graph: EligibilityGraph) -> Iterator[Ints]:
    """Every plan that respects the places, as the chosen edge of each need or -1."""
    spans = zip(graph.indptr[:-1], graph.indptr[1:], strict=True)
    for edges in product(*([-1, *range(start, end)] for start, end in spans)):
        edge = np.array(edges, dtype=np.int64)
        if respects_places(graph, edge):
            yield edge


def respects_places(graph: EligibilityGraph, edge: Ints) -> bool:
    rows = np.flatnonzero(edge >= 0)
    taken = np.bincount(graph.indices[edge[rows]], weights=graph.sizes[rows], minlength=graph.n_projects)
    return bool((taken <= graph.places).all())


def value(graph: EligibilityGraph, edge: Ints) -> tuple[float, ...]:
    """Needs placed of each class, the most urgent first, then the sum of scores."""
    placed = edge >= 0
    counts = [int((placed & (graph.urgency == level)).sum()) for level in (2, 1, 0)]
    return (*counts, float(graph.scores[edge[placed]].sum()))


def placed_shares(edge: Ints, group_of: Ints) -> list[float]:
    """The share of each group's needs that are placed."""
    return [float((edge[group_of == group] >= 0).mean()) for group in np.unique(group_of[group_of >= 0])]


def spread(edge: Ints, group_of: Ints) -> float:
    """The largest difference between two groups' placed shares."""
    shares = placed_shares(edge, group_of)
    return max(shares) - min(shares) if shares else 0.0
