"""Whose turn it is: the nearest officer who may take the step (domain sections 1 and 17(7))."""

from tuoju.accounts.models import Role
from tuoju.worklists.turns import Officer, Officers, to_answer_objection, to_decide, to_prepare

AIDE = Officer(1, Role.social_worker, has_signed_in=True)
CHAIR = Officer(2, Role.society_chair, has_signed_in=True)
NEW_CHAIR = Officer(3, Role.society_chair, has_signed_in=False)
TOWNSHIP = Officer(9, Role.township_officer, has_signed_in=True)
SOCIETY = Officers([AIDE, CHAIR], [TOWNSHIP])


def test_the_aide_prepares_and_the_chair_decides() -> None:
    assert to_prepare(SOCIETY, kin=set()) == {1}
    assert to_decide(SOCIETY, kin=set(), involved={1}, alone_allowed=True) == {2}


def test_kin_take_no_part() -> None:
    assert to_prepare(SOCIETY, kin={1}) == {2}
    assert to_decide(SOCIETY, kin={2}, involved=set(), alone_allowed=True) == {9}


def test_a_chair_who_investigated_leaves_the_decision_to_the_township() -> None:
    assert to_decide(SOCIETY, kin=set(), involved={2}, alone_allowed=True) == {9}


def test_a_chair_who_never_signed_in_does_not_count() -> None:
    officers = Officers([AIDE, NEW_CHAIR], [TOWNSHIP])
    assert to_decide(officers, kin=set(), involved=set(), alone_allowed=False) == {1}
    assert to_decide(officers, kin=set(), involved={1}, alone_allowed=True) == {9}


def test_the_only_officer_decides_alone_where_the_policy_allows_it() -> None:
    officers = Officers([AIDE], [TOWNSHIP])
    assert to_decide(officers, kin=set(), involved={1}, alone_allowed=True) == {1}
    assert to_decide(officers, kin=set(), involved={1}, alone_allowed=False) == {9}


def test_a_village_without_officers_is_the_townships() -> None:
    officers = Officers([], [TOWNSHIP])
    assert to_prepare(officers, kin=set()) == to_decide(officers, set(), set(), alone_allowed=False) == {9}


def test_an_objection_is_answered_by_somebody_who_had_no_part_in_the_case() -> None:
    assert to_answer_objection(SOCIETY, kin=set(), involved={1}) == {2}
    assert to_answer_objection(SOCIETY, kin=set(), involved={1, 2}) == {9}
