"""Who reads what: reviewers assigned to applications, with equal loads and enough in common to compare them (HiGHS)."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tuoju_matching.errors import PlanError
from tuoju_matching.graph import Floats
from tuoju_matching.lazy import lazy_module
from tuoju_matching.panel import count_separate_groups

if TYPE_CHECKING:
    from scipy import optimize, sparse
else:
    optimize, sparse = lazy_module("scipy.optimize"), lazy_module("scipy.sparse")

READS_ALL = 30
"""Up to so many applications every reviewer reads all of them."""
READERS = 5
"""Readers an application beyond that."""
SHARED = 3
"""Applications that any two reviewers should have in common, so that strictness can be told from quality."""
TOLERANCE = 1e-6
GAP = 1e-4
"""Relative gap of fit at which an assignment is good enough."""
_SOLVED, _INFEASIBLE = 0, 2

Pair = tuple[int, int]
"""A reviewer and an application."""


@dataclass(frozen=True)
class ReviewerAssignment:
    """Who reads what.

    Attributes
    ----------
    order : dict of reviewer to tuple of applications
        In the random order in which the reviewer is to read them.
    readers_wanted : int
        Readers that each application should have.
    """

    order: dict[int, tuple[int, ...]]
    readers_wanted: int
    applications: tuple[int, ...] = field(default=())

    @property
    def pairs(self) -> set[Pair]:
        return {(reviewer, application) for reviewer, read in self.order.items() for application in read}

    def readers(self, application: int) -> tuple[int, ...]:
        return tuple(reviewer for reviewer, read in self.order.items() if application in read)

    @property
    def short(self) -> dict[int, int]:
        """Applications with fewer readers than wanted, and how many they have."""
        counts = {application: len(self.readers(application)) for application in self.applications}
        return {application: count for application, count in counts.items() if count < self.readers_wanted}

    @property
    def least_shared(self) -> int:
        """The smallest number of applications that any two reviewers have in common; 0 with fewer than two."""
        pairs = combinations(self.order.values(), 2)
        return min((len(set(first) & set(second)) for first, second in pairs), default=0)

    @property
    def is_connected(self) -> bool:
        """Whether every reviewer can be compared with every other, directly or through others."""
        return count_separate_groups(self.pairs) <= 1


def assign_reviewers(
    reviewers: Sequence[int],
    applications: Sequence[int],
    *,
    conflicts: Set[Pair] = frozenset(),
    fit: Mapping[Pair, float] | None = None,
    readers: int = READERS,
    seed: int = 0,
) -> ReviewerAssignment:
    """Assign reviewers to applications.

    Up to `READS_ALL` applications everybody reads all but their conflicts. Beyond, each has `readers` readers, loads
    are equal but for one, and the reviewers are connected. Any two share `SHARED` applications, if two of them share
    twice as many on average. Within that, the application with the worst fit is served best, then the sum of fits is
    highest.

    Parameters
    ----------
    conflicts : set of (reviewer, application)
        Declared conflicts of interest; those pairs are never assigned.
    fit : mapping of (reviewer, application) to float, optional
        How well the reviewer knows the topic, in [0, 1]; 0.5 where not listed.
    seed : int
        Of the random order of reading; to be written down.

    Raises
    ------
    ValueError
        If reviewers or applications are listed twice, or `readers` is below 1.
    PlanError
        If the solver fails.
    """
    if len(set(reviewers)) < len(reviewers) or len(set(applications)) < len(applications) or readers < 1:
        raise ValueError("reviewers and applications must be listed once, and readers must be >= 1")
    free = [(reviewer, item) for reviewer in reviewers for item in applications if (reviewer, item) not in conflicts]
    if len(applications) <= READS_ALL or not free:
        chosen = set(free)
        wanted = len(reviewers) if len(applications) <= READS_ALL else readers
    else:
        chosen, wanted = _AssignmentProgram(free, fit or {}, readers).solve(), readers
    generator = np.random.default_rng(seed)
    order = {}
    for reviewer in reviewers:
        read = [application for application in applications if (reviewer, application) in chosen]
        order[reviewer] = tuple(read[row] for row in generator.permutation(len(read)))
    return ReviewerAssignment(order, wanted, tuple(applications))


def without_pair(assignment: ReviewerAssignment, reviewer: int, application: int) -> ReviewerAssignment:
    """The assignment after a conflict was found late; the review is void. Raises ValueError if it was not assigned."""
    if (reviewer, application) not in assignment.pairs:
        raise ValueError(f"reviewer {reviewer} does not read application {application}")
    read = tuple(item for item in assignment.order[reviewer] if item != application)
    return replace(assignment, order={**assignment.order, reviewer: read})


def with_replacement(
    assignment: ReviewerAssignment,
    application: int,
    *,
    conflicts: Set[Pair] = frozenset(),
    fit: Mapping[Pair, float] | None = None,
) -> tuple[ReviewerAssignment, int | None]:
    """Give the application one more reader: who reads least, then who fits best. It is appended to what they read.

    Returns the assignment and the reviewer; None if everybody reads it already or has a conflict: tell the panel.
    """
    fits = fit or {}
    candidates = [
        reviewer
        for reviewer, read in assignment.order.items()
        if application not in read and (reviewer, application) not in conflicts
    ]
    if not candidates:
        return assignment, None
    chosen = min(
        candidates,
        key=lambda reviewer: (len(assignment.order[reviewer]), -fits.get((reviewer, application), 0.5), reviewer),
    )
    order = {**assignment.order, chosen: (*assignment.order[chosen], application)}
    return replace(assignment, order=order), chosen


class _AssignmentProgram:
    """One variable a free pair, one for the worst fit, and one a shared application for each requirement to share."""

    def __init__(self, free: Sequence[Pair], fit: Mapping[Pair, float], readers: int) -> None:
        self.free = list(free)
        self.fit = np.array([fit.get(pair, 0.5) for pair in free], dtype=np.float64)
        self.reviewers = sorted({reviewer for reviewer, _ in free})
        self.applications = sorted({application for _, application in free})
        self.by_reviewer = np.array([self.reviewers.index(reviewer) for reviewer, _ in free])
        self.by_application = np.array([self.applications.index(application) for _, application in free])
        self.wanted = np.minimum(np.bincount(self.by_application), readers)
        self.shared: list[tuple[frozenset[int], frozenset[int]]] = []

    def solve(self) -> set[Pair]:
        """Solve, and require what is missing: first that reviewers are connected, then that each two share enough."""
        chosen = self._solve_widening()
        refused: set[tuple[frozenset[int], frozenset[int]]] = set()
        while missing := [sides for sides in self._missing(chosen) if sides not in refused]:
            kept = list(self.shared)
            self.shared += [sides for sides in missing if sides not in self.shared]
            try:
                chosen = self._solve_widening()
            except PlanError:
                # Not possible together: go on without these.
                self.shared = kept
                refused.update(missing)
        return chosen

    def _missing(self, chosen: set[Pair]) -> list[tuple[frozenset[int], frozenset[int]]]:
        everybody = frozenset(self.reviewers)
        read = {reviewer: {item for who, item in chosen if who == reviewer} for reviewer in self.reviewers}
        if count_separate_groups(chosen) > 1:
            group = _group_of(self.reviewers[0], read)
            return [(group, everybody - group)]
        n_pairs = len(self.reviewers) * (len(self.reviewers) - 1) // 2
        if int((self.wanted * (self.wanted - 1) // 2).sum()) < 2 * SHARED * n_pairs:
            return []
        return [
            (frozenset({first}), frozenset({second}))
            for first, second in combinations(self.reviewers, 2)
            if len(read[first] & read[second]) < SHARED
        ]

    def _solve_widening(self) -> set[Pair]:
        """With loads equal but for one; where conflicts do not permit it, with loads further apart."""
        total = int(self.wanted.sum())
        low, high = total // len(self.reviewers), -(-total // len(self.reviewers))
        for width in range(len(self.applications) + 1):
            chosen = self._maximise(max(0, low - width), high + width)
            if chosen is not None:
                return chosen
            if self.shared and width > 1:
                break
        raise PlanError("no assignment of reviewers meets what was asked for")

    def _maximise(self, low: int, high: int) -> set[Pair] | None:
        n_pairs, n_applications = len(self.free), len(self.applications)
        width = n_pairs + 1 + len(self.shared) * n_applications
        columns = np.arange(n_pairs)
        limits = [
            _rows(self.by_application, columns, np.ones(n_pairs), width, self.wanted, self.wanted),
            _rows(self.by_reviewer, columns, np.ones(n_pairs), width, low, np.full(len(self.reviewers), high)),
            # The fits of an application are at least the worst fit.
            _rows(
                np.concatenate([self.by_application, np.arange(n_applications)]),
                np.concatenate([columns, np.full(n_applications, n_pairs)]),
                np.concatenate([self.fit, -np.ones(n_applications)]),
                width,
                0,
                np.full(n_applications, np.inf),
            ),
            *(limit for number, sides in enumerate(self.shared) for limit in self._sharing(number, sides, width)),
        ]
        worst_first = np.zeros(width)
        worst_first[n_pairs] = 1.0
        solution = _maximise(worst_first, limits, n_pairs)
        if solution is None:
            return None
        floor = sparse.csr_array(worst_first[np.newaxis, :])
        limits.append(optimize.LinearConstraint(floor, solution[n_pairs] - TOLERANCE, np.inf))
        goal = np.zeros(width)
        goal[:n_pairs] = self.fit
        better = _maximise(goal, limits, n_pairs)
        solution = solution if better is None else better
        return {pair for pair, share in zip(self.free, solution[:n_pairs], strict=True) if share > 0.5}

    def _sharing(self, number: int, sides: tuple[frozenset[int], frozenset[int]], width: int) -> list[Any]:
        """`SHARED` applications are read on both sides; one variable an application says that it is."""
        n_pairs, n_applications = len(self.free), len(self.applications)
        marks = n_pairs + 1 + number * n_applications + np.arange(n_applications)
        limits = []
        for side in sides:
            members = np.flatnonzero([self.reviewers[row] in side for row in self.by_reviewer])
            limits.append(
                _rows(
                    np.concatenate([self.by_application[members], np.arange(n_applications)]),
                    np.concatenate([members, marks]),
                    np.concatenate([np.ones(len(members)), -np.ones(n_applications)]),
                    width,
                    0,
                    np.full(n_applications, np.inf),
                )
            )
        all_marks = np.zeros(n_applications, dtype=np.int64)
        limits.append(_rows(all_marks, marks, np.ones(n_applications), width, SHARED, np.full(1, np.inf)))
        return limits


def _group_of(start: int, read: Mapping[int, Set[int]]) -> frozenset[int]:
    """The reviewers who share applications with `start`, directly or through others."""
    group, applications = {start}, set(read[start])
    while joining := {who for who, items in read.items() if who not in group and not applications.isdisjoint(items)}:
        group |= joining
        applications.update(*(read[who] for who in joining))
    return frozenset(group)


def _rows(rows: Any, columns: Any, values: Any, width: int, lowest: Any, highest: Any) -> Any:
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(highest), width))
    return optimize.LinearConstraint(matrix, lb=lowest, ub=highest)


def _maximise(goal: Floats, limits: Sequence[Any], n_pairs: int) -> Floats | None:
    """The solution; None if there is none. Raises PlanError."""
    integrality = np.ones(len(goal), dtype=np.int64)
    integrality[n_pairs] = 0
    upper = np.ones(len(goal))
    upper[n_pairs] = np.inf
    result = optimize.milp(
        -goal,
        constraints=limits,
        integrality=integrality,
        bounds=optimize.Bounds(0, upper),
        options={"mip_rel_gap": GAP},
    )
    if result.status == _INFEASIBLE:
        return None
    if result.status != _SOLVED:
        raise PlanError(result.message)
    return np.asarray(result.x, dtype=np.float64)
