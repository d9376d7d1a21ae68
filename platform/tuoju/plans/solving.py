"""A problem solved: each need's project or why none, what it would have been by other ways of choosing, and what one
more place would add."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tuoju.plans.groups import Grouping
from tuoju.plans.problem import Problem, commonest_obstacle
from tuoju_matching.assign import Plan, solve_problem
from tuoju_matching.planning import Gain, one_more_place
from tuoju_matching.problem import AssignmentProblem, Fairness, Mode, PlanOptions, build_problem
from tuoju_matching.profiles import NeedProfile


@dataclass(frozen=True)
class PlanConstraints:
    """What a plan is asked to keep: groups even within so many percentage points, and what a person has fixed."""

    fair_by: Grouping | None = None
    fair_within: int = 0
    fixed: Mapping[int, int | None] | None = None


@dataclass(frozen=True)
class Placement:
    """What a plan says of one need."""

    project_id: int | None
    score: float | None
    worth: float
    eligible: int
    obstacle: str


def solve(problem: Problem, asked: PlanConstraints | None = None) -> Plan:
    """The best plan for a problem. Raises tuoju_matching.errors.FairnessNotFeasible, PlanError."""
    return solve_problem(ground_of(problem, asked or PlanConstraints()), problem.today)


def ground_of(problem: Problem, asked: PlanConstraints) -> AssignmentProblem:
    """Every need judged against every project, with what is asked to be kept."""
    return build_problem(problem.needs, problem.projects, problem.today, terms_of(problem, asked))


def terms_of(problem: Problem, asked: PlanConstraints) -> PlanOptions:
    return PlanOptions(
        fairness=_fairness(problem, asked),
        fixed=asked.fixed or {},
        refused=problem.refused,
        learned=problem.ranking.met,
    )


def _fairness(problem: Problem, asked: PlanConstraints) -> Fairness | None:
    if asked.fair_by is None:
        return None
    groups = {need.id: problem.facts[need.id].groups[asked.fair_by] for need in problem.needs}
    return Fairness(groups, asked.fair_within / 100)


def lines(problem: Problem, plan: Plan) -> dict[int, Placement]:
    """What the plan says of each need, by need id."""
    found = {}
    for need in problem.needs:
        ranked, eligible = plan.chosen.get(need.id), plan.eligible[need.id]
        found[need.id] = Placement(
            project_id=ranked.project.id if ranked else None,
            score=ranked.score if ranked else None,
            worth=plan.worth.get(need.id, 0.0),
            eligible=eligible,
            obstacle="" if eligible else _obstacle(problem, need),
        )
    return found


def _obstacle(problem: Problem, need: NeedProfile) -> str:
    return commonest_obstacle(need, problem.projects, problem.refused.get(need.id, frozenset()), problem.today)


def compare(problem: Problem, plan: Plan, tell: Callable[[float], None]) -> dict[str, dict[str, Any]]:
    """Each mode's result on the same needs and places, free of what the plan was asked to keep, by mode; `tell` gets
    the share that is done."""
    free = (
        plan.problem if plan.problem is not None and not plan.options.fixed else ground_of(problem, PlanConstraints())
    )
    found = {}
    for number, mode in enumerate(Mode, start=1):
        options = PlanOptions(mode=mode, refused=problem.refused, learned=problem.ranking.met)
        found[mode.value] = summary(problem, solve_problem(replace(free, options=options), problem.today))
        tell(number / len(Mode))
    return found


def summary(problem: Problem, plan: Plan) -> dict[str, Any]:
    """What is compared: how many of each urgency are placed, total fit, and how long the placed have waited (days)."""
    placed = [need for need in problem.needs if need.id in plan.chosen]
    return {
        "placed": dict(Counter(need.urgency.name for need in placed)),
        "quality": sum(each.score for each in plan.chosen.values()),
        "waited": sum(need.waiting_days for need in placed) / len(placed) if placed else 0.0,
    }


def one_more(problem: Problem, plan: Plan) -> dict[int, Gain]:
    """What one more place would add, by project; without those where it adds nothing."""
    gains = one_more_place(problem.needs, problem.projects, problem.today, plan)
    return {project_id: gain for project_id, gain in gains.items() if any(gain.order)}
