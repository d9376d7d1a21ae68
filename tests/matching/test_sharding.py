"""A plan joined from shards equals the plan computed at once."""

import random

import pytest

from matching.builders import PATH, TODAY, need, project
from tuoju_matching.assign import assign
from tuoju_matching.features import Feature
from tuoju_matching.learned import Coefficients, LearnedRanker
from tuoju_matching.problem import PlanOptions
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.sharding import ShardResult, join, shards, solve_shard, starting_prices

COUNTIES = ("341122000000", "341124000000", "341125000000")


def city(seed: int) -> tuple[list[NeedProfile], list[ProjectProfile]]:
    """Needs of three counties, and projects that serve one of them or all."""
    generator = random.Random(seed)
    needs = [
        need(
            id=number,
            region_path=(PATH[0], generator.choice(COUNTIES), "", ""),
            text="".join(generator.sample("做饭洗衣看病陪伴", 3)),
            urgency=generator.choice(list(Urgency)),
            waiting_days=generator.randrange(200),
        )
        for number in range(40)
    ]
    projects = [
        project(
            id=number,
            areas=(generator.choice([PATH[0], *COUNTIES]),),
            text="".join(generator.sample("做饭洗衣看病陪伴", 4)),
            places_left=generator.randrange(5),
        )
        for number in range(12)
    ]
    return needs, projects


def solve_shards(
    needs: list[NeedProfile], projects: list[ProjectProfile], options: PlanOptions | None = None
) -> list[ShardResult]:
    return [solve_shard(shard, needs, projects, TODAY, options) for shard in shards(needs, projects)]


class TestJoin:
    @pytest.mark.parametrize("seed", range(8))
    def test_equals_the_plan_of_the_city_in_any_order_of_the_shards(self, seed: int) -> None:
        needs, projects = city(seed)
        results = solve_shards(needs, projects)
        plan, joined = assign(needs, projects, TODAY), join(results, needs, projects, TODAY)
        assert joined.quality == pytest.approx(plan.quality)
        assert len(joined.chosen) == len(plan.chosen)
        assert joined.gap < 1e-6
        assert join(results[::-1], needs, projects, TODAY) == joined

    def test_a_shard_can_be_solved_from_its_own_needs_alone(self) -> None:
        needs, projects = city(1)
        shard = shards(needs, projects)[0]
        members = [member for member in needs if member.id in shard.needs]
        assert solve_shard(shard, members, projects, TODAY) == solve_shard(shard, needs, projects, TODAY)

    def test_respects_the_options(self) -> None:
        needs, projects = city(2)
        options = PlanOptions(fixed={0: None}, refused={1: frozenset(range(12))})
        joined = join(solve_shards(needs, projects, options), needs, projects, TODAY, options)
        assert {0, 1} <= set(joined.without)

    def test_is_scored_by_the_learned_model(self) -> None:
        needs, projects = city(6)
        learned = Coefficients({Feature.nearness: 2.0, Feature.text: 0.5}, 0.0)
        options = PlanOptions(learned=learned)
        joined = join(solve_shards(needs, projects, options), needs, projects, TODAY, options)
        assert joined.quality == pytest.approx(assign(needs, projects, TODAY, options).quality)
        ranker = LearnedRanker(learned).fit(projects)
        for placed in needs:
            if placed.id in joined.chosen:
                scores = {ranked.project.id: ranked.score for ranked in ranker.rank(placed, TODAY, k=None)}
                assert joined.chosen[placed.id].score == scores[joined.chosen[placed.id].project.id]

    def test_a_missing_or_repeated_shard_is_rejected(self) -> None:
        needs, projects = city(3)
        results = solve_shards(needs, projects)
        with pytest.raises(ValueError, match="in no shard result"):
            join(results[1:], needs, projects, TODAY)
        with pytest.raises(ValueError, match="in two shard results"):
            join([*results, results[0]], needs, projects, TODAY)


class TestShards:
    def test_every_need_is_in_one_shard_and_a_city_project_in_all(self) -> None:
        needs, projects = city(4)
        result = shards(needs, projects)
        assert sorted(need_id for shard in result for need_id in shard.needs) == [member.id for member in needs]
        city_project = next(served.id for served in projects if served.areas == (PATH[0],))
        assert all(city_project in shard.projects for shard in result)


class TestStartingPrices:
    def test_are_the_highest_of_all_shards(self) -> None:
        needs, projects = city(5)
        results = solve_shards(needs, projects)
        prices = starting_prices(results, projects)
        for result in results:
            assert all(prices[project_id] >= price for project_id, price in result.prices.items())
