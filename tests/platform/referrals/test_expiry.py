"""Requests that nobody answered: each expires by itself, and can be sent again."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import make_consent
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry
from tuoju.cases.models import Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.referrals import service
from tuoju.referrals.errors import AlreadyReferred, IllegalReferralStep, NoConsent, NotEligible
from tuoju.referrals.expiry import expire, expire_due
from tuoju.referrals.links import find_current_link
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Consent
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects import capacity
from tuoju_projects.errors import NoPlaceLeft


class TestExpireDue:
    def test_one_that_cannot_expire_blocks_no_other(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            referrals = [make_scene(session).send(session) for _each in range(3)]
            ids = [referral.pk for referral in referrals]
            at = max(referral.answer_due_at for referral in referrals) + timedelta(minutes=1)
            session.get_one(Need, referrals[0].need_id).state = NeedState.met  # which must not be, and happens
        assert expire_due(unit_of_work, at) == 2
        with unit_of_work.read() as session:
            states = [session.get_one(Referral, referral_id).state for referral_id in ids]
        assert states == [ReferralState.requested, ReferralState.expired, ReferralState.expired]

    def test_the_longest_overdue_come_first_and_the_rest_in_the_next_run(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            referrals = [make_scene(session).send(session) for _each in range(3)]
            for days, referral in enumerate(reversed(referrals)):
                referral.answer_due_at = now() - timedelta(days=1 + days)
            ids = [referral.pk for referral in referrals]
        assert expire_due(unit_of_work, now(), limit=2) == 2
        with unit_of_work.read() as session:
            assert session.get_one(Referral, ids[2]).state is ReferralState.requested
        assert expire_due(unit_of_work, now(), limit=2) == 1


class TestReopen:
    def test_is_a_request_again_with_its_place_need_deadline_and_link(self, session: Session) -> None:
        scene = make_scene(session, places=1)
        referral = scene.send(session)
        referral.answer_due_at = now() - timedelta(days=9)
        assert expire(session, referral.pk, now()) is referral
        assert capacity.available(session, scene.project.pk) == 1
        service.step(session, scene.worker, referral, ReferralVerb.reopen)
        assert (referral.state, scene.need.state) == (ReferralState.requested, NeedState.referred)
        assert capacity.available(session, scene.project.pk) == 0
        assert (referral.ended_at, referral.end_note) == (None, "")
        assert referral.answer_due_at > now()
        link = find_current_link(session, referral)
        assert link is not None
        assert link.expires_at == referral.answer_due_at

    def test_is_in_the_history_and_in_the_audit(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        service.step(session, scene.worker, referral, ReferralVerb.reopen)
        events = session.exec(
            select(ReferralEvent.verb).where(ReferralEvent.referral_id == referral.pk).order_by(col(ReferralEvent.id))
        ).all()
        assert events == [None, ReferralVerb.expire, ReferralVerb.reopen]
        entry = session.exec(
            select(AuditEntry).where(AuditEntry.action == "referral_reopen", AuditEntry.subject_id == str(referral.pk))
        ).one()
        assert entry.actor_id == scene.worker.user_id

    def test_notifies_the_charity_again_and_the_sender_of_a_second_expiry(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        for _time in range(2):
            expire(session, referral.pk, referral.answer_due_at)
            service.step(session, scene.worker, referral, ReferralVerb.reopen)
        kinds = [
            notification.kind
            for notification in session.exec(select(Notification).order_by(col(Notification.id)))
            if notification.recipient_id in (scene.charity.user_id, scene.worker.user_id)
        ]
        assert kinds.count(NotificationKind.referral_received) == 3
        assert kinds.count(NotificationKind.referral_expired) == 2

    def test_can_be_accepted(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        service.step(session, scene.worker, referral, ReferralVerb.reopen)
        service.step(session, scene.charity, referral, ReferralVerb.accept)
        assert referral.state is ReferralState.accepted

    def test_is_not_for_the_charity_nor_for_what_did_not_expire(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        with pytest.raises(IllegalReferralStep):
            service.step(session, scene.worker, referral, ReferralVerb.reopen)
        expire(session, referral.pk, referral.answer_due_at)
        with pytest.raises(NotPermitted):
            service.step(session, scene.charity, referral, ReferralVerb.reopen)

    def test_is_refused_when_the_need_went_elsewhere(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        other = make_project(session)
        make_consent(session, scene.worker, scene.resident, other.organization_id)
        service.send(session, scene.worker, scene.need, other)
        with pytest.raises(AlreadyReferred):
            service.step(session, scene.worker, referral, ReferralVerb.reopen)

    def test_needs_a_place(self, session: Session) -> None:
        scene, rival = make_scene(session, places=1), make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        make_consent(session, rival.worker, rival.resident, scene.project.organization_id)
        service.send(session, rival.worker, rival.need, scene.project)
        with pytest.raises(NoPlaceLeft):
            service.step(session, scene.worker, referral, ReferralVerb.reopen)

    def test_needs_a_project_that_still_runs(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        scene.project.ends_on = china_day(now()) - timedelta(days=2)
        session.flush()
        with pytest.raises(NotEligible):
            service.step(session, scene.worker, referral, ReferralVerb.reopen)

    def test_needs_a_consent(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        expire(session, referral.pk, referral.answer_due_at)
        consent = session.exec(select(Consent).where(Consent.resident_id == scene.resident.pk)).one()
        consent.withdrawn_at = now()
        session.flush()
        with pytest.raises(NoConsent):
            service.step(session, scene.worker, referral, ReferralVerb.reopen)
