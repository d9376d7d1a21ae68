"""Prices that look ahead: what a place of each project is worth to the needs that are expected in a region.

They are kept with the newest approved plan of the region, whose own prices they continue: with few recent needs they
are nearly those of the plan (tuoju_matching.forward).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Self

import numpy as np
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.matchmaking.ranking import ranking_in_use
from tuoju.plans.models import Plan
from tuoju.plans.problem import needs_opened_since
from tuoju.plans.status import PlanState
from tuoju.referrals.proposing import project_profiles
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import within
from tuoju_matching.forward import FUTURES, forward_prices
from tuoju_matching.problem import PlanOptions, build_problem
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_projects.queries import open_projects

RECENT_DAYS = 180
"""Needs that were opened in so many days are the sample of those that are expected."""
SHORTEST_WINDOW = 30
"""In days: where the first need was opened later, the rate of arrivals is not extrapolated from fewer days."""
HORIZON_DAYS = 90
"""So far ahead needs are expected."""
MIN_NEW_NEEDS = 10
"""New needs after which prices are computed again on the same day."""


@dataclass(frozen=True)
class ForwardPrices:
    """Plan.forward: prices that look ahead, and what they were computed from. Mappings are by project id as text."""

    day: str
    """The day of the computation, in China; days are in ISO format."""
    until: str
    """The day up to which needs are expected."""
    arrivals: int
    """Recent needs that were drawn from."""
    prices: Mapping[str, float]
    """Without projects where it is 0."""
    expected: Mapping[str, int]
    """How many needs are expected that the project could take; only for projects with a price."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Places left at that time."""

    @classmethod
    def of(cls, plan: Plan) -> Self | None:
        """Those of a plan; None before the first computation."""
        return None if plan.forward is None else cls(**plan.forward)


def price_places(unit_of_work: UnitOfWork) -> None:
    """Compute the prices of every region with an approved plan, where the day, the places or the needs have changed."""
    with unit_of_work.read(SYSTEM) as session:
        newest = select(func.max(Plan.id)).where(Plan.state == PlanState.approved).group_by(col(Plan.region_code))
        plan_ids = [plan_id for plan_id in session.exec(newest) if plan_id is not None]
    for plan_id in plan_ids:
        _price(unit_of_work, plan_id)


def _price(unit_of_work: UnitOfWork, plan_id: int) -> None:
    with unit_of_work.read(SYSTEM) as session:
        plan, today = session.get_one(Plan, plan_id), china_day(now())
        projects = project_profiles(session, open_projects(session, today), today)
        if not _has_changed(session, plan, projects, today):
            return
        arrivals = needs_opened_since(session, plan.region_code, now() - timedelta(days=RECENT_DAYS))
        learned = ranking_in_use(session).met
        before = {int(project_id): price for project_id, price in plan.prices.items()}
    forward = compute(arrivals, projects, today, PlanOptions(learned=learned), before)
    statement = update(Plan).where(col(Plan.id) == plan_id)
    with unit_of_work.write(SYSTEM) as session:
        session.execute(statement.values(forward=asdict(forward)).execution_options(synchronize_session=False))


def _has_changed(session: Session, plan: Plan, projects: list[ProjectProfile], today: date) -> bool:
    forward = ForwardPrices.of(plan)
    if forward is None or forward.day != today.isoformat() or forward.places != _places(projects):
        return True
    since = now() - timedelta(days=RECENT_DAYS)
    count = select(func.count()).select_from(Need).join(Case, col(Case.id) == col(Need.case_id))
    in_region = col(Case.region_code).in_(within(session, plan.region_code))
    return session.exec(count.where(in_region, Need.opened_at >= since)).one() >= forward.arrivals + MIN_NEW_NEEDS


def compute(
    arrivals: list[NeedProfile],
    projects: list[ProjectProfile],
    today: date,
    options: PlanOptions,
    plan_prices: Mapping[int, float],
) -> ForwardPrices:
    """The prices from recent needs, whose `waiting_days` say how long ago they were opened."""
    window = min(RECENT_DAYS, max((need.waiting_days for need in arrivals), default=0) + 1)
    horizon = round(len(arrivals) * HORIZON_DAYS / max(SHORTEST_WINDOW, window))
    as_new = [replace(need, waiting_days=0) for need in arrivals]
    graph = build_problem(as_new, projects, today, options).graph
    before = np.array([plan_prices.get(project.id, 0.0) for project in projects], dtype=np.float64)
    prices = forward_prices(graph, graph.places, horizon, FUTURES, today.toordinal(), plan_prices=before)
    asking = np.bincount(graph.indices, minlength=len(projects)) * horizon / max(1, len(arrivals))
    priced = [row for row, price in enumerate(prices) if price > 0]
    return ForwardPrices(
        day=today.isoformat(),
        until=(today + timedelta(days=HORIZON_DAYS)).isoformat(),
        arrivals=len(arrivals),
        prices={str(projects[row].id): float(prices[row]) for row in priced},
        expected={str(projects[row].id): round(float(asking[row])) for row in priced},
        places=_places(projects),
    )


def _places(projects: list[ProjectProfile]) -> dict[str, int]:
    return {str(project.id): project.places_left for project in projects}
