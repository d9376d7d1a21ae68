"""The life of a referral (design.md section 4; domain.md section 4)."""

import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from factories.accounts import make_actor
from factories.cases import make_need
from factories.databases import UnitOfWork
from factories.projects import ledger_sum, make_project
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.cases.models import Need
from tuoju.cases.policies import Policy
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.models import Gap, Match
from tuoju.referrals import expiry, service
from tuoju.referrals.errors import (
    AlreadyReferred,
    FirstVisitImpossible,
    IllegalReferralStep,
    NoConsent,
    NotEligible,
    NoVisitYet,
    OutcomeMissing,
    ReasonMissing,
)
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.proposing import propose
from tuoju.referrals.status import (
    LIVE,
    STEPS,
    Outcome,
    ReferralState,
    ReferralVerb,
    RejectionReason,
    Side,
)
from tuoju.regions.calendar import china_day
from tuoju.residents.consents import withdraw_consent
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects import capacity
from tuoju_projects.errors import NoPlaceLeft
from tuoju_projects.models import Project

INPUTS = {
    ReferralVerb.reject: {"reason": RejectionReason.could_not_contact},
    ReferralVerb.fail: {"note": "搬走了"},
    ReferralVerb.cancel: {"note": "发错了"},
    ReferralVerb.complete: {"outcome": Outcome.met, "visits": 1},
}


def step(session: Session, scene: Scene, referral: Referral, verb: ReferralVerb) -> Referral:
    allowed = STEPS.get((referral.state, verb))
    side = allowed.side if allowed else Side.receiver
    actor = {Side.sender: scene.worker, Side.receiver: scene.charity, Side.clock: None}[side]
    return service.step(session, actor, referral, verb, **INPUTS.get(verb, {}))  # type: ignore[arg-type]


def expire_all(session: Session, at: datetime) -> list[Referral | None]:
    return [expiry.expire(session, referral_id, at) for referral_id in expiry.find_due(session, at, limit=10)]


class TestSend:
    def test_holds_a_place_and_notifies_the_charity(self, session: Session) -> None:
        scene = make_scene(session, places=2)
        referral = scene.send(session)
        assert referral.state is ReferralState.requested
        assert scene.need.state is NeedState.referred
        assert capacity.available(session, scene.project.pk) == 1
        notification = session.exec(
            select(Notification).where(Notification.recipient_id == scene.charity.user_id)
        ).one()
        assert notification.kind is NotificationKind.referral_received

    def test_keeps_the_match_with_its_reasons(self, session: Session) -> None:
        referral = make_scene(session).send(session)
        match = session.get_one(Match, referral.match_id)
        assert match.rank >= 1
        assert match.score == pytest.approx(sum(r["value"] * r["weight"] for r in match.reasons))

    def test_without_consent_nothing_is_sent(self, session: Session) -> None:
        """PIPL art. 23."""
        scene = make_scene(session)
        other = make_project(session)
        with pytest.raises(NoConsent):
            service.send(session, scene.worker, scene.need, other)

    def test_a_withdrawn_consent_does_not_count(self, session: Session) -> None:
        scene = make_scene(session)
        other = make_project(session)
        consent = make_consent(session, scene.worker, scene.resident, other.organization_id)
        withdraw_consent(session, scene.worker, consent)
        with pytest.raises(NoConsent):
            service.send(session, scene.worker, scene.need, other)

    def test_a_need_has_one_live_referral(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        with pytest.raises(AlreadyReferred):
            scene.send(session)

    def test_a_project_that_cannot_serve_the_need_gets_no_referral(self, session: Session) -> None:
        scene = make_scene(session)
        other = make_project(session, categories=["C02"], organization=None)
        with pytest.raises(NotEligible):
            service.send(session, scene.worker, scene.need, other)

    def test_a_full_project_takes_no_referral(self, session: Session) -> None:
        scene = make_scene(session, places=0)
        with pytest.raises(NoPlaceLeft):
            scene.send(session)

    def test_a_charity_may_not_send(self, session: Session) -> None:
        scene = make_scene(session)
        with pytest.raises(NotPermitted):
            service.send(session, scene.charity, scene.need, scene.project)


class TestStep:
    @pytest.mark.parametrize("verb", list(ReferralVerb))
    @pytest.mark.parametrize("state", list(ReferralState))
    def test_only_the_steps_of_the_table_are_allowed(
        self, session: Session, state: ReferralState, verb: ReferralVerb
    ) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        path = {
            ReferralState.requested: [],
            ReferralState.waitlisted: [ReferralVerb.waitlist],
            ReferralState.accepted: [ReferralVerb.accept],
            ReferralState.in_progress: [ReferralVerb.accept, ReferralVerb.start],
            ReferralState.on_hold: [ReferralVerb.accept, ReferralVerb.start, ReferralVerb.hold],
            ReferralState.completed: [ReferralVerb.accept, ReferralVerb.start, ReferralVerb.complete],
            ReferralState.failed: [ReferralVerb.accept, ReferralVerb.fail],
            ReferralState.rejected: [ReferralVerb.reject],
            ReferralState.expired: [ReferralVerb.expire],
            ReferralState.cancelled: [ReferralVerb.cancel],
            ReferralState.entered_in_error: [ReferralVerb.mark_in_error],
        }[state]
        for earlier in path:
            step(session, scene, referral, earlier)
        assert referral.state is state
        if (state, verb) in STEPS:
            step(session, scene, referral, verb)
            assert referral.state is STEPS[state, verb].to
        else:
            with pytest.raises(IllegalReferralStep):
                step(session, scene, referral, verb)
            assert referral.state is state

    def test_another_charity_may_not_answer(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        stranger = make_actor(session, role=Role.charity_staff, organization_id=make_project(session).organization_id)
        with pytest.raises(NotPermitted):
            service.step(session, stranger, referral, ReferralVerb.accept)

    def test_the_sender_may_not_accept(self, session: Session) -> None:
        scene = make_scene(session)
        with pytest.raises(NotPermitted):
            service.step(session, scene.worker, scene.send(session), ReferralVerb.accept)

    def test_a_rejection_needs_its_reason(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        with pytest.raises(ReasonMissing):
            service.step(session, scene.charity, referral, ReferralVerb.reject)
        with pytest.raises(ReasonMissing):
            service.step(session, scene.charity, referral, ReferralVerb.reject, reason=RejectionReason.other)

    def test_no_capacity_corrects_the_stated_places(self, session: Session) -> None:
        scene = make_scene(session, places=5)
        referral = scene.send(session)
        service.step(session, scene.charity, referral, ReferralVerb.reject, reason=RejectionReason.no_capacity)
        assert capacity.available(session, scene.project.pk) == 0

    def test_accepting_from_the_waitlist_takes_a_place(self, session: Session) -> None:
        scene = make_scene(session, places=1)
        referral = scene.send(session)
        service.step(session, scene.charity, referral, ReferralVerb.waitlist)
        assert capacity.available(session, scene.project.pk) == 1
        service.step(session, scene.charity, referral, ReferralVerb.accept)
        assert capacity.available(session, scene.project.pk) == 0

    def test_accepting_from_the_waitlist_needs_a_free_place(self, session: Session) -> None:
        scene = make_scene(session, places=1)
        waitlisted = scene.send(session)
        service.step(session, scene.charity, waitlisted, ReferralVerb.waitlist)
        service.send(session, scene.worker, make_need(session, scene.worker, scene.case), scene.project)
        with pytest.raises(NoPlaceLeft):
            service.step(session, scene.charity, waitlisted, ReferralVerb.accept)

    def test_accepting_a_request_takes_no_second_place(self, session: Session) -> None:
        scene = make_scene(session, places=2)
        service.step(session, scene.charity, scene.send(session), ReferralVerb.accept)
        assert capacity.available(session, scene.project.pk) == 1

    def test_a_rejected_need_is_open_again_with_its_waiting_time(self, session: Session) -> None:
        scene = make_scene(session)
        opened_at = scene.need.opened_at
        step(session, scene, scene.send(session), ReferralVerb.reject)
        assert scene.need.state is NeedState.open
        assert scene.need.opened_at == opened_at

    def test_a_project_that_rejected_for_a_lasting_reason_is_not_proposed_again(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        service.step(session, scene.charity, referral, ReferralVerb.reject, reason=RejectionReason.not_eligible)
        assert scene.project.pk not in [ranked.project.id for ranked in propose(session, scene.need, limit=None).ranked]

    def test_with_no_project_left_a_gap_is_recorded_until_the_need_is_sent(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        service.step(session, scene.charity, referral, ReferralVerb.reject, reason=RejectionReason.not_eligible)
        gap = session.exec(select(Gap).where(Gap.need_id == scene.need.pk)).one()
        assert gap.closed_at is None
        other = make_project(session)
        make_consent(session, scene.worker, scene.resident, other.organization_id)
        service.send(session, scene.worker, scene.need, other)
        assert gap.closed_at is not None

    def test_completing_needs_an_outcome_and_a_visit(self, session: Session) -> None:
        """domain.md section 4: a need cannot be met without a visit."""
        scene = make_scene(session)
        referral = scene.send(session)
        step(session, scene, referral, ReferralVerb.accept)
        step(session, scene, referral, ReferralVerb.start)
        with pytest.raises(OutcomeMissing):
            service.step(session, scene.charity, referral, ReferralVerb.complete)
        with pytest.raises(NoVisitYet):
            service.step(session, scene.charity, referral, ReferralVerb.complete, outcome=Outcome.met, visits=0)


class TestAnySequenceOfSteps:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(verbs=st.lists(st.sampled_from(list(ReferralVerb)), max_size=12))
    def test_place_need_and_events_follow_the_referral(self, session: Session, verbs: list[ReferralVerb]) -> None:
        scene = make_scene(session, places=1)
        referral = scene.send(session)
        steps = 1
        for verb in verbs:
            try:
                step(session, scene, referral, verb)
            except IllegalReferralStep:
                continue
            steps += 1
        events = session.exec(select(ReferralEvent).where(ReferralEvent.referral_id == referral.pk)).all()
        assert len(events) == steps
        assert events[-1].state is referral.state
        holds = referral.state in LIVE and referral.state is not ReferralState.waitlisted
        assert capacity.available(session, scene.project.pk) == (0 if holds else 1)
        assert ledger_sum(session, scene.project.pk) == capacity.available(session, scene.project.pk)
        live = {NeedState.referred, NeedState.in_service}
        assert (scene.need.state in live) == (referral.state in LIVE)


class TestExpireDue:
    def test_expires_without_an_answer_when_it_was_due(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        assert expire_all(session, now()) == []
        assert expire_all(session, referral.answer_due_at + timedelta(seconds=1)) == [referral]
        assert scene.need.state is NeedState.open

    def test_an_answered_referral_does_not_expire(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        step(session, scene, referral, ReferralVerb.accept)
        assert expire_all(session, referral.answer_due_at + timedelta(days=30)) == []

    def test_expires_at_the_end_of_the_second_working_day(self, session: Session) -> None:
        """Domain rule R6 across a make-up Sunday: sent on Friday 2026-09-18, worked Sunday the 20th, due Monday."""
        scene = make_scene(session)
        with time_machine.travel("2026-09-18T02:00:00Z"):
            project = make_project(session, organization=None)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            referral = service.send(session, scene.worker, scene.need, project)
        with time_machine.travel("2026-09-21T15:59:00Z"):
            assert expire_all(session, now()) == []
        with time_machine.travel("2026-09-21T16:00:00Z"):
            assert expire_all(session, now()) == [referral]
        assert referral.state is ReferralState.expired
        assert scene.need.state is NeedState.open

    def test_the_policy_of_the_case_says_when(self, session: Session) -> None:
        scene = make_scene(session)
        session.get_one(Policy, scene.case.policy_id).answer_within = 4
        with time_machine.travel("2026-09-07T02:00:00Z"):
            project = make_project(session)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            referral = service.send(session, scene.worker, scene.need, project)
        assert referral.answer_due_at.isoformat() == "2026-09-12T00:00:00+08:00"


class TestPlanFirstVisit:
    def test_is_promised_after_accepting_within_sixty_days(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        today = china_day(now())
        with pytest.raises(IllegalReferralStep):
            service.plan_first_visit(session, scene.charity, referral, today)
        service.step(session, scene.charity, referral, ReferralVerb.accept)
        for day in (today - timedelta(days=1), today + timedelta(days=61)):
            with pytest.raises(FirstVisitImpossible):
                service.plan_first_visit(session, scene.charity, referral, day)
        service.plan_first_visit(session, scene.charity, referral, today + timedelta(days=3))
        assert referral.first_visit_on == today + timedelta(days=3)


def race(*calls: Callable[[], None]) -> list[BaseException]:
    """Run the calls at the same time, each in its own thread. Returns the errors of those that failed."""
    barrier, errors = threading.Barrier(len(calls)), []

    def run(call: Callable[[], None]) -> None:
        barrier.wait()
        try:
            call()
        except (
            AlreadyReferred,
            IllegalReferralStep,
            NoPlaceLeft,
            StaleDataError,
            IntegrityError,
        ) as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


class TestRaces:
    """Of conflicting verbs at the same time one wins: on SQLite by its write lock, on PostgreSQL by row versions."""

    def test_one_need_sent_eight_times_is_sent_once(self, engine: Engine, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session, places=9)

        def send() -> None:
            with unit_of_work.write() as session:
                need = session.get_one(Need, scene.need.pk)
                service.send(session, scene.worker, need, session.get_one(Project, scene.project.pk))

        assert len(race(*[send] * 8)) == 7
        with unit_of_work.read() as session:
            assert len(session.exec(select(Referral)).all()) == 1
            assert capacity.available(session, scene.project.pk) == 8

    def test_the_last_place_is_given_once(self, engine: Engine, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session, places=1)
            needs = [make_need(session, scene.worker, scene.case).pk for _ in range(8)]

        def send(need_id: int) -> Callable[[], None]:
            def call() -> None:
                with unit_of_work.write() as session:
                    project = session.get_one(Project, scene.project.pk)
                    service.send(session, scene.worker, session.get_one(Need, need_id), project)

            return call

        errors = race(*[send(need_id) for need_id in needs])
        assert len(errors) == 7
        with unit_of_work.read() as session:
            assert capacity.available(session, scene.project.pk) == 0
            taken = session.exec(select(Referral).where(col(Referral.state).in_(LIVE))).all()
            assert len(taken) == 1

    def test_of_accept_reject_expire_and_cancel_the_steps_stay_lawful(
        self, engine: Engine, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            referral_id = scene.send(session).pk

        def do(verb: ReferralVerb) -> Callable[[], None]:
            def call() -> None:
                with unit_of_work.write() as session:
                    step(session, scene, session.get_one(Referral, referral_id), verb)

            return call

        verbs = [ReferralVerb.accept, ReferralVerb.reject, ReferralVerb.expire, ReferralVerb.cancel]
        race(*[do(verb) for verb in verbs], do(ReferralVerb.accept))
        with unit_of_work.read() as session:
            events = session.exec(select(ReferralEvent).order_by(col(ReferralEvent.id))).all()
            states = [event.state for event in events]
            assert all(
                any(allowed.to is after and start is before for (start, _), allowed in STEPS.items())
                for before, after in itertools.pairwise(states)
            )
            assert ledger_sum(session, scene.project.pk) == capacity.available(session, scene.project.pk)
