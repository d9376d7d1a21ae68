"""Eligibility: which rules keep a project from taking a need."""

from datetime import timedelta

import pytest

from matching.builders import TODAY, need, project
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.profiles import Rule, RuleKind


class TestCheck:
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
    def test_names_the_condition_that_fails(self, changed: dict[str, object], kind: ObstacleKind) -> None:
        assert [obstacle.kind for obstacle in check(need(), project(**changed), TODAY)] == [kind]

    def test_a_project_accepts_needs_on_its_last_day(self) -> None:
        assert check(need(), project(ends_on=TODAY, last_intake_on=TODAY), TODAY) == ()

    def test_a_fact_that_is_not_recorded_fails_the_rule(self) -> None:
        obstacles = check(need(age=None), project(rules=(Rule(RuleKind.min_age, ("60",)),)), TODAY)
        assert [(obstacle.kind, obstacle.fact) for obstacle in obstacles] == [(ObstacleKind.unknown, "age")]
