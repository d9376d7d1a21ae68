"""Rank the projects for one need by a sum of named contributions with weights set by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.features import FEATURES, Feature, feature_matrix
from tuoju_matching.index import ProjectIndex
from tuoju_matching.meaning import VectorRows, fused
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
"""Weights that sum to one, set by hand: fit to the person counts more than convenience.

`response` counts up to double for urgent needs, at the cost of `nearness`: a fast answer matters more than a short way.
"""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One named part of a score: a `value` in [0, 1] that adds `weight * value`."""

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
    rank : int
        From 1.
    contributions : tuple of Contribution
        One for each feature in the order of FEATURES; if its places have a price, the negative one for it at the end.
    """

    project: ProjectProfile
    rank: int
    contributions: tuple[Contribution, ...]

    @property
    def score(self) -> float:
        """The exact sum of the contributions, the fit less the price; ranks are by this."""
        return summed(part.amount for part in self.contributions)

    @property
    def fit(self) -> float:
        """How well the project suits, in [0, 1], without the price of its places."""
        return summed(part.amount for part in self.contributions if part.feature is not Feature.scarcity)

    @property
    def features(self) -> tuple[float, ...]:
        """The values of FEATURES at the time of ranking."""
        return tuple(part.value for part in self.contributions if part.feature is not Feature.scarcity)


class RuleRanker:
    """Ranks the fitted projects by WEIGHTS; deterministic, ties are broken by project id.

    Attributes
    ----------
    index_ : ProjectIndex
        The projects as columns.
    text_ : Bm25 over the projects' names and texts, in the rows of the index.
    meaning_ : VectorRows of the same texts, as far as the projects have vectors.

    Examples
    --------
    >>> from datetime import date
    >>> offer = ProjectProfile(
    ...     id=7, name="Meals", categories=("A01",), text="cooking at home", areas=("110101000000",),
    ...     starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), places_left=3,
    ... )
    >>> need = NeedProfile(id=1, category="A01", text="no one cooks", region_path=("110100000000", "110101000000"))
    >>> best = RuleRanker().fit([offer]).rank(need, date(2026, 11, 23))[0]
    >>> best.project.id, best.rank, round(best.score, 3)
    (7, 1, 0.453)
    """

    def fit(self, projects: Sequence[ProjectProfile]) -> Self:
        """Index the projects. Raises ValueError as ProjectIndex does."""
        self.index_ = ProjectIndex(projects)
        self.text_ = Bm25().fit([text_of(project) for project in projects])
        self.meaning_ = VectorRows().fit([project.meaning for project in projects])
        return self

    @property
    def projects_(self) -> list[ProjectProfile]:
        """The projects in the order of rows; a removed project stays in its row as closed."""
        return self.index_.projects

    @property
    def row_of_(self) -> Mapping[int, int]:
        """The row of each project id."""
        return self.index_.row_of

    def add(self, project: ProjectProfile) -> Self:
        """Add a project. Raises ValueError as ProjectIndex.add does."""
        self.index_.add(project)
        self.text_.add(text_of(project))
        self.meaning_.add(project.meaning)
        return self

    def replace(self, project: ProjectProfile) -> Self:
        """Replace the project with the same id. Raises KeyError if there is none."""
        row = self.row_of_[project.id]
        before = self.projects_[row]
        self.index_.replace(project)
        if text_of(project) != text_of(before):
            self.text_.replace(row, text_of(project))
        if project.meaning != before.meaning:
            self.meaning_.replace(row, project.meaning)
        return self

    def remove(self, project_id: int) -> Self:
        """Remove a project. Raises KeyError if there is none with this id."""
        row = self.index_.remove(project_id)
        self.text_.remove(row)
        self.meaning_.remove(row)
        return self

    def set_places(self, places_left: Mapping[int, int]) -> Self:
        """Update the places left, by project id. Raises KeyError for an unknown id."""
        for project_id, left in places_left.items():
            self.replace(replace(self.projects_[self.row_of_[project_id]], places_left=left))
        return self

    def weights(self, urgency: Urgency) -> Mapping[Feature, float]:
        """The weight of each feature for a need of this urgency; they are >= 0 and sum to one."""
        return weights_for(urgency)

    def eligible(
        self, need: NeedProfile, today: date, without: frozenset[int] = frozenset()
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the projects that may take the need.

        Parameters
        ----------
        without : frozenset of int
            Ids of projects not to propose, for example because they rejected this need.

        Returns
        -------
        rows : ndarray of shape (n_eligible,)
            Into `projects_`, in rising order.
        scores : ndarray of shape (n_eligible,)
            As in `rank`, without prices.
        """
        rows = self._rows(need, today, without)
        return rows, _weighted_sums(self._features(need, rows), self._weights_in_order(need.urgency))

    def eligible_many(
        self, needs: Sequence[NeedProfile], today: date, without: Mapping[int, frozenset[int]] = MappingProxyType({})
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """`eligible` for every need at once; `without` is by need id.

        Returns
        -------
        starts : ndarray of shape (n_needs + 1,)
            The pairs of need `i` are `starts[i] : starts[i + 1]`.
        rows, scores : ndarray of shape (n_pairs,)
        """
        pairs = self.index_.eligible_many(needs, today)
        counts, kept = np.diff(pairs.starts), np.ones(len(pairs.rows), dtype=bool)
        text, groups = np.empty(len(kept)), np.empty(len(kept))
        for number, (need, start) in enumerate(zip(needs, pairs.starts.tolist(), strict=False)):
            span = slice(start, start + int(counts[number]))
            rows = pairs.rows[span]
            if len(rows):
                text[span] = self._text_similarity(need, rows)
                groups[span] = self.index_.target_group_fit(need, rows)
            if refused := without.get(need.id):
                kept[span] = ~np.isin(self.index_.columns["id"][rows], list(refused))
                counts[number] = kept[span].sum()
        values = feature_matrix(
            self.index_.project_values[pairs.rows], text=text, target_group=groups, nearness=pairs.nearness
        )
        weights = np.array([self._weights_in_order(urgency) for urgency in Urgency])
        urgencies = np.array([need.urgency for need in needs], dtype=np.intp)
        scores = _weighted_sums(values, weights[np.repeat(urgencies, np.diff(pairs.starts))])
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
        """List the `k` best projects that may take the need, best first; all of them if `k` is None.

        Parameters
        ----------
        without : frozenset of int
            As in `eligible`.
        prices : mapping of project id to float, optional
            Dual prices of one place from the last plan, in units of score; 0 where not listed. Choices made one by
            one at these prices do not waste scarce places (complementary slackness of the assignment's linear
            program). Left out for a life-threatening need.

        Raises
        ------
        ValueError
            If a price is negative or not finite.
        """
        candidates = self._candidates(need, today, without, prices)
        best = _best(candidates.scores, self.index_.columns["id"][candidates.rows], k)
        return [self._ranked(need, candidates, at, rank) for rank, at in enumerate(best.tolist(), start=1)]

    def rank_of(
        self,
        need: NeedProfile,
        today: date,
        project_id: int,
        *,
        without: frozenset[int] = frozenset(),
        prices: Mapping[int, float] | None = None,
    ) -> Ranked | None:
        """Rank one project without building the list; None if it may not take the need. Parameters as in `rank`."""
        candidates = self._candidates(need, today, without, prices)
        ids = self.index_.columns["id"][candidates.rows]
        at = np.flatnonzero(ids == project_id)
        if not len(at):
            return None
        score = candidates.scores[at[0]]
        ahead = (candidates.scores > score) | ((candidates.scores == score) & (ids < project_id))
        return self._ranked(need, candidates, int(at[0]), 1 + int(ahead.sum()))

    def _candidates(
        self, need: NeedProfile, today: date, without: frozenset[int], prices: Mapping[int, float] | None
    ) -> "_Candidates":
        rows = self._rows(need, today, without)
        urgent = need.urgency is Urgency.life_threatening
        values, row_prices = self._features(need, rows), None if urgent else self._prices(rows, prices)
        scores = _weighted_sums(values, self._weights_in_order(need.urgency))
        return _Candidates(rows, values, row_prices, scores if row_prices is None else scores - row_prices)

    def _ranked(self, need: NeedProfile, candidates: "_Candidates", at: int, rank: int) -> Ranked:
        weights, values = self.weights(need.urgency), candidates.values[at].tolist()
        parts = [
            Contribution(feature, value, weights.get(feature, 0.0))
            for feature, value in zip(FEATURES, values, strict=True)
        ]
        if candidates.prices is not None and candidates.prices[at] > 0:
            parts.append(Contribution(Feature.scarcity, float(candidates.prices[at]), -1.0))
        return Ranked(self.projects_[candidates.rows[at]], rank, tuple(parts))

    def _rows(self, need: NeedProfile, today: date, without: frozenset[int]) -> NDArray[np.intp]:
        rows = self.index_.eligible(need, today)
        if without and len(rows):
            rows = rows[~np.isin(self.index_.columns["id"][rows], list(without))]
        return rows

    def _features(self, need: NeedProfile, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The feature matrix of the rows, shape (len(rows), len(FEATURES))."""
        return feature_matrix(
            self.index_.project_values[rows],
            text=self._text_similarity(need, rows),
            target_group=self.index_.target_group_fit(need, rows),
            nearness=self.index_.nearness(need, rows),
        )

    def _text_similarity(self, need: NeedProfile, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """How close each of the rows' texts is to the need's, shape (len(rows),)."""
        characters = self.text_.similarity_rows(need.text, rows)
        return fused(characters, self.meaning_.closeness(need.meaning, rows)) if need.meaning else characters

    def _prices(self, rows: NDArray[np.intp], prices: Mapping[int, float] | None) -> NDArray[np.float64] | None:
        if not prices:
            return None
        if not all(0 <= price < np.inf for price in prices.values()):
            raise ValueError("prices must be finite and >= 0")
        return np.array([prices.get(project_id, 0.0) for project_id in self.index_.columns["id"][rows].tolist()])

    def _weights_in_order(self, urgency: Urgency) -> NDArray[np.float64]:
        weights = self.weights(urgency)
        return np.array([weights.get(feature, 0.0) for feature in FEATURES])


class _Candidates(NamedTuple):
    """All projects that may take a need, in the order of rows."""

    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    prices: NDArray[np.float64] | None
    scores: NDArray[np.float64]


def summed(amounts: Iterable[float]) -> float:
    """Add from left to right.

    Python's `sum` compensates for rounding from 3.12 on, and would differ in the last bit from the sums of columns.
    """
    total = 0.0
    for amount in amounts:
        total += amount
    return total


def text_of(project: ProjectProfile) -> str:
    """The text of a project that is compared with that of a need."""
    return f"{project.name} {project.text}"


def _weighted_sums(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sums of the rows, shape (n_rows,), added in the order of `summed`, so that both agree to the bit.

    `weights` has shape (n_features,) or (n_rows, n_features).
    """
    scores = np.zeros(len(values))
    for column in range(values.shape[1]):
        scores += values[:, column] * weights[..., column]
    return scores


def _best(scores: NDArray[np.float64], ids: NDArray[np.int64], k: int | None) -> NDArray[np.intp]:
    """Positions of the `k` highest scores, best first, ties by the smaller id."""
    positions = np.arange(len(scores))
    if k is not None and 0 < k < len(scores):
        kth_best = np.partition(scores, len(scores) - k)[len(scores) - k]
        positions = np.flatnonzero(scores >= kth_best)
    order = np.lexsort((ids[positions], -scores[positions]))
    return np.asarray(positions[order][:k])


def weights_for(urgency: Urgency) -> Mapping[Feature, float]:
    """WEIGHTS with a part of nearness moved to response by urgency; they always sum to one."""
    shift = WEIGHTS[Feature.response] * urgency / Urgency.life_threatening
    return {
        **WEIGHTS,
        Feature.response: WEIGHTS[Feature.response] + shift,
        Feature.nearness: WEIGHTS[Feature.nearness] - shift,
    }
