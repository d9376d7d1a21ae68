"""Solving a problem: the project of each need or why it has none, what other ways of choosing come to, and what one
more place would add."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tuoju.plans.groups import Grouping
from tuoju.plans.problem import Problem, commonest_obstacle
from tuoju_matching.assign import Plan as Assignment
from tuoju_matching.assign import solve_problem
from tuoju_matching.planning import Gain, one_more_place
from tuoju_matching.problem import AssignmentProblem, Fairness, Mode, PlanOptions, build_problem
from tuoju_matching.profiles import NeedProfile


@dataclass(frozen=True)
class PlanConstraints:
    """What persons require of a plan."""

    fair_by: Grouping | None = None
    """The groups that must be served evenly."""
    fair_within: int = 0
    """The widest difference allowed between those groups, in percentage points placed."""
    fixed: Mapping[int, int | None] | None = None
    """By need id the project that must take it; None leaves the need out."""


@dataclass(frozen=True)
class Placement:
    """What a plan says of one need; the fields are those of PlanLine."""

    project_id: int | None
    score: float | None
    worth: float
    eligible: int
    obstacle: str


def solve(problem: Problem, constraints: PlanConstraints | None = None) -> Assignment:
    """The best plan for a problem. Raises tuoju_matching.errors.FairnessNotFeasible, PlanError."""
    return solve_problem(assignment_problem(problem, constraints or PlanConstraints()), problem.today)


def assignment_problem(problem: Problem, constraints: PlanConstraints) -> AssignmentProblem:
    """Every need scored against every project, with the constraints."""
    return build_problem(problem.needs, problem.projects, problem.today, plan_options(problem, constraints))


def plan_options(problem: Problem, constraints: PlanConstraints) -> PlanOptions:
    """The constraints, refusals and ranking as the matching core takes them."""
    return PlanOptions(
        fairness=_fairness(problem, constraints),
        fixed=constraints.fixed or {},
        refused=problem.refused,
        learned=problem.ranking.met,
    )


def _fairness(problem: Problem, constraints: PlanConstraints) -> Fairness | None:
    if constraints.fair_by is None:
        return None
    groups = {need.id: problem.facts[need.id].groups[constraints.fair_by] for need in problem.needs}
    return Fairness(groups, constraints.fair_within / 100)


def placements(problem: Problem, assignment: Assignment) -> dict[int, Placement]:
    """What the plan says of each need, by need id."""
    by_need = {}
    for need in problem.needs:
        ranked, eligible = assignment.chosen.get(need.id), assignment.eligible[need.id]
        by_need[need.id] = Placement(
            project_id=ranked.project.id if ranked else None,
            score=ranked.score if ranked else None,
            worth=assignment.worth.get(need.id, 0.0),
            eligible=eligible,
            obstacle="" if eligible else _obstacle(problem, need),
        )
    return by_need


def _obstacle(problem: Problem, need: NeedProfile) -> str:
    return commonest_obstacle(need, problem.projects, problem.refused.get(need.id, frozenset()), problem.today)


def compare(
    problem: Problem, assignment: Assignment, report_share: Callable[[float], None]
) -> dict[str, dict[str, Any]]:
    """By mode, the result of each mode on the same needs and places, without any constraint. `report_share` is called
    with the share that is done."""
    unfixed = assignment.problem if not assignment.options.fixed else None
    unconstrained = unfixed or assignment_problem(problem, PlanConstraints())
    results = {}
    for number, mode in enumerate(Mode, start=1):
        options = PlanOptions(mode=mode, refused=problem.refused, learned=problem.ranking.met)
        results[mode.value] = summary(problem, solve_problem(replace(unconstrained, options=options), problem.today))
        report_share(number / len(Mode))
    return results


def summary(problem: Problem, assignment: Assignment) -> dict[str, Any]:
    """The numbers that are compared: needs placed by name of the urgency, total fit, and the mean days that the placed
    needs have waited."""
    placed = [need for need in problem.needs if need.id in assignment.chosen]
    return {
        "placed": dict(Counter(need.urgency.name for need in placed)),
        "quality": sum(ranked.score for ranked in assignment.chosen.values()),
        "waited": sum(need.waiting_days for need in placed) / len(placed) if placed else 0.0,
    }


def one_more(problem: Problem, assignment: Assignment) -> dict[int, Gain]:
    """What one more place would add, by project id; without projects where it adds nothing."""
    gains = one_more_place(problem.needs, problem.projects, problem.today, assignment)
    return {project_id: gain for project_id, gain in gains.items() if any(gain.order)}
