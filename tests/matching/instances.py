"""Small random assignment problems, and every plan of one: the yardstick that no solver shares code with."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from hypothesis import strategies as st

from tuoju_matching.graph import Ints, Waiting


@st.composite
def waitings(draw: st.DrawFn, needs: int = 5, projects: int = 4, sized: bool = False) -> Waiting:
    """Few needs and projects, with ties, projects without places and needs without edges."""
    n_projects = draw(st.integers(0, projects))
    rows = draw(st.lists(st.sets(st.integers(0, n_projects - 1)) if n_projects else st.just(set()), max_size=needs))
    count = sum(len(row) for row in rows)
    score = st.integers(0, 4).map(lambda each: each / 4) | st.floats(0, 1)
    whole = st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))
    return Waiting(
        indptr=np.cumsum([0, *(len(row) for row in rows)]),
        indices=np.array([project for row in rows for project in sorted(row)], dtype=np.int64),
        scores=np.array(draw(st.lists(score, min_size=count, max_size=count)), dtype=float),
        places=np.array(draw(st.lists(st.integers(0, 3), min_size=n_projects, max_size=n_projects)), dtype=np.int64),
        urgency=np.array(draw(whole), dtype=np.int64),
        sizes=np.array(draw(whole), dtype=np.int64) + 1 if sized else np.zeros(0, dtype=np.int64),
    )


def plans(waiting: Waiting) -> Iterator[Ints]:
    """Every plan that keeps to the places, as the chosen edge of each need or -1."""
    spans = zip(waiting.indptr[:-1], waiting.indptr[1:], strict=True)
    for tried in product(*([-1, *range(start, end)] for start, end in spans)):
        edge = np.array(tried, dtype=np.int64)
        if keeps_places(waiting, edge):
            yield edge


def keeps_places(waiting: Waiting, edge: Ints) -> bool:
    rows = np.flatnonzero(edge >= 0)
    taken = np.bincount(waiting.indices[edge[rows]], weights=waiting.sizes[rows], minlength=waiting.n_projects)
    return bool((taken <= waiting.places).all())


def value(waiting: Waiting, edge: Ints) -> tuple[float, ...]:
    """Needs placed of each class, the most urgent first, then the sum of scores."""
    placed = edge >= 0
    counts = [int((placed & (waiting.urgency == level)).sum()) for level in (2, 1, 0)]
    return (*counts, float(waiting.scores[edge[placed]].sum()))


def shares(edge: Ints, groups: Ints) -> list[float]:
    return [float((edge[groups == each] >= 0).mean()) for each in np.unique(groups[groups >= 0])]
