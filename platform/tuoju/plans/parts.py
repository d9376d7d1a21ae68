"""A city's plan in parts: one task a county finds who may go where, and one join prices the places of all anew.

A project that serves several counties gives its places to whoever needs them most, wherever they live, and the plan is
the same whatever the number of workers and the order in which they were done (tuoju_matching.sharding).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlmodel import Session, col, select

from tuoju.plans.models import Plan, PlanPart
from tuoju.plans.problem import Problem
from tuoju.plans.solving import PlanConstraints, terms_of
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import find_children, get_region
from tuoju_matching.assign import Plan as Best
from tuoju_matching.problem import PlanOptions
from tuoju_matching.sharding import Shard, ShardResult, join, shards, solve_shard


def is_in_parts(session: Session, plan: Plan) -> bool:
    """A new plan of a city; a repair keeps lines of another plan and is solved at once."""
    return plan.previous_id is None and get_region(session, plan.region_code).level is RegionLevel.city


def open_parts(session: Session, plan: Plan) -> list[PlanPart]:
    """The plan's parts, one a county, made if they are not there."""
    query = select(PlanPart).where(PlanPart.plan_id == plan.pk).order_by(PlanPart.region_code)
    found = list(session.exec(query))
    if not found:
        counties = find_children(session, plan.region_code)
        found = [PlanPart(plan_id=plan.pk, region_code=county.code) for county in counties]
        session.add_all(found)
        session.flush()
    return found


def close_parts(session: Session, plan: Plan) -> None:
    """What they found is in the plan now."""
    for part in session.exec(select(PlanPart).where(col(PlanPart.plan_id) == plan.pk)).all():
        session.delete(part)


def solve_part(problem: Problem) -> dict[str, Any]:
    """What the worker of one county finds, as it is kept, with the version of each need it has seen and the
    ranking that scored."""
    versions = {str(need.id): problem.facts[need.id].version for need in problem.needs}
    terms = terms_of(problem, PlanConstraints())
    results = [
        asdict(solve_shard(shard, problem.needs, problem.projects, problem.today, terms))
        for shard in shards(problem.needs, problem.projects)
    ]
    return {"ranker": problem.ranking.signature, "versions": versions, "results": results}


def join_parts(problem: Problem, found: Sequence[Mapping[str, Any]], terms: PlanOptions) -> tuple[Problem, Best]:
    """The plan of all parts with the projects and places of now, and the problem it solves. Needs answered or changed
    since their part was done, and parts that another ranking has scored, are left to the next plan; the page of this
    one says so."""
    found = [part for part in found if part["ranker"] == problem.ranking.signature]
    versions = {int(need_id): version for part in found for need_id, version in part["versions"].items()}
    here = problem.only({need.id for need in problem.needs if versions.get(need.id) == problem.facts[need.id].version})
    open_now = {project.id for project in problem.projects}
    results = [_still_open(_read(kept), open_now) for part in found for kept in part["results"]]
    return here, join(results, here.needs, here.projects, here.today, terms)


def _read(kept: Mapping[str, Any]) -> ShardResult:
    shard = Shard(kept["shard"]["region"], tuple(kept["shard"]["needs"]), tuple(kept["shard"]["projects"]))
    prices = {int(project_id): price for project_id, price in kept["prices"].items()}
    return ShardResult(shard, tuple(kept["starts"]), tuple(kept["projects"]), tuple(kept["scores"]), prices)


def _still_open(result: ShardResult, open_now: Collection[int]) -> ShardResult:
    """Without the projects that have closed since."""
    kept = [at for at, project_id in enumerate(result.projects) if project_id in open_now]
    if len(kept) == len(result.projects):
        return result
    return replace(
        result,
        starts=tuple(bisect_left(kept, start) for start in result.starts),
        projects=tuple(result.projects[at] for at in kept),
        scores=tuple(result.scores[at] for at in kept),
        prices={project_id: price for project_id, price in result.prices.items() if project_id in open_now},
    )
