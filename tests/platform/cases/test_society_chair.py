"""The chair of a society decides and confirms, apart from the aide who investigates (domain sections 1 and 17(7))."""

import pytest
from sqlmodel import Session

from factories.accounts import VILLAGE, make_actor, make_user
from factories.cases import make_case
from factories.residents import make_resident
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.service import create_user
from tuoju.cases import procedure
from tuoju.cases.errors import ChairDecides
from tuoju.cases.inputs import DecisionInput
from tuoju.cases.models import Case


@pytest.fixture
def aide(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def case(session: Session, aide: Actor) -> Case:
    return make_case(session, aide, make_resident(session, aide))


def may_decide(session: Session, actor: Actor, case: Case) -> bool:
    return not procedure.chair_decides(session, actor, case)


class TestDecision:
    def test_the_aide_of_a_society_without_a_chair_decides(self, session: Session, aide: Actor, case: Case) -> None:
        assert may_decide(session, aide, case)

    def test_with_a_chair_the_aide_does_not(self, session: Session, aide: Actor, case: Case) -> None:
        chair = make_actor(session, role=Role.society_chair)
        assert not may_decide(session, aide, case)
        assert may_decide(session, chair, case)
        assert may_decide(session, make_actor(session, role=Role.township_officer), case)

    def test_a_chair_of_another_village_changes_nothing(self, session: Session, aide: Actor, case: Case) -> None:
        make_user(session, role=Role.society_chair, region_code="341124105206")
        assert may_decide(session, aide, case)

    def test_nor_one_who_is_stopped_or_has_never_signed_in(self, session: Session, aide: Actor, case: Case) -> None:
        make_user(session, role=Role.society_chair).is_active = False
        create_user(session, username="chair", display_name="测试社长", role=Role.society_chair, region_code=VILLAGE)
        assert may_decide(session, aide, case)

    def test_the_verb_refuses_the_aide(self, session: Session, aide: Actor, case: Case) -> None:
        make_user(session, role=Role.society_chair)
        with pytest.raises(ChairDecides):
            procedure.decide(session, aide, case, DecisionInput(approve=True))

    def test_a_chair_alone_is_the_only_officer(self, session: Session, aide: Actor, case: Case) -> None:
        chair = make_actor(session, role=Role.society_chair)
        assert not procedure.is_only_officer(session, chair, case)
        session.get_one(User, aide.user_id).is_active = False
        session.flush()
        assert procedure.is_only_officer(session, chair, case)
