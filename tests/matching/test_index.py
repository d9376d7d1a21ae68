"""One need judged against columns is one need judged against each project (design.md section 6)."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju_matching.eligibility import check
from tuoju_matching.features import features_of
from tuoju_matching.index import ProjectIndex
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.ranker import RuleRanker, weights_for

TODAY = date(2026, 11, 23)
VILLAGES = [("341100000000", "341124000000", "341124105000", f"3411241052{number:02d}") for number in range(3)] + [
    ("341100000000", "341122000000", "341122100000", "341122100200"),
    (),
]
AREAS = sorted({code for path in VILLAGES for code in path})
DAYS = st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days))
TAGS = ["DJ", "SN", "LS"]
HARDSHIP = ["NONE", "DB", "TK"]

_number = st.integers(0, 100).map(lambda value: (str(value),))
_grade = st.integers(1, 4).map(lambda value: (str(value),))


def _words(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


rules = st.one_of(
    st.builds(Rule, st.just(RuleKind.min_age), _number),
    st.builds(Rule, st.just(RuleKind.max_age), _number),
    st.builds(Rule, st.just(RuleKind.disability_grade_at_most), _grade),
    st.builds(Rule, st.just(RuleKind.sex), _words("male", "female")),
    st.builds(Rule, st.just(RuleKind.relief_category), _words(*HARDSHIP)),
    st.builds(Rule, st.just(RuleKind.vulnerability), _words(*TAGS)),
    st.builds(Rule, st.just(RuleKind.self_care), _words("full", "partial", "none")),
    st.builds(Rule, st.just(RuleKind.disability_type), _words("1", "2")),
)
needs = st.builds(
    NeedProfile,
    id=st.just(1),
    category=st.sampled_from(["A01", "B01"]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    region_path=st.sampled_from(VILLAGES),
    urgency=st.sampled_from(list(Urgency)),
    age=st.none() | st.integers(-1, 120),
    sex=st.sampled_from([None, "male", "female"]),
    relief_category=st.sampled_from(HARDSHIP),
    vulnerabilities=st.frozensets(st.sampled_from(TAGS)),
    self_care=st.sampled_from([None, "full", "none"]),
    disability_type=st.sampled_from([None, "1", "2"]),
    disability_grade=st.none() | st.integers(1, 4),
    needs_home_visit=st.booleans(),
)
projects = st.builds(
    ProjectProfile,
    id=st.integers(0, 7),
    name=st.sampled_from(["关爱老人", "早饭", ""]),
    categories=st.sampled_from([("A01",), ("B01",), ("A01", "B01"), ("A01", "A01"), ()]),
    text=st.text(alphabet="早饭做洗衣看病abc ", max_size=12),
    areas=st.lists(st.sampled_from(AREAS), max_size=3).map(tuple),
    starts_on=DAYS,
    ends_on=DAYS,
    last_intake_on=st.none() | DAYS,
    places_left=st.integers(-1, 9),
    target_groups=st.lists(st.sampled_from(TAGS + HARDSHIP), max_size=2).map(tuple),
    is_open=st.sampled_from([True, True, True, False]),
    home_visits=st.booleans(),
    places_age_days=st.integers(-1, 40),
    rules=st.lists(rules, max_size=3).map(tuple),
    acceptance_rate=st.none() | st.floats(0, 1),
    response_days=st.none() | st.floats(0, 20),
    answered=st.integers(0, 30),
    success_rate=st.none() | st.floats(0, 1),
    ended=st.integers(0, 30),
)
held = st.lists(projects, max_size=8, unique_by=lambda project: project.id)


def brute_force(ranker: RuleRanker, need: NeedProfile) -> list[tuple[int, float]]:
    """(project id, score) of all who may take the need, best first: every project judged by itself."""
    weights, found = weights_for(need.urgency), []
    similar = ranker.text_.similarity(need.text)
    for project_id, row in ranker.row_of_.items():
        project = ranker.projects_[row]
        if not check(need, project, TODAY):
            score = 0.0
            for feature, value in features_of(need, project, float(similar[row])).items():
                score += weights.get(feature, 0.0) * value
            found.append((project_id, score))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def ranked(ranker: RuleRanker, need: NeedProfile, k: int | None = None) -> list[tuple[int, float]]:
    return [(each.project.id, each.score) for each in ranker.rank(need, TODAY, k=k)]


class TestIndex:
    @settings(max_examples=300)
    @given(needs, held)
    def test_gives_the_answer_of_brute_force_to_the_bit(self, need: NeedProfile, offered: list[ProjectProfile]) -> None:
        ranker = RuleRanker().fit(offered)
        best = brute_force(ranker, need)
        assert ranked(ranker, need) == best
        assert ranked(ranker, need, k=2) == best[:2]
        rows, scores = ranker.eligible(need, TODAY)
        assert np.all(np.diff(rows) > 0)
        assert {(offered[row].id, score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)} == set(
            best
        )

    @settings(max_examples=150)
    @given(needs, held, st.lists(st.tuples(st.sampled_from(["put", "remove", "places"]), projects), max_size=6))
    def test_a_change_put_in_is_an_index_made_anew(
        self, need: NeedProfile, offered: list[ProjectProfile], changes: list[tuple[str, ProjectProfile]]
    ) -> None:
        ranker, now = RuleRanker().fit(offered), {project.id: project for project in offered}
        for change, project in changes:
            if change == "put":
                (ranker.replace if project.id in now else ranker.add)(project)
                now[project.id] = project
            elif project.id in now and change == "remove":
                ranker.remove(project.id)
                del now[project.id]
            elif project.id in now:
                ranker.set_places({project.id: project.places_left})
                now[project.id] = replace(now[project.id], places_left=project.places_left)
        anew = RuleRanker().fit(list(now.values()))
        assert ranked(ranker, need) == brute_force(ranker, need) == ranked(anew, need)

    @given(needs, held, st.frozensets(st.integers(0, 7)))
    def test_leaves_out_what_it_is_told_to(
        self, need: NeedProfile, offered: list[ProjectProfile], without: frozenset[int]
    ) -> None:
        ranker = RuleRanker().fit(offered)
        left = [each.project.id for each in ranker.rank(need, TODAY, k=None, without=without)]
        assert left == [project_id for project_id, _ in brute_force(ranker, need) if project_id not in without]

    @given(needs, held, st.dictionaries(st.integers(0, 7), st.floats(0, 1)))
    def test_a_price_counts_against_a_project_and_says_so(
        self, need: NeedProfile, offered: list[ProjectProfile], prices: dict[int, float]
    ) -> None:
        ranker = RuleRanker().fit(offered)
        expected = [
            (project_id, score - prices.get(project_id, 0.0)) for project_id, score in brute_force(ranker, need)
        ]
        found = ranker.rank(need, TODAY, k=None, prices=prices)
        assert [(each.project.id, each.score) for each in found] == sorted(
            expected, key=lambda pair: (-pair[1], pair[0])
        )
        for each in found:
            assert each.score == pytest.approx(each.fit - prices.get(each.project.id, 0.0))
            assert ranker.rank_of(need, TODAY, each.project.id, prices=prices) == each

    @given(st.lists(needs, max_size=6), held, st.frozensets(st.integers(0, 7)))
    def test_many_needs_at_once_are_each_need_by_itself(
        self, drawn: list[NeedProfile], offered: list[ProjectProfile], refused: frozenset[int]
    ) -> None:
        asked = [replace(need, id=number) for number, need in enumerate(drawn)]
        ranker, without = RuleRanker().fit(offered), {1: refused}
        starts, rows, scores = ranker.eligible_many(asked, TODAY, without)
        assert len(starts) == len(asked) + 1
        for need, start, end in zip(asked, starts[:-1], starts[1:], strict=True):
            alone = ranker.eligible(need, TODAY, without.get(need.id, frozenset()))
            assert rows[start:end].tolist() == alone[0].tolist()
            assert scores[start:end].tolist() == alone[1].tolist()


def project(**values: object) -> ProjectProfile:
    given = {
        "id": 1,
        "name": "",
        "categories": ("A01",),
        "text": "",
        "areas": (),
        "starts_on": TODAY,
        "ends_on": TODAY,
        "places_left": 1,
    }
    return ProjectProfile(**{**given, **values})  # type: ignore[arg-type]


class TestWhatCanNotBeRead:
    @pytest.mark.parametrize("values", [(), ("old",), ("6.5",), ("9" * 400,)])
    def test_an_age_that_is_no_whole_number_is_named(self, values: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="project 1: the rule min_age asks for one whole number"):
            ProjectIndex([project(rules=(Rule(RuleKind.min_age, values),))])

    @pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1])
    def test_a_record_that_is_no_number_is_named(self, rate: float) -> None:
        with pytest.raises(ValueError, match="project 1: acceptance_rate"):
            ProjectIndex([project(acceptance_rate=rate)])

    def test_a_change_that_can_not_be_read_leaves_the_index_as_it_was(self) -> None:
        index = ProjectIndex([project()])
        with pytest.raises(ValueError, match="whole number"):
            index.replace(project(rules=(Rule(RuleKind.max_age, ("x",)),)))
        assert index.row_of == {1: 0}
        assert index.projects == [project()]

    def test_a_project_that_is_not_held_can_not_change(self) -> None:
        with pytest.raises(KeyError):
            RuleRanker().fit([]).replace(project())

    def test_a_price_below_zero_is_refused(self) -> None:
        with pytest.raises(ValueError, match="price"):
            RuleRanker().fit([]).rank(NeedProfile(1, "A01", "", ()), TODAY, prices={1: -0.1})
