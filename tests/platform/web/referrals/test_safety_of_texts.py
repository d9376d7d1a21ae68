"""Words of danger that a charity, a resident, a program or a sheet sends reach the township, and nobody else.

社会救助法 art. 39; 未成年人保护法 art. 11.
"""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from factories.api import NEED, make_app, make_caller
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from factories.pages import SETTINGS, Visitor, open_link
from factories.referrals import Scene, make_scene
from factories.residents import id_number
from tuoju.accounts.models import Role
from tuoju.cases.inputs import AlertInput
from tuoju.cases.models import AlertSource, Need
from tuoju.database.records import now
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.referrals import links, resident_updates, service
from tuoju.referrals.models import Referral, ReferralMessage
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import ProtectionReport, TextSource
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit
from tuoju.visits.service import complete, record_visit
from tuoju.web.app import create_app
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

BEATEN = "孩子身上青一块紫一块，说是他爸打的"
HUNGRY = "家里断粮了，米缸见底"
MONEY = "上门的人问我要了两百块钱才肯干活"
SIGN = "老人把茶叶分给了几个邻居，说自己用不上了"


class Serving:
    """A referral in service, its charity and its township."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        self.township = Visitor(unit_of_work, Role.township_officer)
        with unit_of_work.write() as session:
            self.scene: Scene = make_scene(session)
            self.referral_id = self.scene.send(session).pk
            link = links.find_current_link(session, session.get_one(Referral, self.referral_id))
            assert link is not None
            self.token = links.token_of(link)
            referral = session.get_one(Referral, self.referral_id)
            service.step(session, self.scene.charity, referral, ReferralVerb.accept)
        self.charity = Visitor(unit_of_work, Role.charity_staff, organization_id=self.scene.project.organization_id)

    def visit(self, **texts: str) -> dict[str, Any]:
        return {
            "submission_key": "visit-0001",
            "served_on": china_day(now()).isoformat(),
            "minutes": "30",
            "mode": "home",
            "staff_count": "1",
            "served": str(self.scene.resident.pk),
        } | texts

    def complete(self) -> None:
        with self.unit_of_work.write() as session:
            referral = session.get_one(Referral, self.referral_id)
            served = {"served": [self.scene.resident.pk]}
            inputs = VisitInput.model_validate(self.visit(submission_key="visit-0002") | served)
            record_visit(session, self.scene.charity, referral, inputs)
            complete(session, self.scene.charity, referral, outcome=Outcome.met)

    def report(self) -> ProtectionReport:
        with self.unit_of_work.read() as session:
            report = session.exec(select(ProtectionReport)).one()
            session.expunge(report)
            return report

    def count(self, kind: type[Any]) -> int:
        with self.unit_of_work.read() as session:
            return len(session.exec(select(kind)).all())

    def kinds(self) -> set[NotificationKind]:
        with self.unit_of_work.read() as session:
            return {notification.kind for notification in session.exec(select(Notification))}


@pytest.fixture
def serving(unit_of_work: UnitOfWork) -> Serving:
    return Serving(unit_of_work)


def test_a_visit_of_a_charity_tells_the_township_and_the_charity_reads_no_report(serving: Serving) -> None:
    path = f"/referrals/{serving.referral_id}/visits"
    stop = serving.charity.post(path, serving.visit(problems=BEATEN))
    assert stop.status_code == 422
    assert 'href="tel:110"' in stop.text
    assert 'href="/protection"' not in stop.text
    report = serving.report()
    assert (report.source, report.reported_by) == (TextSource.service_visit, serving.charity.actor.user_id)
    assert BEATEN in serving.township.get("/protection").text
    assert serving.charity.get("/protection").status_code == 403
    serving.charity.post(path, serving.visit(problems=BEATEN) | {"safety": "danger", "alarm": str(report.pk)})
    assert serving.count(ServiceVisit) == 1
    assert serving.report().pk == report.pk


def test_no_to_an_alarm_of_a_charity_needs_a_reason(serving: Serving) -> None:
    path = f"/referrals/{serving.referral_id}/visits"
    serving.charity.post(path, serving.visit(problems=HUNGRY))
    answer = serving.visit(problems=HUNGRY) | {"safety": "none", "alarm": str(serving.report().pk)}
    assert serving.charity.post(path, answer).status_code == 422
    serving.charity.post(path, answer | {"safety_reason": "已经送去米和油"})
    assert (serving.count(ServiceVisit), serving.report().denied_because) == (1, "已经送去米和油")


def test_a_message_through_a_link_tells_the_township(serving: Serving) -> None:
    client = TestClient(create_app(serving.unit_of_work, SETTINGS))
    opened = open_link(client, f"/a/{serving.token}")
    at = opened.url.path
    typed = {"text": HUNGRY, "named": "小李"}
    stop = client.post(f"{at}/messages", data={**hidden_in(opened.text), **typed})
    assert stop.status_code == 422
    report = serving.report()
    assert (report.source, report.reported_by, report.link_id is None) == (TextSource.message, None, False)
    answer = typed | {"safety": "none", "safety_reason": "刚送去了", "alarm": str(report.pk)}
    client.post(f"{at}/messages", data={**hidden_in(client.get(at).text), **answer})
    assert (serving.count(ReferralMessage), serving.report().denied_because) == (1, "刚送去了")


@pytest.mark.parametrize("comment", [BEATEN, MONEY])
def test_feedback_of_a_resident_is_never_stopped_and_its_page_tells_nothing(serving: Serving, comment: str) -> None:
    serving.complete()
    client = TestClient(create_app(serving.unit_of_work, SETTINGS))
    with serving.unit_of_work.read() as session:
        assert session.get_one(Referral, serving.referral_id).satisfaction is None
    at = open_link(client, resident_updates.address_for(serving.referral_id)).url.path
    hidden = hidden_in(client.get(at).text)
    answer = client.post(f"{at}/rating", data={**hidden, "satisfaction": "3", "said": comment}, follow_redirects=False)
    assert answer.status_code == 303
    report = serving.report()
    assert (report.source, report.reported_by, report.link_id) == (TextSource.feedback, None, None)
    assert comment in serving.township.get("/protection").text
    with serving.unit_of_work.read() as session:
        silent = resident_updates.needs_care(session, serving.scene.resident.pk)
    assert silent is (comment == BEATEN)


class TestPrograms:
    """A program cannot be asked: the township is, and the text is saved."""

    def test_a_statement_raises_the_alarm_and_is_saved(self, serving: Serving) -> None:
        organization_id = serving.scene.project.organization_id
        charity = make_caller(make_app(serving.unit_of_work), Role.charity_staff, organization_id=organization_id)
        body = serving.visit(problems=BEATEN) | {"served": [serving.scene.resident.pk]}
        assert charity.post(f"/referrals/{serving.referral_id}/visits", json=body).status_code == 201
        assert (serving.report().is_question, serving.count(ServiceVisit)) == (False, 1)

    def test_a_sign_becomes_a_question_to_the_township(self, serving: Serving) -> None:
        worker = make_caller(make_app(serving.unit_of_work))
        assert worker.post(f"/cases/{serving.scene.case.pk}/needs", json=NEED | {"text": SIGN}).status_code == 201
        assert serving.report().is_question
        assert NotificationKind.safety_question in serving.kinds()
        assert NotificationKind.safety_alarm not in serving.kinds()

    def test_harm_to_a_child_is_reported_and_no_need_is_recorded(self, serving: Serving) -> None:
        worker = make_caller(make_app(serving.unit_of_work))
        answer = worker.post(f"/cases/{serving.scene.case.pk}/needs", json=NEED | {"text": BEATEN})
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
        assert serving.count(Need) == 1
        assert serving.report().dangers.startswith("child_harm")


def test_a_row_of_an_imported_sheet_asks_the_township_where_nobody_can_be_asked(serving: Serving) -> None:
    with serving.unit_of_work.write() as session:
        row = AlertInput(
            name="欧阳建国",
            id_number=id_number(),
            region_code=serving.scene.resident.region_code,
            source=AlertSource.hotline,
            content=HUNGRY,
            raised_on=china_day(now()),
        )
        LISTS[ListName.alerts].add(session, serving.scene.worker, row)
    report = serving.report()
    assert (report.source, report.is_question) == (TextSource.alert, False)
    assert NotificationKind.safety_alarm in serving.kinds()
