"""The same service or project twice for one person needs a reason (救助链; domain section 17(16))."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_project
from factories.referrals import Scene, make_scene, serve
from factories.residents import make_consent
from tuoju.accounts.models import AuditEntry
from tuoju.cases.models import Need
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.referrals.doubles import doubles_of, send_once
from tuoju.referrals.errors import SentTwice
from tuoju.referrals.models import Referral
from tuoju_projects.models import Project


def _second_need(session: Session, scene: Scene, **values: str) -> Need:
    return make_need(session, scene.worker, make_case(session, scene.worker, scene.resident), **values)


def _second_project(session: Session, scene: Scene) -> Project:
    project = make_project(session, places=2, name="另一个助餐项目")
    make_consent(session, scene.worker, scene.resident, project.organization_id)
    return project


class TestSending:
    def test_the_first_referral_needs_no_reason(self, session: Session) -> None:
        scene = make_scene(session)
        assert send_once(session, scene.worker, scene.need, scene.project).repeat_reason is None

    def test_the_same_service_by_another_project_needs_a_reason_that_is_kept(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        need, project = _second_need(session, scene), _second_project(session, scene)
        with pytest.raises(SentTwice) as caught:
            send_once(session, scene.worker, need, project, repeat_reason=" ")
        assert len(caught.value.doubles) == 1
        referral = send_once(session, scene.worker, need, project, repeat_reason="原项目只供午餐")
        assert referral.repeat_reason == "原项目只供午餐"
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "send_again")).one()

    def test_another_service_by_the_same_project_is_a_double_too(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        need = _second_need(session, scene, category="B01")
        assert doubles_of(session, need) == []
        assert [double.is_live for double in doubles_of(session, need, scene.project)] == [True]

    def test_the_same_need_again_and_another_person_are_none(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        assert doubles_of(session, scene.need, scene.project) == []
        assert doubles_of(session, make_scene(session).need, scene.project) == []

    def test_what_ended_long_ago_is_none(self, session: Session) -> None:
        scene = make_scene(session)
        referral = serve(session, scene)
        need = _second_need(session, scene)
        assert [double.is_live for double in doubles_of(session, need)] == [False]
        days = session.get_one(Policy, scene.case.policy_id).repeat_within_days
        referral.ended_at = now() - timedelta(days=days + 1)
        session.flush()
        assert doubles_of(session, need) == []


class TestPages:
    def test_the_page_warns_stops_and_keeps_the_reason(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            first = scene.send(session).pk
            need, project = _second_need(session, scene), _second_project(session, scene)
        worker = Visitor(unit_of_work)
        assert scene.project.name in worker.get(f"/needs/{need.pk}/matches").text
        typed = {"project_id": str(project.pk)}
        stop = worker.post(f"/needs/{need.pk}/referrals", typed)
        assert (stop.status_code, 'name="repeat_reason"' in stop.text) == (422, True)
        sent = worker.post(f"/needs/{need.pk}/referrals", typed | {"repeat_reason": "原项目只供午餐"})
        assert "原项目只供午餐" in sent.text
        with unit_of_work.read() as session:
            assert [row.pk for row in session.exec(select(Referral))] != [first]
