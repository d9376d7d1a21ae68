"""Reasons and obstacles as sentences in both languages."""

from string import Formatter
from typing import get_args

import pytest
from hypothesis import given

from matching.builders import TODAY, need, project
from matching.strategies import overlapping_needs, overlapping_projects
from tuoju_matching import explain
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.explain import obstacle_sentences
from tuoju_matching.features import Feature
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind
from tuoju_matching.sentences import SENTENCES, Language

WITHOUT_CHANGES = {Feature.response, Feature.experience}
"""Features that no single change of a profile moves."""


def fields(template: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


class TestReasonSentences:
    def test_every_feature_has_a_reason(self) -> None:
        assert set(explain._REASONS) == set(Feature)


class TestSentences:
    @pytest.mark.parametrize("language", get_args(Language))
    def test_every_change_and_obstacle_has_a_sentence(self, language: Language) -> None:
        table = SENTENCES[language]
        assert set(table.changes) == set(Feature) - WITHOUT_CHANGES
        assert set(table.obstacles) == set(ObstacleKind)

    def test_every_obstacle_and_change_names_only_known_fields(self) -> None:
        for table in SENTENCES.values():
            for template in (*table.obstacles.values(), *table.changes.values()):
                assert fields(template) <= {"wanted", "actual", "fact"}

    def test_both_languages_name_the_same_facts(self) -> None:
        assert set(SENTENCES["zh"].facts) == set(SENTENCES["en"].facts)


class TestObstacleSentences:
    def test_name_the_smallest_change_that_would_admit_the_need(self) -> None:
        obstacles = check(need(age=58), project(rules=(Rule(RuleKind.min_age, ("60",)),)), TODAY)
        assert obstacle_sentences(obstacles, "en") == ["The project takes people from 60; this person is 58"]
        assert obstacle_sentences(obstacles, "zh") == ["项目接收60岁及以上，服务对象58岁"]

    @given(overlapping_needs, overlapping_projects)
    def test_every_obstacle_has_a_sentence_in_both_languages(
        self, drawn_need: NeedProfile, drawn_project: ProjectProfile
    ) -> None:
        obstacles = check(drawn_need, drawn_project, TODAY)
        for language in get_args(Language):
            sentences = obstacle_sentences(obstacles, language)
            assert len(sentences) == len(obstacles)
            assert not any("{" in sentence for sentence in sentences)
