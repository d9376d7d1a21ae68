"""Why no project may take a need, and who can do what about it."""

import pytest

from matching.builders import TODAY, need, project
from tuoju_matching.eligibility import ObstacleKind
from tuoju_matching.profiles import Rule, RuleKind
from tuoju_matching.sentences import Language
from tuoju_matching.why_not import _EASIEST_FIRST, manager_advice, why_not, worker_advice


class TestWhyNot:
    def test_counts_the_obstacles_of_every_project_of_the_service_and_finds_the_nearest(self) -> None:
        full, far = project(id=1, places_left=0), project(id=2, places_left=0, areas=("999999000000",))
        other_service = project(id=3, categories=("C06",))
        answer = why_not(need(), [far, full, other_service], TODAY)
        assert answer is not None
        assert answer.offering == 2
        assert answer.counts == {ObstacleKind.no_place: 2, ObstacleKind.outside_area: 1}
        assert answer.nearest == full
        assert [obstacle.kind for obstacle in answer.obstacles] == [ObstacleKind.no_place]

    def test_a_fact_to_record_is_nearer_than_a_rule_to_change(self) -> None:
        of_age = project(id=1, rules=(Rule(RuleKind.max_age, ("10",)),))
        unrecorded = project(id=2, rules=(Rule(RuleKind.self_care, ("none",)),))
        answer = why_not(need(age=70, self_care=None), [of_age, unrecorded], TODAY)
        assert answer is not None
        assert answer.nearest == unrecorded

    def test_is_none_if_a_project_may_take_the_need(self) -> None:
        assert why_not(need(), [project(id=1, places_left=0), project(id=2)], TODAY) is None

    def test_a_project_that_refused_is_not_the_nearest(self) -> None:
        answer = why_not(need(), [project(id=1), project(id=2, places_left=0)], TODAY, frozenset({1}))
        assert answer is not None
        assert answer.nearest is not None
        assert answer.nearest.id == 2

    def test_without_any_project_there_is_no_nearest(self) -> None:
        answer = why_not(need(), [], TODAY)
        assert answer is not None
        assert answer.nearest is None
        assert "call" in manager_advice(answer, "en")[0]


class TestAdvice:
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_a_worker_and_a_manager_get_different_sentences(self, language: Language) -> None:
        answer = why_not(need(), [project(id=1, name="Meals", places_left=0)], TODAY)
        assert answer is not None
        worker, manager = worker_advice(answer, language), manager_advice(answer, language)
        assert "Meals" in worker[0]
        assert "Meals" in manager[0]
        assert worker != manager

    def test_every_obstacle_has_a_place_in_the_order_of_effort(self) -> None:
        assert sorted(_EASIEST_FIRST) == sorted(ObstacleKind)
