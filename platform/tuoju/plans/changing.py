"""One line of a plan changed by a person: what it costs, and what of an older plan still holds."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from tuoju.plans import solving
from tuoju.plans.errors import NoFeasiblePlan, NotAnOption, RankingChanged
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import Problem, load
from tuoju.plans.solving import PlanConstraints
from tuoju.plans.status import LineState
from tuoju_matching.assign import Plan as Best
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.errors import PlanError as Unsolved
from tuoju_matching.learned import create_ranker
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked


@dataclass(frozen=True)
class Totals:
    """What two plans are compared by."""

    placed: Mapping[str, int]
    quality: float

    @property
    def all_placed(self) -> int:
        return sum(self.placed.values())


@dataclass(frozen=True)
class Shift:
    """A need that would go elsewhere."""

    need_id: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Effect:
    """What a change would do: the totals without and with it, and every need that would go elsewhere."""

    before: Totals
    after: Totals
    shifts: Sequence[Shift]
    problem: Problem
    best: Best


AUTOMATIC = 0
"""In place of a project's id: let the computation decide again."""


def fixed_by_person(lines: Iterable[PlanLine]) -> dict[int, int | None]:
    """What persons have fixed: a project, or None for who is left out."""
    return {line.need_id: line.project_id for line in lines if line.fixed}


def open_problem(session: Session, plan: Plan, lines: Sequence[PlanLine]) -> Problem:
    """The plan's needs that are still open, with the projects and places of now."""
    return load(session, plan.region_code).only({line.need_id for line in lines})


def options(problem: Problem, need: NeedProfile) -> list[Ranked]:
    """The projects that may take a need, best first, without those that refused it for good."""
    refused = problem.refused.get(need.id, frozenset())
    return create_ranker(problem.ranking.met).fit(problem.projects).rank(need, problem.today, k=None, without=refused)


def effect(session: Session, plan: Plan, need_id: int, project_id: int | None) -> Effect:
    """What it would do to send a need to another project, to none (None), or where the computation puts it
    (AUTOMATIC), with everything else put where it is then best.

    Raises NotAnOption for a need no longer open or a project that may not take it, NoFeasiblePlan, RankingChanged for
    a plan to be repaired first: one line would else move all of them.
    """
    lines = session.exec(select(PlanLine).where(PlanLine.plan_id == plan.pk)).all()
    problem = open_problem(session, plan, lines)
    if plan.ranker != problem.ranking.signature:
        raise RankingChanged
    need = next((each for each in problem.needs if each.id == need_id), None)
    if need is None:
        raise NotAnOption
    if project_id and project_id not in {each.project.id for each in options(problem, need)}:
        raise NotAnOption
    fixed = _still_possible(problem, fixed_by_person(lines))
    wished = {each: to for each, to in fixed.items() if each != need_id}
    if project_id != AUTOMATIC:
        wished[need_id] = project_id
    before, after = _solve(problem, plan, fixed), _solve(problem, plan, wished)
    return Effect(totals(problem, before), totals(problem, after), _shifts(lines, problem, after), problem, after)


def _solve(problem: Problem, plan: Plan, fixed: Mapping[int, int | None]) -> Best:
    try:
        return solving.solve(problem, PlanConstraints(plan.fair_by, plan.fair_within, fixed))
    except Unsolved as error:
        raise NoFeasiblePlan from error


def totals(problem: Problem, best: Best) -> Totals:
    """Placement by urgency, and total fit."""
    placed = Counter(need.urgency.name for need in problem.needs if need.id in best.chosen)
    return Totals(placed, sum(each.score for each in best.chosen.values()))


def _shifts(lines: Sequence[PlanLine], problem: Problem, after: Best) -> list[Shift]:
    there = {need.id for need in problem.needs}
    found = []
    for line in lines:
        ranked = after.chosen.get(line.need_id)
        goes_to = ranked.project.id if ranked else None
        if line.need_id in there and goes_to != line.project_id:
            found.append(Shift(line.need_id, line.project_id, goes_to))
    return found


def _still_possible(problem: Problem, fixed: Mapping[int, int | None]) -> dict[int, int | None]:
    """What persons have fixed, without what can no longer be."""
    return kept(problem, [(need_id, project_id, True, 0.0) for need_id, project_id in fixed.items()])


def still_valid(problem: Problem, earlier: Plan, lines: Sequence[PlanLine]) -> dict[int, int | None]:
    """Of an older plan, what may stay as it was: the need is open and unchanged, the project may take it and has the
    place. Where places have become fewer, what a person fixed stays first, then the most urgent, then the best fit. Of
    one that another ranking has scored only what a person fixed stays: the rest is not known to be best any more."""
    same_ranking = earlier.ranker == problem.ranking.signature
    unchanged = [
        line
        for line in lines
        if (same_ranking or line.fixed)
        and line.need_id in problem.facts
        and line.need_version == problem.facts[line.need_id].version
    ]
    wanted = [
        (line.need_id, line.project_id, line.fixed, line.score or 0.0)
        for line in unchanged
        if line.project_id is not None or line.state is LineState.left_out
    ]
    return kept(problem, wanted)


def kept(problem: Problem, wanted: Iterable[tuple[int, int | None, bool, float]]) -> dict[int, int | None]:
    """Of wishes (need id, project id, by hand, fit), those that hold together."""
    needs = {need.id: need for need in problem.needs}
    projects = {project.id: project for project in problem.projects}
    left = {project.id: project.places_left for project in problem.projects}
    found: dict[int, int | None] = {}

    def first(wish: tuple[int, int | None, bool, float]) -> tuple[bool, int, float, int]:
        need_id, _project_id, hand, score = wish
        return (not hand, -needs[need_id].urgency, -score, need_id)

    for need_id, project_id, _hand, _score in sorted((each for each in wanted if each[0] in needs), key=first):
        if project_id is None:
            found[need_id] = None
            continue
        project = projects.get(project_id)
        if project is None or left[project_id] <= 0 or project_id in problem.refused.get(need_id, frozenset()):
            continue
        if any(each.kind is not ObstacleKind.no_place for each in check(needs[need_id], project, problem.today)):
            continue
        left[project_id] -= 1
        found[need_id] = project_id
    return found
