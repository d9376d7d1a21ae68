"""The page of call-backs and spot checks, and the panel of a referral that asks whether it helped."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.referrals import make_scene, serve
from tuoju.accounts.models import Role
from tuoju.database.records import now
from tuoju.referrals.models import Complaint, OutcomeCheck, Referral, SpotCheck
from tuoju.referrals.spot_checks import month_to_draw

YES = {"helped": "true", "answered_by": "self", "asked_by": "phone"}


@pytest.fixture
def referral_id(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session:
        return serve(session, make_scene(session)).pk


def _count(session: Session, table: type[OutcomeCheck] | type[SpotCheck] | type[Complaint]) -> int:
    return len(session.exec(select(table)).all())


def test_who_is_to_be_asked_leaves_the_list_once_asked(unit_of_work: UnitOfWork, referral_id: int) -> None:
    worker = Visitor(unit_of_work)
    assert f"/referrals/{referral_id}#confirmation" in worker.get("/confirmations").text
    assert 'id="confirmation"' in worker.get(f"/referrals/{referral_id}").text
    page = worker.post(f"/referrals/{referral_id}/check", YES)
    assert page.url.path == "/confirmations"
    assert f"/referrals/{referral_id}#confirmation" not in page.text


def test_no_answer_chosen_keeps_what_was_typed(unit_of_work: UnitOfWork, referral_id: int) -> None:
    worker = Visitor(unit_of_work)
    assert worker.post(f"/referrals/{referral_id}/check", {"answered_by": "self"}).status_code == 422
    with unit_of_work.read() as session:
        assert _count(session, OutcomeCheck) == 0


def test_not_helped_opens_a_complaint(unit_of_work: UnitOfWork, referral_id: int) -> None:
    worker = Visitor(unit_of_work)
    worker.post(f"/referrals/{referral_id}/check", YES | {"helped": "false"})
    assert 'id="complaint"' in worker.get(f"/referrals/{referral_id}").text
    with unit_of_work.read() as session:
        assert _count(session, Complaint) == 1


def test_the_township_draws_the_last_month_once(unit_of_work: UnitOfWork) -> None:
    township = Visitor(unit_of_work, Role.township_officer)
    month = month_to_draw()
    with unit_of_work.write() as session:
        referral = serve(session, make_scene(session))
        referral.ended_at, drawn_id = now().replace(day=1) - timedelta(days=3), referral.pk
    assert f'value="{month}"' in township.get("/confirmations").text
    page = township.post("/confirmations/draws", {"month": month})
    assert f"/referrals/{drawn_id}#confirmation" in page.text
    assert f'value="{month}"' not in page.text
    assert township.post("/confirmations/draws", {"month": month}).status_code == 409
    township.post(f"/referrals/{drawn_id}/check", YES)
    with unit_of_work.read() as session:
        check = session.exec(select(OutcomeCheck)).one()
        assert check.spot_check_id == session.exec(select(SpotCheck)).one().pk


def test_the_charity_neither_sees_nor_confirms(unit_of_work: UnitOfWork, referral_id: int) -> None:
    with unit_of_work.read() as session:
        organization_id = session.get_one(Referral, referral_id).organization_id
    charity = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id)
    assert 'id="confirmation"' not in charity.get(f"/referrals/{referral_id}").text
    assert charity.get("/confirmations").status_code == 403
    assert charity.post(f"/referrals/{referral_id}/check", YES).status_code == 403
