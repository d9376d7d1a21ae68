"""Changing one line of a plan by hand: what the change costs, and what of an older plan is still valid."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session, select

from tuoju.plans import solving
from tuoju.plans.errors import NoFeasiblePlan, NotAnOption, RankingChanged
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import Problem, load
from tuoju.plans.solving import PlanConstraints
from tuoju.plans.status import LineState
from tuoju_matching.assign import Plan as Assignment
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.errors import PlanError as Unsolved
from tuoju_matching.learned import create_ranker
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked


@dataclass(frozen=True)
class Totals:
    """The numbers by which two plans are compared."""

    placed: Mapping[str, int]
    """Needs with a project, by name of the urgency."""
    quality: float
    """Total fit of those needs."""

    @property
    def all_placed(self) -> int:
        return sum(self.placed.values())


@dataclass(frozen=True)
class Shift:
    """A need that would go to another project; None stands for no project."""

    need_id: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Effect:
    """What a change does to the plan."""

    before: Totals
    """Of the best plan without the change."""
    after: Totals
    """Of the best plan with the change."""
    shifts: Sequence[Shift]
    """Every need that goes elsewhere than the plan says now."""
    problem: Problem
    best: Assignment
    """The best plan with the change."""


AUTOMATIC = 0
"""In place of a project's id: a need that the computation places again."""


def fixed_by_person(lines: Iterable[PlanLine]) -> dict[int, int | None]:
    """By need id what persons have fixed: a project's id, or None for a need left out of the plan."""
    return {line.need_id: line.project_id for line in lines if line.fixed}


def load_open_problem(session: Session, plan: Plan, lines: Sequence[PlanLine]) -> Problem:
    """The plan's needs that are still open, with the projects and places of now."""
    return load(session, plan.region_code).only({line.need_id for line in lines})


def options(problem: Problem, need: NeedProfile) -> list[Ranked]:
    """The projects that may take a need, best first, without those that refused it for good."""
    refused = problem.refused.get(need.id, frozenset())
    return create_ranker(problem.ranking.met).fit(problem.projects).rank(need, problem.today, k=None, without=refused)


def effect(session: Session, plan: Plan, need_id: int, project_id: int | None) -> Effect:
    """The effect of sending a need to another project, to none (None), or where the computation puts it (AUTOMATIC),
    with all other needs placed where they then fit best.

    Raises NotAnOption for a need that is no longer open or a project that may not take it, NoFeasiblePlan, and
    RankingChanged for a plan that must be repaired first: otherwise one change would move every line.
    """
    lines = session.exec(select(PlanLine).where(PlanLine.plan_id == plan.pk)).all()
    problem = load_open_problem(session, plan, lines)
    if plan.ranker != problem.ranking.signature:
        raise RankingChanged
    need = next((need for need in problem.needs if need.id == need_id), None)
    if need is None:
        raise NotAnOption
    if project_id and project_id not in {ranked.project.id for ranked in options(problem, need)}:
        raise NotAnOption
    fixed = _still_possible(problem, fixed_by_person(lines))
    changed = {fixed_id: to for fixed_id, to in fixed.items() if fixed_id != need_id}
    if project_id != AUTOMATIC:
        changed[need_id] = project_id
    before, after = _solve(problem, plan, fixed), _solve(problem, plan, changed)
    return Effect(totals(problem, before), totals(problem, after), _shifts(lines, problem, after), problem, after)


def _solve(problem: Problem, plan: Plan, fixed: Mapping[int, int | None]) -> Assignment:
    try:
        return solving.solve(problem, PlanConstraints(plan.fair_by, plan.fair_within, fixed))
    except Unsolved as error:
        raise NoFeasiblePlan from error


def totals(problem: Problem, best: Assignment) -> Totals:
    """Needs placed by urgency, and total fit."""
    placed = Counter(need.urgency.name for need in problem.needs if need.id in best.chosen)
    return Totals(placed, sum(ranked.score for ranked in best.chosen.values()))


def _shifts(lines: Sequence[PlanLine], problem: Problem, after: Assignment) -> list[Shift]:
    open_needs = {need.id for need in problem.needs}
    shifts = []
    for line in lines:
        ranked = after.chosen.get(line.need_id)
        goes_to = ranked.project.id if ranked else None
        if line.need_id in open_needs and goes_to != line.project_id:
            shifts.append(Shift(line.need_id, line.project_id, goes_to))
    return shifts


def _still_possible(problem: Problem, fixed: Mapping[int, int | None]) -> dict[int, int | None]:
    """What persons have fixed, without what is no longer possible."""
    return feasible(problem, [Choice(need_id, project_id, True, 0.0) for need_id, project_id in fixed.items()])


def still_valid(problem: Problem, earlier: Plan, lines: Sequence[PlanLine]) -> dict[int, int | None]:
    """The lines of an older plan that may stay: the need is open and unchanged, the project may take it and has the
    place. Where there are fewer places now, lines that a person fixed stay first, then the most urgent, then the best
    fit. Where another ranking scored the older plan, only lines that a person fixed stay: the others may no longer be
    the best."""
    same_ranking = earlier.ranker == problem.ranking.signature
    unchanged = [
        line
        for line in lines
        if (same_ranking or line.fixed)
        and line.need_id in problem.facts
        and line.need_version == problem.facts[line.need_id].version
    ]
    choices = [
        Choice(line.need_id, line.project_id, line.fixed, line.score or 0.0)
        for line in unchanged
        if line.project_id is not None or line.state is LineState.left_out
    ]
    return feasible(problem, choices)


class Choice(NamedTuple):
    """A project chosen for a need; None leaves the need out."""

    need_id: int
    project_id: int | None
    by_person: bool
    score: float


def feasible(problem: Problem, choices: Iterable[Choice]) -> dict[int, int | None]:
    """The choices that are possible together: the project by need id."""
    needs = {need.id: need for need in problem.needs}
    projects = {project.id: project for project in problem.projects}
    places_left = {project.id: project.places_left for project in problem.projects}
    accepted: dict[int, int | None] = {}

    def precedence(choice: Choice) -> tuple[bool, int, float, int]:
        return (not choice.by_person, -needs[choice.need_id].urgency, -choice.score, choice.need_id)

    for choice in sorted((choice for choice in choices if choice.need_id in needs), key=precedence):
        if choice.project_id is None:
            accepted[choice.need_id] = None
            continue
        project = projects.get(choice.project_id)
        refused = problem.refused.get(choice.need_id, frozenset())
        if project is None or places_left[project.id] <= 0 or project.id in refused:
            continue
        obstacles = check(needs[choice.need_id], project, problem.today)
        if any(obstacle.kind is not ObstacleKind.no_place for obstacle in obstacles):
            continue
        places_left[project.id] -= 1
        accepted[choice.need_id] = project.id
    return accepted
