"""Eligibility, ranking, reasons and assignment of the matching core (design.md section 6)."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju_matching.assign import assign
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.explain import obstacles, reasons
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.ranker import WEIGHTS, RuleRanker, weights_for
from tuoju_matching.text import Bm25

TODAY = date(2026, 11, 23)
PATH = ("341100000000", "341124000000", "341124105000", "341124105205")


def need(**values: object) -> NeedProfile:
    given = {"id": 1, "category": "A01", "text": "早饭没人做", "region_path": PATH, "age": 80}
    return NeedProfile(**{**given, **values})  # type: ignore[arg-type]


def project(**values: object) -> ProjectProfile:
    given = {
        "id": 1,
        "name": "关爱老人",
        "categories": ("A01",),
        "text": "上门做饭",
        "areas": (PATH[1],),
        "starts_on": TODAY - timedelta(days=10),
        "ends_on": TODAY + timedelta(days=10),
        "places_left": 3,
    }
    return ProjectProfile(**{**given, **values})  # type: ignore[arg-type]


needs_drawn = st.builds(
    need,
    category=st.sampled_from(["A01", "B01"]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    urgency=st.sampled_from(list(Urgency)),
    age=st.none() | st.integers(0, 100),
    sex=st.sampled_from([None, "male", "female"]),
    vulnerabilities=st.frozensets(st.sampled_from(["DJ", "SN"])),
    needs_home_visit=st.booleans(),
)
projects_drawn = st.builds(
    project,
    categories=st.sampled_from([("A01",), ("B01",), ("A01", "B01")]),
    areas=st.sampled_from([(PATH[0],), (PATH[2],), ("341122000000",)]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    places_left=st.integers(-1, 3),
    home_visits=st.booleans(),
    rules=st.lists(
        st.sampled_from(
            [
                Rule(RuleKind.min_age, ("60",)),
                Rule(RuleKind.max_age, ("70",)),
                Rule(RuleKind.sex, ("female",)),
                Rule(RuleKind.vulnerability, ("DJ",)),
            ]
        ),
        unique=True,
    ).map(tuple),
)


class TestCheck:
    def test_says_the_smallest_change_that_would_admit(self) -> None:
        found = check(need(age=58), project(rules=(Rule(RuleKind.min_age, ("60",)),)), TODAY)
        assert obstacles(found, "en") == ["The project takes people from 60; this person is 58"]
        assert obstacles(found, "zh") == ["项目接收60岁及以上，服务对象58岁"]

    @pytest.mark.parametrize(
        ("changed", "kind"),
        [
            ({"is_open": False}, ObstacleKind.not_open),
            ({"ends_on": TODAY - timedelta(days=1)}, ObstacleKind.ended),
            ({"last_intake_on": TODAY - timedelta(days=1)}, ObstacleKind.intake_over),
            ({"places_left": 0}, ObstacleKind.no_place),
            ({"areas": ("341122000000",)}, ObstacleKind.outside_area),
            ({"categories": ("B01",)}, ObstacleKind.service_not_offered),
        ],
    )
    def test_names_what_fails(self, changed: dict[str, object], kind: ObstacleKind) -> None:
        assert [each.kind for each in check(need(), project(**changed), TODAY)] == [kind]

    def test_a_project_serves_to_its_last_day(self) -> None:
        assert check(need(), project(ends_on=TODAY, last_intake_on=TODAY), TODAY) == ()

    def test_what_is_not_recorded_does_not_pass(self) -> None:
        found = check(need(age=None), project(rules=(Rule(RuleKind.min_age, ("60",)),)), TODAY)
        assert [(each.kind, each.fact) for each in found] == [(ObstacleKind.unknown, "age")]

    @given(needs_drawn, projects_drawn)
    def test_every_obstacle_has_words_in_both_languages(self, one: NeedProfile, other: ProjectProfile) -> None:
        found = check(one, other, TODAY)
        for language in ("zh", "en"):
            said = obstacles(found, language)  # type: ignore[arg-type]
            assert len(said) == len(found)
            assert not any("{" in each for each in said)


class TestRank:
    @given(needs_drawn, st.lists(projects_drawn, max_size=8))
    def test_proposes_exactly_who_may_take_the_need(self, one: NeedProfile, drawn: list[ProjectProfile]) -> None:
        projects = [replace(each, id=number) for number, each in enumerate(drawn)]
        ranked = RuleRanker().fit(projects).rank(one, TODAY, k=None)
        assert {each.project.id for each in ranked} == {each.id for each in projects if not check(one, each, TODAY)}
        assert [each.rank for each in ranked] == list(range(1, len(ranked) + 1))

    @given(needs_drawn, projects_drawn)
    def test_a_score_is_the_sum_of_its_reasons_within_one(self, one: NeedProfile, other: ProjectProfile) -> None:
        for ranked in RuleRanker().fit([other]).rank(one, TODAY):
            assert isclose(ranked.score, sum(part.amount for part in ranked.contributions))
            assert 0 <= ranked.score <= 1
            assert reasons(ranked, one, "zh")
            assert reasons(ranked, one, "en")

    @given(st.sampled_from(list(Urgency)))
    def test_weights_are_shares_of_one(self, urgency: Urgency) -> None:
        assert isclose(sum(weights_for(urgency).values()), 1.0)
        assert set(weights_for(urgency)) == set(WEIGHTS)

    def test_what_the_person_says_decides_between_equals(self) -> None:
        cooks, cleans = project(id=1, text="做饭送餐"), project(id=2, text="打扫卫生")
        ranked = RuleRanker().fit([cleans, cooks]).rank(need(text="没人做饭"), TODAY)
        assert [each.project.id for each in ranked] == [1, 2]

    def test_places_may_move_without_a_new_index(self) -> None:
        ranker = RuleRanker().fit([project()])
        assert ranker.set_places({1: 0}).rank(need(), TODAY) == []

    def test_two_projects_of_one_id_are_refused(self) -> None:
        with pytest.raises(ValueError, match="same id"):
            RuleRanker().fit([project(), project()])


class TestSimilarity:
    @given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.text(max_size=20))
    def test_lies_between_none_and_all(self, documents: list[str], query: str) -> None:
        scores = Bm25().fit(documents).similarity(query)
        assert scores.shape == (len(documents),)
        assert ((scores >= 0) & (scores <= 1)).all()

    def test_nothing_written_is_like_nothing(self) -> None:
        assert Bm25().fit(["", "做饭"]).similarity("").tolist() == [0, 0]


class TestAssign:
    @settings(deadline=None)
    @given(st.lists(needs_drawn, max_size=4), st.lists(projects_drawn, max_size=3))
    def test_is_as_good_as_trying_everything(self, drawn: list[NeedProfile], offered: list[ProjectProfile]) -> None:
        needs = [replace(each, id=number) for number, each in enumerate(drawn)]
        projects = [replace(each, id=number) for number, each in enumerate(offered)]
        plan = assign(needs, projects, TODAY)

        def worth(chosen: dict[int, float], placed: list[NeedProfile]) -> tuple[float, ...]:
            counts = [sum(each.urgency is level for each in placed) for level in sorted(Urgency, reverse=True)]
            return (*counts, round(sum(chosen.values()), 9))

        best: tuple[float, ...] = (0, 0, 0, 0, 0.0)
        ranker = RuleRanker().fit(projects)
        choices = [[None, *ranker.rank(each, TODAY, k=None)] for each in needs]
        for tried in product(*choices):
            taken = [each.project.id for each in tried if each]
            if any(taken.count(each.id) > max(0, each.places_left) for each in projects):
                continue
            scores = {one.id: each.score for one, each in zip(needs, tried, strict=True) if each}
            best = max(best, worth(scores, [one for one in needs if one.id in scores]))
        found = {key: each.score for key, each in plan.chosen.items()}
        assert worth(found, [one for one in needs if one.id in found]) == pytest.approx(best)
        assert plan.gap < 1e-6

    def test_the_urgent_come_first_whatever_the_fit(self) -> None:
        calm = need(id=1, text="上门做饭", vulnerabilities=frozenset({"DJ"}))
        urgent = need(id=2, text="", urgency=Urgency.urgent)
        plan = assign([calm, urgent], [project(places_left=1, target_groups=("DJ",))], TODAY)
        assert list(plan.chosen) == [2]
        assert plan.without == (1,)
