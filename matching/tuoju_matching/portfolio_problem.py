"""The portfolio problem: applications to a call, the needs that wait, and which awards could serve which needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from tuoju_matching.graph import EligibilityGraph, Floats, Ints
from tuoju_matching.problem import PlanOptions, find_edges, fit_ranker
from tuoju_matching.profiles import NeedProfile, ProjectProfile

COUNTY = 1
"""Position of the county in a region path: after the city."""
PRIOR_WEIGHT = 20
"""Ended services that the prior of the category weighs as much as."""
DEFAULT_PRIOR = 0.7
"""Chance that a served need is met, for a category without a record."""
PASS_MARK = 60.0


@dataclass(frozen=True, slots=True)
class Level:
    """An award at which an application can be carried out: money in fen, and the places it pays for."""

    award: int
    places: int

    def __post_init__(self) -> None:
        if self.award < 1 or self.places < 1:
            raise ValueError("award and places of a level must be >= 1")


@dataclass(frozen=True, slots=True)
class Application:
    """An application to a call.

    Attributes
    ----------
    profile : ProjectProfile
        The project it would become; its `success_rate` and `ended` are the record of the organization. Its
        `places_left` is not used.
    organization : int
    topic : str
    score : float
        Adjusted score of the reviewers, in [0, 100].
    levels : tuple of Level
        The full ask, and the reduced awards that the applicant called viable.
    score_error : float
        Standard error of the score, for `portfolio_analysis.draw_robustness`.
    """

    profile: ProjectProfile
    organization: int
    topic: str
    score: float
    levels: tuple[Level, ...]
    score_error: float = 0.0

    @property
    def id(self) -> int:
        return self.profile.id


@dataclass(frozen=True)
class Limits:
    """What every portfolio of a call has to respect.

    Attributes
    ----------
    budget : int
        Money of the call in fen.
    reserve : float
        Share of the budget that is kept back, in [0, 1].
    awards_per_organization : int
    topic_caps : mapping of topic to float
        The largest share of the budget for a topic, in [0, 1]; no cap where not listed.
    county_floor : float
        Share of each county's waiting needs that should be served, in [0, 1]. A hard floor can be infeasible, therefore
        each need short of it costs `floor_price` needs of the most urgent class.
    floor_price : float
    pass_mark : float
        Applications with a lower score are not funded.
    """

    budget: int
    reserve: float = 0.0
    awards_per_organization: int = 1
    topic_caps: Mapping[str, float] = field(default_factory=dict)
    county_floor: float = 0.0
    floor_price: float = 1.0
    pass_mark: float = PASS_MARK

    def __post_init__(self) -> None:
        if self.budget < 0 or self.awards_per_organization < 0 or self.floor_price < 0:
            raise ValueError("budget, awards_per_organization and floor_price must be >= 0")
        if not all(0.0 <= share <= 1.0 for share in (self.reserve, self.county_floor, *self.topic_caps.values())):
            raise ValueError("reserve, county_floor and topic_caps must be between 0 and 1")

    @property
    def available(self) -> int:
        """Money in fen that may be awarded; the reserve is rounded up."""
        return self.budget - int(np.ceil(round(self.reserve * self.budget, 6)))


@dataclass(frozen=True, eq=False)
class PortfolioProblem:
    """Needs, open projects and applications with the eligible edges between them.

    Attributes
    ----------
    starts, rows : arrays of shape (n_needs + 1,) and (n_edges,)
        The edges of need i are `starts[i] : starts[i + 1]`. Rows count the open projects first, then the applications.
    chances, chance_weights : arrays of shape (n_projects,)
        Chance that a need served by each project is met, and the number of services behind it; see `chance_of_success`.
    """

    needs: tuple[NeedProfile, ...]
    open_projects: tuple[ProjectProfile, ...]
    applications: tuple[Application, ...]
    limits: Limits
    starts: Ints
    rows: Ints
    chances: Floats
    chance_weights: Floats

    @property
    def first_application(self) -> int:
        """Row of the first application."""
        return len(self.open_projects)

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row of each application, by its id."""
        return {application.id: self.first_application + row for row, application in enumerate(self.applications)}

    @cached_property
    def values(self) -> Floats:
        """Value of a need served by each project, shape (n_projects,): the chance that it is met, for an application
        times (1 + score / 100) / 2."""
        scores = [application.score for application in self.applications]
        factors = [1.0] * self.first_application + [0.5 + score / 200 for score in scores]
        return self.chances * np.array(factors, dtype=np.float64)

    @property
    def project_ids(self) -> list[int]:
        """Id of each row."""
        profiles = [*self.open_projects, *(application.profile for application in self.applications)]
        return [profile.id for profile in profiles]

    @cached_property
    def groups(self) -> "NeedGroups":
        return _group_needs(self)

    def graph(self, places: Ints) -> EligibilityGraph:
        """The assignment that remains once the places of every project are known; scores are `values`."""
        return EligibilityGraph(
            indptr=self.starts,
            indices=self.rows.astype(np.int32),
            scores=self.values[self.rows],
            places=places,
            urgency=np.array([need.urgency for need in self.needs], dtype=np.int64),
        )

    def places(self, levels: Mapping[int, int]) -> Ints:
        """Places of every project, shape (n_projects,), if the applications in `levels` are funded at those levels."""
        places = [max(0, project.places_left) for project in self.open_projects] + [0] * len(self.applications)
        for application_id, level in levels.items():
            row = self.row_of[application_id]
            places[row] = self.applications[row - self.first_application].levels[level].places
        return np.array(places, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class NeedGroups:
    """Needs of one urgency and county that the same projects could serve, counted together.

    Attributes
    ----------
    of_need : array of shape (n_needs,)
        Group of each need.
    sizes, urgency, county : arrays of shape (n_groups,)
    counties : tuple of str
        Codes that `county` counts.
    edge_group, edge_row : arrays of shape (n_group_edges,)
    """

    of_need: Ints
    sizes: Ints
    urgency: Ints
    county: Ints
    counties: tuple[str, ...]
    edge_group: Ints
    edge_row: Ints


def chance_of_success(project: ProjectProfile, priors: Mapping[str, float]) -> tuple[float, float]:
    """The chance that a need served by the project is met: its record, with the prior of its categories as
    `PRIOR_WEIGHT` further services; and the number of services that this rests on.

    >>> new = ProjectProfile(1, "", ("A01",), "", (), date(2027, 1, 1), date(2027, 10, 31), 5)
    >>> chance_of_success(new, {"A01": 0.6})
    (0.6, 20)
    """
    known = [priors.get(category, DEFAULT_PRIOR) for category in project.categories]
    prior = sum(known) / len(known) if known else DEFAULT_PRIOR
    ended = project.ended if project.success_rate is not None else 0
    met = (project.success_rate or 0.0) * ended
    return (met + PRIOR_WEIGHT * prior) / (ended + PRIOR_WEIGHT), ended + PRIOR_WEIGHT


def build_portfolio_problem(
    needs: Sequence[NeedProfile],
    open_projects: Sequence[ProjectProfile],
    applications: Sequence[Application],
    limits: Limits,
    on: date,
    *,
    priors: Mapping[str, float] | None = None,
) -> PortfolioProblem:
    """Check every need against every project and application, as `assign.assign` would on the day `on`.

    Parameters
    ----------
    priors : mapping of service category to float, optional
        Share of the services of a category that met the need, over all organizations; `DEFAULT_PRIOR` where not listed.

    Raises
    ------
    ValueError
        If two needs, or two projects or applications have the same id, or an application has no level or a score
        outside 0 to 100.
    """
    for application in applications:
        if not application.levels or not 0.0 <= application.score <= 100.0 or application.score_error < 0:
            raise ValueError(f"application {application.id} needs a level, and a score between 0 and 100")
    profiles = [*open_projects, *(application.profile for application in applications)]
    if len({profile.id for profile in profiles}) != len(profiles):
        raise ValueError("ids of projects and applications must be unique")
    chances = [chance_of_success(profile, priors or {}) for profile in profiles]
    options = PlanOptions()
    edges = find_edges(needs, fit_ranker(profiles, options), on, options)
    return PortfolioProblem(
        tuple(needs),
        tuple(open_projects),
        tuple(applications),
        limits,
        edges.starts.astype(np.int64),
        edges.rows.astype(np.int64),
        np.array([chance for chance, _ in chances], dtype=np.float64),
        np.array([weight for _, weight in chances], dtype=np.float64),
    )


def county_of(need: NeedProfile) -> str:
    """Code of the need's county; "" if its region is not known."""
    return need.region_path[COUNTY] if len(need.region_path) > COUNTY else ""


def _group_needs(problem: PortfolioProblem) -> NeedGroups:
    counties = tuple(sorted({county_of(need) for need in problem.needs}))
    county_row = {code: row for row, code in enumerate(counties)}
    number_of: dict[tuple[int, int, tuple[int, ...]], int] = {}
    of_need = np.zeros(len(problem.needs), dtype=np.int64)
    for row, need in enumerate(problem.needs):
        rows = tuple(sorted(problem.rows[problem.starts[row] : problem.starts[row + 1]].tolist()))
        key = (int(need.urgency), county_row[county_of(need)], rows)
        of_need[row] = number_of.setdefault(key, len(number_of))
    edges = [(number, row) for (_, _, rows), number in number_of.items() for row in rows]
    edge_group, edge_row = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    return NeedGroups(
        of_need=of_need,
        sizes=np.bincount(of_need, minlength=len(number_of)).astype(np.int64),
        urgency=np.array([urgency for urgency, _, _ in number_of], dtype=np.int64),
        county=np.array([county for _, county, _ in number_of], dtype=np.int64),
        counties=counties,
        edge_group=edge_group,
        edge_row=edge_row,
    )
