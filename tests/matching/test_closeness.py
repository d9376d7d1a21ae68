"""What a list does not say by its order."""

import pytest

from matching.builders import TODAY, need, project
from tuoju_matching.closeness import NEARLY_EQUAL, first_of_equals, is_any_close
from tuoju_matching.ranker import RuleRanker


def test_equal_projects_are_nearly_equal_to_the_first_of_them() -> None:
    projects = [project(id=1), project(id=2), project(id=3, text="法律咨询")]
    ranked = RuleRanker().fit(projects).rank(need(), TODAY)
    assert [candidate.project.id for candidate in ranked][2] == 3
    assert ranked[0].score - ranked[2].score > NEARLY_EQUAL
    assert first_of_equals(ranked) == [1, 1, 3]


def test_a_list_without_projects_has_no_equals() -> None:
    assert first_of_equals([]) == []


@pytest.mark.parametrize(("text", "close"), [("早饭没人做", True), ("法律咨询", False)])
def test_a_text_without_a_word_in_common_is_not_close(text: str, close: bool) -> None:
    projects = [project(id=1, name="", text=text), project(id=2, name="", text="理发")]
    assert is_any_close(RuleRanker().fit(projects).rank(need(text="早饭没人做"), TODAY)) is close


def test_an_empty_list_has_its_own_words() -> None:
    assert is_any_close([])
