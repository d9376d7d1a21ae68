"""A plan for many counties in parts: each shard is computed by itself, then the shards are joined.

Every step is a pure function of its arguments. A worker that was killed can therefore be run again, and the plan does
not depend on the number of workers or on their order. A project that serves several counties is not split: each shard
reports its prices, and the join decides who gets the places that more than one shard counted on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tuoju_matching.assign import Plan, solve_problem
from tuoju_matching.optimum import solve
from tuoju_matching.problem import (
    AssignmentProblem,
    EligibleEdges,
    Mode,
    PlanOptions,
    assemble_problem,
    build_problem,
    fit_ranker,
)
from tuoju_matching.profiles import NeedProfile, ProjectProfile

COUNTY = 1
"""Position of the county in a region path."""


@dataclass(frozen=True)
class Shard:
    """The needs of one region, and every project that could take one of them.

    Attributes
    ----------
    region : str
        The county's code; "" for needs without a county.
    needs, projects : tuples of int
        Their ids in rising order.
    """

    region: str
    needs: tuple[int, ...]
    projects: tuple[int, ...]


@dataclass(frozen=True)
class ShardResult:
    """The eligible edges of a shard, and its prices to start the join with; plain numbers that can be stored as JSON.

    Attributes
    ----------
    starts : tuple of int
        The edges of need i are `starts[i]` to `starts[i + 1]`.
    projects, scores : tuples
        The project id and the score of each edge.
    prices : mapping of project id to float
        The price of a place within the shard, in units of score.
    """

    shard: Shard
    starts: tuple[int, ...]
    projects: tuple[int, ...]
    scores: tuple[float, ...]
    prices: Mapping[int, float]


def shards(needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile]) -> list[Shard]:
    """Split the needs into one shard a county, ordered by code; a project belongs to every shard it could serve."""
    by_region: dict[str, list[NeedProfile]] = {}
    for need in needs:
        region = need.region_path[COUNTY] if len(need.region_path) > COUNTY else ""
        by_region.setdefault(region, []).append(need)
    result = []
    for region, members in sorted(by_region.items()):
        codes = {code for need in members for code in need.region_path}
        categories = {need.category for need in members}
        serving = [
            project.id
            for project in projects
            if codes.intersection(project.areas) and categories.intersection(project.categories)
        ]
        result.append(Shard(region, tuple(sorted(need.id for need in members)), tuple(sorted(serving))))
    return result


def solve_shard(
    shard: Shard,
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    options: PlanOptions | None = None,
) -> ShardResult:
    """Find the edges and prices of a shard as if no other shard used its projects.

    Parameters
    ----------
    needs : sequence
        All needs, or only those of the shard.
    projects : sequence
        All projects: how rare a word is, and so a score, depends on all of them.
    """
    need_ids = set(shard.needs)
    members = sorted((need for need in needs if need.id in need_ids), key=lambda need: need.id)
    problem = build_problem(members, projects, today, _options_of_needs(options or PlanOptions(), need_ids))
    graph = problem.graph
    prices = solve(replace(graph, sizes=np.ones(graph.n_needs, dtype=np.int64))).prices
    return ShardResult(
        shard=shard,
        starts=tuple(graph.indptr.tolist()),
        projects=tuple(problem.projects[row].id for row in graph.indices.tolist()),
        scores=tuple(graph.scores.tolist()),
        prices={problem.projects[row].id: float(prices[row]) for row in sorted(set(graph.indices.tolist()))},
    )


def _options_of_needs(options: PlanOptions, need_ids: set[int]) -> PlanOptions:
    """Only the options that concern single needs, for these needs."""
    return PlanOptions(
        mode=Mode.optimum,
        sizes={need_id: size for need_id, size in options.sizes.items() if need_id in need_ids},
        fixed={need_id: project_id for need_id, project_id in options.fixed.items() if need_id in need_ids},
        refused={need_id: project_ids for need_id, project_ids in options.refused.items() if need_id in need_ids},
        learned=options.learned,
    )


def starting_prices(results: Iterable[ShardResult], projects: Sequence[ProjectProfile]) -> dict[int, float]:
    """The prices to start the join with, by project id: the highest price of any shard."""
    prices = dict.fromkeys(sorted(project.id for project in projects), 0.0)
    for result in sorted(results, key=lambda result: result.shard.region):
        for project_id, price in result.prices.items():
            prices[project_id] = max(prices[project_id], price)
    return prices


def join(
    results: Sequence[ShardResult],
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    options: PlanOptions | None = None,
) -> Plan:
    """Join the shards' results, in any order, into the plan that is optimal over all regions, with its bound.

    Splitting a project's places between the regions could not reach this optimum.

    Raises
    ------
    ValueError
        If a need is in no result or in two.
    """
    problem = _joined_problem(results, needs, projects, options or PlanOptions())
    prices = starting_prices(results, projects)
    return solve_problem(problem, today, prices=np.array([prices[project.id] for project in projects]))


def _joined_problem(
    results: Sequence[ShardResult],
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    options: PlanOptions,
) -> AssignmentProblem:
    row_of = {project.id: row for row, project in enumerate(projects)}
    edges: dict[int, tuple[tuple[int, ...], tuple[float, ...]]] = {}
    for result in results:
        for at, need_id in enumerate(result.shard.needs):
            if need_id in edges:
                raise ValueError(f"need {need_id} is in two shard results")
            span = slice(result.starts[at], result.starts[at + 1])
            edges[need_id] = result.projects[span], result.scores[span]
    if missing := [need.id for need in needs if need.id not in edges]:
        raise ValueError(f"needs {missing} are in no shard result")
    joined = EligibleEdges(
        starts=np.cumsum([0, *(len(edges[need.id][0]) for need in needs)], dtype=np.int64),
        rows=np.array([row_of[project_id] for need in needs for project_id in edges[need.id][0]], dtype=np.int64),
        scores=np.array([score for need in needs for score in edges[need.id][1]], dtype=np.float64),
    )
    return assemble_problem(needs, projects, options, fit_ranker(projects, options), joined)
