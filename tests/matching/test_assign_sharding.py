"""A plan in parts is the plan of the whole (design.md section 6)."""

import random

import pytest

from matching.test_core import PATH, TODAY, need, project
from tuoju_matching.assign import assign
from tuoju_matching.features import Feature
from tuoju_matching.ground import Terms
from tuoju_matching.learned import Coefficients, LearnedRanker
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency
from tuoju_matching.sharding import join, reprice, shards, solve_shard

COUNTIES = ("341122000000", "341124000000", "341125000000")


def region(seed: int) -> tuple[list[NeedProfile], list[ProjectProfile]]:
    """Three counties; some projects serve one, some all of them."""
    chance = random.Random(seed)
    needs = [
        need(
            id=number,
            region_path=(PATH[0], chance.choice(COUNTIES), "", ""),
            text="".join(chance.sample("做饭洗衣看病陪伴", 3)),
            urgency=chance.choice(list(Urgency)),
            waiting_days=chance.randrange(200),
        )
        for number in range(40)
    ]
    offered = [
        project(
            id=number,
            areas=(chance.choice([PATH[0], *COUNTIES]),),
            text="".join(chance.sample("做饭洗衣看病陪伴", 4)),
            places_left=chance.randrange(5),
        )
        for number in range(12)
    ]
    return needs, offered


class TestJoin:
    @pytest.mark.parametrize("seed", range(8))
    def test_is_the_plan_of_the_whole_whatever_the_order(self, seed: int) -> None:
        needs, offered = region(seed)
        parts = [solve_shard(each, needs, offered, TODAY) for each in shards(needs, offered)]
        whole, joined = assign(needs, offered, TODAY), join(parts, needs, offered, TODAY)
        assert joined.quality == pytest.approx(whole.quality)
        assert len(joined.chosen) == len(whole.chosen)
        assert joined.gap < 1e-6
        assert join(parts[::-1], needs, offered, TODAY) == joined

    def test_a_shard_may_be_solved_from_its_own_needs_alone(self) -> None:
        needs, offered = region(1)
        shard = shards(needs, offered)[0]
        own = [each for each in needs if each.id in shard.needs]
        assert solve_shard(shard, own, offered, TODAY) == solve_shard(shard, needs, offered, TODAY)

    def test_keeps_the_terms(self) -> None:
        needs, offered = region(2)
        terms = Terms(fixed={0: None}, refused={1: frozenset(range(12))})
        parts = [solve_shard(each, needs, offered, TODAY, terms) for each in shards(needs, offered)]
        assert {0, 1} <= set(join(parts, needs, offered, TODAY, terms).without)

    def test_is_scored_by_what_was_learned(self) -> None:
        needs, offered = region(6)
        learned = Coefficients({Feature.nearness: 2.0, Feature.text: 0.5}, 0.0)
        terms = Terms(learned=learned)
        parts = [solve_shard(each, needs, offered, TODAY, terms) for each in shards(needs, offered)]
        joined = join(parts, needs, offered, TODAY, terms)
        assert joined.quality == pytest.approx(assign(needs, offered, TODAY, learned=learned).quality)
        ranker = LearnedRanker(learned).fit(offered)
        for each in needs:
            if each.id in joined.chosen:
                scores = {found.project.id: found.score for found in ranker.rank(each, TODAY, k=None)}
                assert joined.chosen[each.id].score == scores[joined.chosen[each.id].project.id]

    def test_misses_no_shard(self) -> None:
        needs, offered = region(3)
        parts = [solve_shard(each, needs, offered, TODAY) for each in shards(needs, offered)]
        with pytest.raises(ValueError, match="without a shard"):
            join(parts[1:], needs, offered, TODAY)
        with pytest.raises(ValueError, match="two shards"):
            join([*parts, parts[0]], needs, offered, TODAY)


class TestShards:
    def test_every_need_is_in_one_and_a_border_project_in_several(self) -> None:
        needs, offered = region(4)
        found = shards(needs, offered)
        assert sorted(each for shard in found for each in shard.needs) == [each.id for each in needs]
        border = next(each.id for each in offered if each.areas == (PATH[0],))
        assert sum(border in shard.projects for shard in found) == len(found)

    def test_a_border_project_starts_at_the_highest_price(self) -> None:
        needs, offered = region(5)
        parts = [solve_shard(each, needs, offered, TODAY) for each in shards(needs, offered)]
        prices = reprice(parts, offered)
        for part in parts:
            assert all(prices[project] >= price for project, price in part.prices.items())
