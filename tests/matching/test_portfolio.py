"""Portfolios against every choice of awards of small calls, and against the assignment core."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.builders import PATH, TODAY, need, project
from tuoju_matching.assign import assign
from tuoju_matching.errors import PlanError
from tuoju_matching.portfolio import best_score_value, solve_portfolio
from tuoju_matching.portfolio_analysis import (
    at_weight,
    break_even_award,
    change_budget,
    draw_robustness,
    force,
    frontier,
)
from tuoju_matching.portfolio_baselines import assign_to_awards, fund_greedily, rank_by_score
from tuoju_matching.portfolio_problem import Application, Level, Limits, PortfolioProblem, build_portfolio_problem
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Urgency

OTHER_COUNTY = ("341100000000", "341122000000", "341122100000", "341122100200")
YUAN = 100


def application(number: int, **values: object) -> Application:
    """An application that offers A01 in the county of PATH with three places for 1,000 yuan."""
    profile_values = {
        name: values.pop(name) for name in ("categories", "areas", "ended", "success_rate") if name in values
    }
    profile = project(id=number, **profile_values)
    defaults = {
        "profile": profile,
        "organization": number,
        "topic": "elder",
        "score": 80.0,
        "levels": (Level(1000 * YUAN, 3),),
    }
    return Application(**{**defaults, **values})  # type: ignore[arg-type]


def call(
    needs: list[NeedProfile],
    applications: list[Application],
    budget: int,
    open_projects: tuple[ProjectProfile, ...] = (),
    **limits: object,
) -> PortfolioProblem:
    return build_portfolio_problem(needs, open_projects, applications, Limits(budget=budget, **limits), TODAY)  # type: ignore[arg-type]


def waiting(count: int, first: int = 0, **values: object) -> list[NeedProfile]:
    return [need(id=first + number, **values) for number in range(count)]


@st.composite
def calls(draw: st.DrawFn, floor: bool = False) -> PortfolioProblem:
    """Small calls: few needs, two open projects, four applications of three organizations with one or two levels."""
    needs = [
        need(
            id=number,
            category=draw(st.sampled_from(["A01", "B01"])),
            region_path=draw(st.sampled_from([PATH, OTHER_COUNTY])),
            urgency=draw(st.sampled_from(list(Urgency))),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    areas = st.sampled_from([(PATH[0],), (PATH[1],), (OTHER_COUNTY[1],)])
    categories = st.sampled_from([("A01",), ("B01",), ("A01", "B01")])
    open_projects = tuple(
        project(id=100 + number, areas=draw(areas), categories=draw(categories), places_left=draw(st.integers(0, 2)))
        for number in range(draw(st.integers(0, 2)))
    )
    levels = st.lists(st.builds(Level, st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=2).map(tuple)
    applications = [
        application(
            200 + number,
            organization=draw(st.integers(1, 3)),
            topic=draw(st.sampled_from(["elder", "child"])),
            score=draw(st.sampled_from([50.0, 60.0, 75.0, 90.0])),
            levels=draw(levels),
            areas=draw(areas),
            categories=draw(categories),
            ended=draw(st.sampled_from([0, 30])),
            success_rate=draw(st.sampled_from([0.5, 0.9])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    return call(
        needs,
        applications,
        draw(st.integers(0, 20)),
        open_projects,
        reserve=draw(st.sampled_from([0.0, 0.1])),
        topic_caps=draw(st.sampled_from([{}, {"elder": 0.5}])),
        awards_per_organization=draw(st.integers(1, 2)),
        county_floor=draw(st.sampled_from([0.3, 1.0])) if floor else 0.0,
    )


def keeps_limits(problem: PortfolioProblem, levels: dict[int, int]) -> bool:
    limits, by_id = problem.limits, {item.id: item for item in problem.applications}
    chosen = [(by_id[number], by_id[number].levels[level].award) for number, level in levels.items()]
    organizations = [item.organization for item, _ in chosen]
    return (
        sum(award for _, award in chosen) <= (1 - limits.reserve) * limits.budget + 1e-9
        and all(organizations.count(name) <= limits.awards_per_organization for name in organizations)
        and all(
            sum(award for item, award in chosen if item.topic == topic) <= share * limits.budget
            for topic, share in limits.topic_caps.items()
        )
        and all(item.score >= limits.pass_mark for item, _ in chosen)
    )


def every_choice(problem: PortfolioProblem) -> list[dict[int, int]]:
    options = [[None, *range(len(item.levels))] for item in problem.applications]
    choices = [
        {item.id: level for item, level in zip(problem.applications, levels, strict=True) if level is not None}
        for levels in product(*options)
    ]
    return [levels for levels in choices if keeps_limits(problem, levels)]


class TestSolvePortfolio:
    @settings(deadline=None, max_examples=60)
    @given(calls())
    def test_is_as_good_as_the_best_of_all_choices(self, problem: PortfolioProblem) -> None:
        portfolio = solve_portfolio(problem)
        assert keeps_limits(problem, portfolio.levels)
        best = max((assign_to_awards(problem, levels) for levels in every_choice(problem)), key=lambda item: item.order)
        assert portfolio.placed == best.placed
        # Money decides between nearly equal values, and counts one need at most.
        assert best.value - 1.01 <= portfolio.value <= best.value + 1e-3

    @settings(deadline=None, max_examples=60)
    @given(calls())
    def test_equals_the_assignment_with_the_awards_fixed(self, problem: PortfolioProblem) -> None:
        portfolio = solve_portfolio(problem)
        by_core = assign_to_awards(problem, portfolio.levels)
        assert portfolio.placed == by_core.placed
        assert portfolio.value == pytest.approx(by_core.value, abs=1e-4)
        assert (portfolio.money, portfolio.score_value) == (by_core.money, pytest.approx(by_core.score_value))

    @settings(deadline=None, max_examples=30)
    @given(calls())
    def test_counts_the_needs_that_a_plan_places_afterwards(self, problem: PortfolioProblem) -> None:
        portfolio = solve_portfolio(problem)
        places = problem.places(portfolio.levels).tolist()
        profiles = [*problem.open_projects, *(item.profile for item in problem.applications)]
        projects = [replace(profile, places_left=left) for profile, left in zip(profiles, places, strict=True)]
        plan = assign(problem.needs, projects, TODAY)
        placed = [item.urgency for item in problem.needs if item.id in plan.chosen]
        assert portfolio.placed == {urgency: placed.count(urgency) for urgency in Urgency}

    @settings(deadline=None, max_examples=30)
    @given(calls(floor=True))
    def test_a_county_floor_is_never_infeasible_and_says_what_it_misses(self, problem: PortfolioProblem) -> None:
        portfolio = solve_portfolio(problem)
        assert keeps_limits(problem, portfolio.levels)
        floor = problem.limits.county_floor
        short = sum(max(0.0, floor * total - served) for served, total in portfolio.counties.values())
        assert portfolio.missed_floor == pytest.approx(short, abs=1.0)

    def test_a_county_floor_moves_an_award(self) -> None:
        needs = waiting(6) + waiting(2, first=10, region_path=OTHER_COUNTY)
        offers = [application(1, levels=(Level(1000, 6),)), application(2, areas=OTHER_COUNTY[1:2])]
        offers[1] = replace(offers[1], levels=(Level(1000, 2),))
        assert set(solve_portfolio(call(needs, offers, 1000)).levels) == {1}
        floored = solve_portfolio(call(needs, offers, 1000, county_floor=0.5, floor_price=10.0))
        # Three short in one county, or one in the other: the price is the same for each.
        assert set(floored.levels) == {1}
        assert floored.missed_floor == pytest.approx(1.0)
        cheaper_to_keep = solve_portfolio(call(needs[:2] + needs[6:], offers, 1000, county_floor=0.5))
        assert cheaper_to_keep.missed_floor == pytest.approx(1.0)

    def test_the_most_urgent_come_first(self) -> None:
        needs = waiting(3) + waiting(1, first=10, category="B01", urgency=Urgency.urgent)
        offers = [application(1), application(2, categories=("B01",), levels=(Level(1000 * YUAN, 1),))]
        portfolio = solve_portfolio(call(needs, offers, 1000 * YUAN))
        assert portfolio.levels == {2: 0}
        assert portfolio.placed[Urgency.urgent] == 1

    def test_an_award_that_serves_nobody_is_not_made(self) -> None:
        assert solve_portfolio(call(waiting(2), [application(1, categories=("C01",))], 10**9)).levels == {}

    def test_the_full_ask_is_not_paid_where_the_reduced_one_serves_as_many(self) -> None:
        offer = application(1, levels=(Level(1000, 9), Level(600, 3)))
        assert solve_portfolio(call(waiting(3), [offer], 1000)).levels == {1: 1}

    def test_places_of_open_projects_are_used_before_money(self) -> None:
        portfolio = solve_portfolio(call(waiting(3), [application(1)], 10**9, (project(id=9, places_left=3),)))
        assert portfolio.total_placed == 3
        assert portfolio.levels == {}

    @pytest.mark.parametrize("score", [59.99, 0.0])
    def test_below_the_pass_mark_nothing_is_funded(self, score: float) -> None:
        problem = call(waiting(3), [application(1, score=score)], 10**9)
        assert solve_portfolio(problem).levels == {}
        with pytest.raises(ValueError, match="below the pass mark"):
            solve_portfolio(problem, fixed={1: 0})

    def test_lines_of_the_panel_are_kept(self) -> None:
        problem = call(waiting(6), [application(1), application(2)], 1000 * YUAN)
        for number in (1, 2):
            assert set(solve_portfolio(problem, fixed={number: 0}).levels) == {number}
        assert solve_portfolio(problem, fixed={1: None, 2: None}).levels == {}
        with pytest.raises(PlanError):
            solve_portfolio(problem, fixed={1: 0, 2: 0})

    @pytest.mark.parametrize("fixed", [{7: 0}, {1: 1}, {1: -1}])
    def test_an_unknown_line_is_refused(self, fixed: dict[int, int]) -> None:
        with pytest.raises(ValueError, match=r"unknown application|has no level"):
            solve_portfolio(call([], [application(1)], 1000), fixed=fixed)

    def test_the_budget_is_kept_to_the_fen(self) -> None:
        offers = [application(number, levels=(Level(33_333_333, 1),)) for number in range(3)]
        assert len(solve_portfolio(call(waiting(3), offers, 99_999_999)).levels) == 3
        assert len(solve_portfolio(call(waiting(3), offers, 99_999_998)).levels) == 2

    def test_nothing_to_choose_from(self) -> None:
        assert solve_portfolio(call([], [], 0)).placed == dict.fromkeys(Urgency, 0)


class TestBuildPortfolioProblem:
    def test_ids_are_unique(self) -> None:
        with pytest.raises(ValueError, match="unique"):
            call([], [application(1)], 1, (project(id=1),))

    @pytest.mark.parametrize("values", [{"levels": ()}, {"score": 101.0}, {"score": -1.0}])
    def test_an_application_has_a_level_and_a_score(self, values: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="score between 0 and 100"):
            call([], [application(1, **values)], 1)

    @pytest.mark.parametrize("values", [{"budget": -1}, {"budget": 1, "reserve": 1.1}])
    def test_limits_have_bounds(self, values: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="must be"):
            Limits(**values)  # type: ignore[arg-type]


class TestBaselines:
    @settings(deadline=None, max_examples=30)
    @given(calls())
    def test_no_baseline_is_above_the_optimum(self, problem: PortfolioProblem) -> None:
        optimum = solve_portfolio(problem)
        for baseline in (fund_greedily(problem), rank_by_score(problem)):
            assert keeps_limits(problem, baseline.levels)
            assert baseline.order[:-1] <= optimum.order[:-1]

    def test_the_ranking_goes_down_the_scores(self) -> None:
        offers = [application(1, score=70.0), application(2, score=90.0), application(3, score=80.0)]
        assert set(rank_by_score(call(waiting(9), offers, 2000 * YUAN)).levels) == {2, 3}


class TestFrontier:
    @settings(deadline=None, max_examples=15)
    @given(calls())
    def test_more_weight_on_need_never_serves_fewer_of_the_most_urgent(self, problem: PortfolioProblem) -> None:
        points = frontier(problem)
        assert [point.weight for point in points] == [1.0, 0.75, 0.5, 0.25, 0.0]
        orders = [point.portfolio.order[:-1] for point in points]
        assert orders == sorted(orders)
        assert points[0].portfolio.score_value == pytest.approx(best_score_value(problem), abs=1e-3)
        assert points[-1].portfolio.placed == solve_portfolio(problem).placed

    def test_three_excellent_elder_projects_and_one_fair_child_project(self) -> None:
        """Golden scenario G4: the score alone funds the crowded field thrice."""
        needs = waiting(4) + waiting(3, first=10, category="B01", region_path=OTHER_COUNTY)
        elder = [application(number, score=90.0 + number) for number in (1, 2, 3)]
        child = application(4, score=65.0, categories=("B01",), areas=OTHER_COUNTY[1:2], topic="child")
        problem = call(needs, [*elder, child], 3000 * YUAN)
        points = frontier(problem)
        assert set(points[0].portfolio.levels) == {1, 2, 3}
        assert points[0].portfolio.total_placed == 4
        assert points[-1].portfolio.total_placed == 7
        chosen = points[-1].portfolio
        third = next(item.id for item in elder if item.id not in chosen.levels)
        forced = force(problem, chosen, third)
        # Two elder projects have places for all four; a third with the child project leaves room for nobody else.
        assert forced.gained[Urgency.routine] == 0
        held = force(problem, chosen, third, fixed=dict.fromkeys(set(chosen.levels) - {4}, 0))
        assert held.gained[Urgency.routine] == -3
        assert held.left == (4,)
        assert {rival for rival, _ in held.rivals} <= set(chosen.levels)


class TestForce:
    def test_out_says_what_the_line_serves(self) -> None:
        problem = call(waiting(3), [application(1)], 1000 * YUAN)
        forced = force(problem, solve_portfolio(problem), 1)
        assert forced.gained[Urgency.routine] == -3
        assert forced.rivals == ()

    def test_in_names_who_serves_the_needs(self) -> None:
        problem = call(waiting(3), [application(1, score=70.0)], 0, (project(id=9, places_left=2),))
        forced = force(problem, solve_portfolio(problem), 1)
        assert forced.portfolio is None
        assert forced.rivals == ((9, 2),)

    def test_an_unknown_application_is_refused(self) -> None:
        problem = call([], [], 0)
        with pytest.raises(ValueError, match="no application 5"):
            force(problem, solve_portfolio(problem), 5)


class TestBreakEvenAward:
    def test_is_the_largest_award_that_costs_nobody_a_place(self) -> None:
        offers = [application(1), application(2, levels=(Level(700 * YUAN, 2),), categories=("B01",))]
        needs = waiting(3) + waiting(2, first=10, category="B01")
        problem = call(needs, offers, 1500 * YUAN)
        # With both funded five are served; 1500 less 700 yuan leave 800 for the first.
        assert break_even_award(problem, 1, step=100 * YUAN) == 1500 * YUAN
        assert break_even_award(problem, 2, step=100 * YUAN) == 500 * YUAN

    def test_is_zero_where_nobody_is_served(self) -> None:
        problem = call(waiting(1), [application(1), application(2, organization=1, categories=("C01",))], 2000 * YUAN)
        assert break_even_award(problem, 2, step=100 * YUAN) == 0


class TestRobustness:
    def test_lines_without_error_are_certain(self) -> None:
        problem = call(waiting(3), [application(1, score=90.0), application(2, score=61.0)], 1000 * YUAN)
        shares = draw_robustness(problem, weight=1.0, draws=5)
        assert shares == {1: 1.0, 2: 0.0}

    def test_a_score_near_the_pass_mark_is_not(self) -> None:
        problem = call(waiting(3), [application(1, score=61.0, score_error=5.0)], 1000 * YUAN)
        share = draw_robustness(problem, weight=0.0, draws=40)[1]
        assert 0.3 < share < 0.9
        assert draw_robustness(problem, weight=0.0, draws=40)[1] == share
        assert draw_robustness(problem, weight=0.0, fixed={1: 0}, draws=5)[1] == 1.0


class TestChangeBudget:
    def test_says_how_many_more_are_served(self) -> None:
        problem = call(waiting(6), [application(1), application(2)], 1000 * YUAN)
        effect = change_budget(problem, solve_portfolio(problem), 2000 * YUAN)
        assert effect.gained[Urgency.routine] == 3

    def test_a_weight_of_zero_is_need_only(self) -> None:
        problem = call(waiting(6), [application(1), application(2)], 1000 * YUAN)
        assert at_weight(problem, 0.0).placed == solve_portfolio(problem).placed
