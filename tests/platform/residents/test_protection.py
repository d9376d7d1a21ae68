"""A child who may be being harmed is reported and never referred (rejection list 22; 未成年人保护法 art. 11)."""

import pytest
from sqlmodel import Session, select, text

from factories.accounts import VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.pages import Visitor
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.cases.models import Case
from tuoju.referrals.models import Referral
from tuoju.residents.errors import AlreadyReviewed, OwnOverride, ResidentNotFound
from tuoju.residents.models import ProtectionReport, ReportedTo
from tuoju.residents.protection import ReportInput, find_reports, follow_up, report_harm
from tuoju.worklists.oversight import alarm_work

SEEN = ReportInput(reported_to=ReportedTo.police, what="孩子身上有新伤")


def test_who_reported_and_the_level_above_read_it_and_nobody_else(session: Session) -> None:
    worker, colleague = make_actor(session), make_actor(session)
    township = make_actor(session, role=Role.township_officer)
    report = report_harm(session, worker, VILLAGE, SEEN)
    assert find_reports(session, worker) == find_reports(session, township) == [report]
    assert find_reports(session, colleague) == []
    assert find_reports(session, make_actor(session, role=Role.program_manager)) == []
    for role in (Role.charity_staff, Role.administrator):
        with pytest.raises(NotPermitted):
            find_reports(session, make_actor(session, role=role))


def test_it_is_no_case_and_no_referral_and_stands_sealed(session: Session) -> None:
    report_harm(session, make_actor(session), VILLAGE, SEEN)
    assert session.exec(select(Case)).all() == []
    assert session.exec(select(Referral)).all() == []
    assert "新伤" not in session.exec(text("SELECT what FROM protection_report")).one()[0]  # type: ignore[call-overload]


def test_the_township_takes_it_on_once_and_not_its_own(session: Session) -> None:
    worker, township = make_actor(session), make_actor(session, role=Role.township_officer)
    report = report_harm(session, worker, VILLAGE, SEEN)
    assert len(alarm_work(session, township)) == 1
    follow_up(session, township, report.pk, words="派出所已到场,孩子暂住姑姑家")
    assert (report.followed_up_by, alarm_work(session, township)) == (township.user_id, [])
    with pytest.raises(AlreadyReviewed):
        follow_up(session, township, report.pk, words="再来一次")
    own = report_harm(session, township, VILLAGE, SEEN)
    with pytest.raises(OwnOverride):
        follow_up(session, township, own.pk, words="自己处理")


def test_another_place_is_not_there(session: Session) -> None:
    worker = make_actor(session, region_code="341122103213")
    with pytest.raises(ResidentNotFound):
        report_harm(session, worker, VILLAGE, SEEN)
    report = report_harm(session, make_actor(session), VILLAGE, SEEN)
    stranger = make_actor(session, role=Role.township_officer, region_code="341122103000")
    with pytest.raises(ResidentNotFound):
        follow_up(session, stranger, report.pk, words="不在本乡镇")


def test_the_red_button_leads_to_the_telephone_first(unit_of_work: UnitOfWork) -> None:
    worker, township = Visitor(unit_of_work), Visitor(unit_of_work, Role.township_officer)
    assert 'href="/protection"' in worker.get("/").text
    assert 'href="tel:110"' in worker.get("/protection").text
    assert worker.post("/protection", {"reported_to": "police", "what": ""}).status_code == 422
    worker.post("/protection", {"reported_to": "police", "what": "孩子身上有新伤"})
    assert "孩子身上有新伤" in township.get("/protection").text
    with unit_of_work.read() as session:
        report = session.exec(select(ProtectionReport.id)).one()
    assert worker.post(f"/protection/{report}", {"words": "自己处理"}).status_code == 403
    township.post(f"/protection/{report}", {"words": "派出所已到场"})
    assert "派出所已到场" in worker.get("/protection").text


def test_the_page_puts_a_report_on_record(unit_of_work: UnitOfWork) -> None:
    worker = Visitor(unit_of_work)
    assert 'name="reported_to" value="police" checked' in worker.get("/protection").text
    page = worker.post("/protection", {"reported_to": "hotline", "what": "孩子身上有新伤"}).text
    assert "孩子身上有新伤" in page
    with unit_of_work.read() as session:
        assert session.exec(select(ProtectionReport)).one().reported_to is ReportedTo.hotline
