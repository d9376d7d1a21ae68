"""Ranking the projects for one need: a sum of named contributions, known on day one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Self

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
    """A project that may take the need. `score` is the exact sum of the contributions, in [0, 1]."""

    project: ProjectProfile
    rank: int
    contributions: tuple[Contribution, ...]

    @property
    def score(self) -> float:
        score = 0.0
        for part in self.contributions:
            score += part.amount
        return score


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

    def eligible(
        self, need: NeedProfile, today: date, without: frozenset[int] = frozenset()
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The rows into `projects_` that may take the need, in rising order, and their scores as in `rank`.

        `without` holds ids of projects not to propose (this need was rejected there, say).
        """
        rows = self._rows(need, today, without)
        return rows, _summed(self._amounts(need, rows))

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
        weights = np.array([_in_order(weights_for(urgency)) for urgency in Urgency])
        urgencies = np.array([need.urgency for need in needs], dtype=np.intp)
        scores = _summed(values * weights[np.repeat(urgencies, np.diff(pairs.starts))])
        return np.concatenate(([0], np.cumsum(counts))), pairs.rows[kept], scores[kept]

    def rank(
        self,
        need: NeedProfile,
        today: date,
        *,
        k: int | None = 10,
        without: frozenset[int] = frozenset(),
    ) -> list[Ranked]:
        """The `k` best projects that may take the need, best first; all of them if `k` is None.

        `without` as in `eligible`.
        """
        rows = self._rows(need, today, without)
        values = self._features(need, rows)
        weights = weights_for(need.urgency)
        scores = _summed(values * _in_order(weights))
        best = _best(scores, self.index_.columns["id"][rows], k)
        return [
            Ranked(self.projects_[rows[each]], rank, _contributions(values[each], weights))
            for rank, each in enumerate(best.tolist(), start=1)
        ]

    def _rows(self, need: NeedProfile, today: date, without: frozenset[int]) -> NDArray[np.intp]:
        rows = self.index_.eligible(need, today)
        if without and len(rows):
            refused = [self.row_of_[each] for each in without if each in self.row_of_]
            rows = rows[~np.isin(rows, refused)]
        return rows

    def _features(self, need: NeedProfile, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The feature matrix of the rows, shape (n_asked, len(Feature))."""
        return feature_matrix(
            self.index_.standing[rows],
            text=self.text_.similarity_rows(need.text, rows),
            target_group=self.index_.target_group_fit(need, rows),
            nearness=self.index_.nearness(need, rows),
        )

    def _amounts(self, need: NeedProfile, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._features(need, rows) * _in_order(weights_for(need.urgency))


def _text_of(project: ProjectProfile) -> str:
    return f"{project.name} {project.text}"


def _in_order(weights: Mapping[Feature, float]) -> NDArray[np.float64]:
    return np.array([weights[feature] for feature in FEATURES])


def _summed(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row sums, added in the order of Feature as Ranked.score does, so that both agree to the bit."""
    scores = np.zeros(len(amounts))
    for column in range(amounts.shape[1]):
        scores += amounts[:, column]
    return scores


def _best(scores: NDArray[np.float64], ids: NDArray[np.int64], k: int | None) -> NDArray[np.intp]:
    """Positions of the `k` highest scores, best first, ties by the smaller id."""
    among = np.arange(len(scores))
    if k is not None and 0 <= k < len(scores):
        if k == 0:
            return among[:0]
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        among = np.flatnonzero(scores >= least)
    order = np.lexsort((ids[among], -scores[among]))
    return np.asarray(among[order][:k])


def _contributions(values: NDArray[np.float64], weights: Mapping[Feature, float]) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(feature, value, weights[feature]) for feature, value in zip(FEATURES, values.tolist(), strict=True)
    )


def weights_for(urgency: Urgency) -> Mapping[Feature, float]:
    """The weights, with those of nearness and response shifted by urgency; they always sum to one."""
    shift = WEIGHTS[Feature.response] * urgency / Urgency.life_threatening
    return {
        **WEIGHTS,
        Feature.response: WEIGHTS[Feature.response] + shift,
        Feature.nearness: WEIGHTS[Feature.nearness] - shift,
    }
