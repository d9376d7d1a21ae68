"""A plan for many counties in parts: each shard by itself, in any process and order, then joined at the borders.

Every step is a pure function of its arguments, so that a worker that was killed may be run again, and the plan is
the same whatever the number of workers. A project that serves several counties stays whole: each shard answers with
its prices, and the join settles who gets the places that more than one of them counted on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tuoju_matching.assign import Plan, plan_on
from tuoju_matching.ground import Edges, Ground, Mode, Terms, ground_of, lay, ranker_of
from tuoju_matching.optimum import solve
from tuoju_matching.profiles import NeedProfile, ProjectProfile

COUNTY = 1
"""Where the county stands in a region path."""


@dataclass(frozen=True)
class Shard:
    """The needs of one region, and every project that could take one of them.

    Attributes
    ----------
    region : str
        The county's code; "" for needs without one.
    needs, projects : tuples of int
        Their ids, rising.
    """

    region: str
    needs: tuple[int, ...]
    projects: tuple[int, ...]


@dataclass(frozen=True)
class ShardResult:
    """What a shard found: its eligible edges, and prices to start the join with. Plain numbers, ready for JSON.

    Attributes
    ----------
    starts : tuple of int
        The edges of need i are those from `starts[i]` to `starts[i + 1]`.
    projects, scores : tuples
        The project id and score of each edge.
    prices : mapping of project id to float
        What a place is worth within the shard.
    """

    shard: Shard
    starts: tuple[int, ...]
    projects: tuple[int, ...]
    scores: tuple[float, ...]
    prices: Mapping[int, float]


def shards(needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile]) -> list[Shard]:
    """One shard a county, in the order of codes. A project belongs to every shard whose needs it could serve."""
    by_region: dict[str, list[NeedProfile]] = {}
    for need in needs:
        region = need.region_path[COUNTY] if len(need.region_path) > COUNTY else ""
        by_region.setdefault(region, []).append(need)
    found = []
    for region, members in sorted(by_region.items()):
        codes = {code for need in members for code in need.region_path}
        categories = {need.category for need in members}
        serving = [
            each.id for each in projects if codes.intersection(each.areas) and categories.intersection(each.categories)
        ]
        found.append(Shard(region, tuple(sorted(need.id for need in members)), tuple(sorted(serving))))
    return found


def solve_shard(
    shard: Shard,
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    terms: Terms | None = None,
) -> ShardResult:
    """Judge and place the needs of a shard as if its projects were its own.

    Parameters
    ----------
    needs : sequence
        All of them, or just the shard's.
    projects : sequence
        All of them: how rare a word is, and so a score, depends on them.
    """
    inside = set(shard.needs)
    own = sorted((need for need in needs if need.id in inside), key=lambda need: need.id)
    ground = lay(own, projects, today, _of(terms or Terms(), inside))
    waiting = ground.waiting
    plain = replace(waiting, sizes=np.ones(waiting.n_needs, dtype=np.int64))
    prices = solve(plain).prices
    serving = set(waiting.indices.tolist())
    return ShardResult(
        shard=shard,
        starts=tuple(waiting.indptr.tolist()),
        projects=tuple(ground.projects[row].id for row in waiting.indices.tolist()),
        scores=tuple(waiting.scores.tolist()),
        prices={ground.projects[row].id: float(prices[row]) for row in sorted(serving)},
    )


def _of(terms: Terms, needs: set[int]) -> Terms:
    """The terms as far as they speak of one need at a time."""
    return Terms(
        mode=Mode.optimum,
        sizes={each: size for each, size in terms.sizes.items() if each in needs},
        fixed={each: project for each, project in terms.fixed.items() if each in needs},
        refused={each: ids for each, ids in terms.refused.items() if each in needs},
        learned=terms.learned,
    )


def reprice(results: Iterable[ShardResult], projects: Sequence[ProjectProfile]) -> dict[int, float]:
    """Prices to start the join with: at a border the highest that any shard would pay."""
    prices = dict.fromkeys(sorted(each.id for each in projects), 0.0)
    for result in sorted(results, key=lambda each: each.shard.region):
        for project, price in result.prices.items():
            prices[project] = max(prices[project], price)
    return prices


def join(
    results: Sequence[ShardResult],
    needs: Sequence[NeedProfile],
    projects: Sequence[ProjectProfile],
    today: date,
    terms: Terms | None = None,
) -> Plan:
    """One plan from the shards' answers, in whatever order they came: the optimum over all regions, which no
    splitting of a project's places could reach, with its bound.

    Raises
    ------
    ValueError
        If a need has no shard's answer or two.
    """
    ground = _whole(results, needs, projects, terms or Terms())
    prices = reprice(results, projects)
    return plan_on(ground, today, prices=np.array([prices[each.id] for each in projects]))


def _whole(
    results: Sequence[ShardResult], needs: Sequence[NeedProfile], projects: Sequence[ProjectProfile], terms: Terms
) -> Ground:
    row_of = {each.id: row for row, each in enumerate(projects)}
    edges: dict[int, tuple[tuple[int, ...], tuple[float, ...]]] = {}
    for result in results:
        for at, need in enumerate(result.shard.needs):
            if need in edges:
                raise ValueError(f"need {need} has two shards' answers")
            span = slice(result.starts[at], result.starts[at + 1])
            edges[need] = result.projects[span], result.scores[span]
    if missing := [need.id for need in needs if need.id not in edges]:
        raise ValueError(f"needs without a shard's answer: {missing}")
    found = Edges(
        starts=np.cumsum([0, *(len(edges[need.id][0]) for need in needs)], dtype=np.int64),
        rows=np.array([row_of[each] for need in needs for each in edges[need.id][0]], dtype=np.int64),
        scores=np.array([each for need in needs for each in edges[need.id][1]], dtype=np.float64),
    )
    return ground_of(needs, projects, terms, ranker_of(projects, terms), found)
