"""Ranking the projects for one need: a sum of named contributions, known on day one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import FEATURES, Feature, feature_matrix
from tuoju_matching.index import ProjectIndex
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.text import Bm25

WEIGHTS: Mapping[Feature, float] = MappingProxyType(
    {
        Feature.text: 0.30,
        Feature.focus: 0.10,
        Feature.target_group: 0.25,
        Feature.nearness: 0.15,
        Feature.places: 0.08,
        Feature.freshness: 0.04,
        Feature.response: 0.08,
    }
)
"""Shares of one, set by hand: fit to the person before convenience. `response` counts up to double for urgent
needs, taken from nearness, since who answers at once matters more than who is next door."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One named part of a score: `value` in [0, 1] and what it adds, `weight * value`."""

    feature: Feature
    value: float
    weight: float

    @property
    def amount(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Ranked:
    """A project that may take the need.

    Attributes
    ----------
    contributions : tuple of Contribution
        One for each feature in the order of Feature; last, where its places have a price, what that takes away.
    """

    project: ProjectProfile
    rank: int
    contributions: tuple[Contribution, ...]

    @property
    def score(self) -> float:
        """The exact sum of the contributions: the fit less the price. The list is sorted by it."""
        return summed(part.amount for part in self.contributions)

    @property
    def fit(self) -> float:
        """How well it suits, in [0, 1], whatever its places are worth to others."""
        return summed(part.amount for part in self.contributions if part.feature is not Feature.scarcity)

    @property
    def features(self) -> tuple[float, ...]:
        """The values of FEATURES, as they were when it was ranked."""
        return tuple(part.value for part in self.contributions if part.feature is not Feature.scarcity)


class RuleRanker:
    """Ranks fitted projects by the weights above; deterministic, ties broken by project id.

    Attributes
    ----------
    index_ : ProjectIndex
        The projects as columns.
    text_ : Bm25 over the projects' names and texts, in the rows of the index.

    Examples
    --------
    >>> from datetime import date
    >>> offer = ProjectProfile(
    ...     id=7, name="Meals", categories=("A01",), text="cooking at home", areas=("341124000000",),
    ...     starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), places_left=3,
    ... )
    >>> need = NeedProfile(id=1, category="A01", text="no one cooks", region_path=("341100000000", "341124000000"))
    >>> best = RuleRanker().fit([offer]).rank(need, date(2026, 11, 23))[0]
    >>> best.project.id, best.rank, round(best.score, 3)
    (7, 1, 0.453)
    """

    def fit(self, projects: Sequence[ProjectProfile]) -> Self:
        """Index the projects. Raises ValueError as ProjectIndex does."""
        self.index_ = ProjectIndex(projects)
        self.text_ = Bm25().fit([_text_of(project) for project in projects])
        return self

    @property
    def projects_(self) -> list[ProjectProfile]:
        """In the order of rows; a removed one stays in its row, closed."""
        return self.index_.projects

    @property
    def row_of_(self) -> Mapping[int, int]:
        """The row of each project id."""
        return self.index_.row_of

    def add(self, project: ProjectProfile) -> Self:
        """Take in one more project. Raises ValueError as ProjectIndex.add does."""
        self.index_.add(project)
        self.text_.add(_text_of(project))
        return self

    def replace(self, project: ProjectProfile) -> Self:
        """Take over what changed of a project. Raises KeyError if none of this id is held."""
        row = self.row_of_[project.id]
        before = _text_of(self.projects_[row])
        self.index_.replace(project)
        if _text_of(project) != before:
            self.text_.replace(row, _text_of(project))
        return self

    def remove(self, project_id: int) -> Self:
        """Let go of a project. Raises KeyError if none of this id is held."""
        self.text_.remove(self.index_.remove(project_id))
        return self

    def set_places(self, places_left: Mapping[int, int]) -> Self:
        """Take over places that moved, by project id. Raises KeyError for an id that is not held."""
        for project_id, left in places_left.items():
            self.replace(replace(self.projects_[self.row_of_[project_id]], places_left=left))
        return self

    def weights(self, urgency: Urgency) -> Mapping[Feature, float]:
        """What each feature counts for a need of this urgency; shares of one, none below zero."""
        return weights_for(urgency)

    def eligible(
        self, need: NeedProfile, today: date, without: frozenset[int] = frozenset()
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The rows into `projects_` that may take the need, in rising order, and their scores as in `rank`.

        `without` holds ids of projects not to propose (this need was rejected there, say).
        """
        rows = self._rows(need, today, without)
        return rows, _summed(self._features(need, rows), self._weights_in_order(need.urgency))

    def eligible_many(
        self, needs: Sequence[NeedProfile], today: date, without: Mapping[int, frozenset[int]] = MappingProxyType({})
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """`eligible` of every need at once, as (starts, rows, scores): those of need `i` lie at
        `starts[i] : starts[i + 1]`. `without` is by need id.
        """
        pairs = self.index_.eligible_many(needs, today)
        counts, kept = np.diff(pairs.starts), np.ones(len(pairs.rows), dtype=bool)
        text, groups = np.empty(len(kept)), np.empty(len(kept))
        for number, (need, start) in enumerate(zip(needs, pairs.starts.tolist(), strict=False)):
            here = slice(start, start + int(counts[number]))
            rows = pairs.rows[here]
            if len(rows):
                text[here] = self.text_.similarity_rows(need.text, rows)
                groups[here] = self.index_.target_group_fit(need, rows)
            if refused := without.get(need.id):
                kept[here] = ~np.isin(self.index_.columns["id"][rows], list(refused))
                counts[number] = kept[here].sum()
        values = feature_matrix(
            self.index_.standing[pairs.rows], text=text, target_group=groups, nearness=pairs.nearness
        )
        weights = np.array([self._weights_in_order(urgency) for urgency in Urgency])
        urgencies = np.array([need.urgency for need in needs], dtype=np.intp)
        scores = _summed(values, weights[np.repeat(urgencies, np.diff(pairs.starts))])
        return np.concatenate(([0], np.cumsum(counts))), pairs.rows[kept], scores[kept]

    def rank(
        self,
        need: NeedProfile,
        today: date,
        *,
        k: int | None = 10,
        without: frozenset[int] = frozenset(),
        prices: Mapping[int, float] | None = None,
    ) -> list[Ranked]:
        """The `k` best projects that may take the need, best first; all of them if `k` is None.

        Parameters
        ----------
        without : frozenset of int
            As in `eligible`.
        prices : mapping of project id to float, optional
            What one place is worth to those who wait, from the duals of the last plan, in units of score; 0
            where not named. A choice made one by one at these prices does not squander scarce places (the
            complementary slackness of the assignment's linear program). Raises ValueError if one is below zero.
        """
        ranking = self._ranking(need, today, without, prices)
        best = _best(ranking.scores, self.index_.columns["id"][ranking.rows], k)
        return [self._ranked(need, ranking, each, rank) for rank, each in enumerate(best.tolist(), start=1)]

    def rank_of(
        self,
        need: NeedProfile,
        today: date,
        project_id: int,
        *,
        without: frozenset[int] = frozenset(),
        prices: Mapping[int, float] | None = None,
    ) -> Ranked | None:
        """Where one project stands in the whole list, without building the list; None if it may not take the need."""
        ranking = self._ranking(need, today, without, prices)
        ids = self.index_.columns["id"][ranking.rows]
        at = np.flatnonzero(ids == project_id)
        if not len(at):
            return None
        own = ranking.scores[at[0]]
        ahead = (ranking.scores > own) | ((ranking.scores == own) & (ids < project_id))
        return self._ranked(need, ranking, int(at[0]), 1 + int(ahead.sum()))

    def _ranking(
        self, need: NeedProfile, today: date, without: frozenset[int], prices: Mapping[int, float] | None
    ) -> "_Ranking":
        rows = self._rows(need, today, without)
        values, charged = self._features(need, rows), self._prices(rows, prices)
        scores = _summed(values, self._weights_in_order(need.urgency))
        return _Ranking(rows, values, charged, scores if charged is None else scores - charged)

    def _ranked(self, need: NeedProfile, ranking: "_Ranking", at: int, rank: int) -> Ranked:
        weights, values = self.weights(need.urgency), ranking.values[at].tolist()
        parts = [
            Contribution(each, value, weights.get(each, 0.0)) for each, value in zip(FEATURES, values, strict=True)
        ]
        if ranking.prices is not None and ranking.prices[at] > 0:
            parts.append(Contribution(Feature.scarcity, float(ranking.prices[at]), -1.0))
        return Ranked(self.projects_[ranking.rows[at]], rank, tuple(parts))

    def _rows(self, need: NeedProfile, today: date, without: frozenset[int]) -> NDArray[np.intp]:
        rows = self.index_.eligible(need, today)
        if without and len(rows):
            rows = rows[~np.isin(self.index_.columns["id"][rows], list(without))]
        return rows

    def _features(self, need: NeedProfile, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The feature matrix of the rows, shape (n_asked, len(FEATURES))."""
        return feature_matrix(
            self.index_.standing[rows],
            text=self.text_.similarity_rows(need.text, rows),
            target_group=self.index_.target_group_fit(need, rows),
            nearness=self.index_.nearness(need, rows),
        )

    def _prices(self, rows: NDArray[np.intp], prices: Mapping[int, float] | None) -> NDArray[np.float64] | None:
        if not prices:
            return None
        if not all(0 <= price < np.inf for price in prices.values()):
            raise ValueError("a price is below zero or no number")
        return np.array([prices.get(each, 0.0) for each in self.index_.columns["id"][rows].tolist()])

    def _weights_in_order(self, urgency: Urgency) -> NDArray[np.float64]:
        weights = self.weights(urgency)
        return np.array([weights.get(feature, 0.0) for feature in FEATURES])


class _Ranking(NamedTuple):
    """All who may take a need, in the order of rows: feature values, prices and scores."""

    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    prices: NDArray[np.float64] | None
    scores: NDArray[np.float64]


def summed(amounts: Iterable[float]) -> float:
    """The sum from the left: Python's own compensates from 3.12 on, and would differ from the columns' in the
    last bit."""
    total = 0.0
    for amount in amounts:
        total += amount
    return total


def _text_of(project: ProjectProfile) -> str:
    return f"{project.name} {project.text}"


def _summed(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted row sums, added as in `summed`, so that both agree to the bit; weights of shape (n_features,) or
    (n_rows, n_features)."""
    scores = np.zeros(len(values))
    for column in range(values.shape[1]):
        scores += values[:, column] * weights[..., column]
    return scores


def _best(scores: NDArray[np.float64], ids: NDArray[np.int64], k: int | None) -> NDArray[np.intp]:
    """Positions of the `k` highest scores, best first, ties by the smaller id."""
    among = np.arange(len(scores))
    if k is not None and 0 < k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        among = np.flatnonzero(scores >= least)
    order = np.lexsort((ids[among], -scores[among]))
    return np.asarray(among[order][:k])


def weights_for(urgency: Urgency) -> Mapping[Feature, float]:
    """The weights, with those of nearness and response shifted by urgency; they always sum to one."""
    shift = WEIGHTS[Feature.response] * urgency / Urgency.life_threatening
    return {
        **WEIGHTS,
        Feature.response: WEIGHTS[Feature.response] + shift,
        Feature.nearness: WEIGHTS[Feature.nearness] - shift,
    }
