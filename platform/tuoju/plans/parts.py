"""A city's plan in parts: one task a county finds which projects may take its needs, and one join prices all places.

A project that serves several counties gives its places to those who need them most, wherever they live. The plan is the
same whatever the number of workers and the order in which they finished (tuoju_matching.sharding).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlmodel import Session, col, select

from tuoju.plans.models import Plan, PlanPart
from tuoju.plans.problem import Problem
from tuoju.plans.solving import PlanConstraints, plan_options
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, get_region
from tuoju_matching.assign import Plan as Assignment
from tuoju_matching.problem import PlanOptions
from tuoju_matching.sharding import Shard, ShardResult, join, shards, solve_shard


def is_in_parts(session: Session, plan: Plan) -> bool:
    """Whether the plan is computed in parts: a new plan of a city. A repair keeps lines of another plan and is solved
    in one piece."""
    return plan.previous_id is None and get_region(session, plan.region_code).level is RegionLevel.city


def create_parts(session: Session, plan: Plan) -> list[PlanPart]:
    """The plan's parts, one a county; creates them if there are none yet."""
    query = select(PlanPart).where(PlanPart.plan_id == plan.pk).order_by(PlanPart.region_code)
    parts = list(session.exec(query))
    if not parts:
        counties = find_children(session, plan.region_code)
        parts = [PlanPart(plan_id=plan.pk, region_code=county.code) for county in counties]
        session.add_all(parts)
        session.flush()
    return parts


def delete_parts(session: Session, plan: Plan) -> None:
    """Delete the parts of a plan that is computed: their results are in the plan now."""
    for part in session.exec(select(PlanPart).where(col(PlanPart.plan_id) == plan.pk)).all():
        session.delete(part)


def solve_part(problem: Problem) -> dict[str, Any]:
    """The result of one county as JSON, with the version of each need and the signature of the ranking that scored."""
    versions = {str(need.id): problem.facts[need.id].version for need in problem.needs}
    options = plan_options(problem, PlanConstraints())
    results = [
        asdict(solve_shard(shard, problem.needs, problem.projects, problem.today, options))
        for shard in shards(problem.needs, problem.projects)
    ]
    return {"ranker": problem.ranking.signature, "versions": versions, "results": results}


def join_parts(
    problem: Problem, part_results: Sequence[Mapping[str, Any]], options: PlanOptions
) -> tuple[Problem, Assignment]:
    """The plan of all parts with the projects and places of now, and the problem that it solves.

    Needs that were answered or changed since their part was solved, and parts that another ranking scored, are left to
    the next plan; the page of this plan says so.
    """
    current = [part for part in part_results if part["ranker"] == problem.ranking.signature]
    versions = {int(need_id): version for part in current for need_id, version in part["versions"].items()}
    unchanged = {need.id for need in problem.needs if versions.get(need.id) == problem.facts[need.id].version}
    joined = problem.only(unchanged)
    open_now = {project.id for project in problem.projects}
    results = [_without_closed(_shard_result(data), open_now) for part in current for data in part["results"]]
    return joined, join(results, joined.needs, joined.projects, joined.today, options)


def _shard_result(data: Mapping[str, Any]) -> ShardResult:
    shard = Shard(data["shard"]["region"], tuple(data["shard"]["needs"]), tuple(data["shard"]["projects"]))
    prices = {int(project_id): price for project_id, price in data["prices"].items()}
    return ShardResult(shard, tuple(data["starts"]), tuple(data["projects"]), tuple(data["scores"]), prices)


def _without_closed(result: ShardResult, open_now: Collection[int]) -> ShardResult:
    """The result without the projects that have closed since."""
    positions = [at for at, project_id in enumerate(result.projects) if project_id in open_now]
    if len(positions) == len(result.projects):
        return result
    return replace(
        result,
        starts=tuple(bisect_left(positions, start) for start in result.starts),
        projects=tuple(result.projects[at] for at in positions),
        scores=tuple(result.scores[at] for at in positions),
        prices={project_id: price for project_id, price in result.prices.items() if project_id in open_now},
    )
