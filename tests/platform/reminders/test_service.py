"""Reminders: each rung once, on working days in office hours, to whoever has it to do and then to the next level."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from factories.addresses import confirm_addresses
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import make_consent, make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.calendars import recompute_deadlines
from tuoju.cases.models import Case
from tuoju.cases.policies import Policy, Scheme
from tuoju.cases.procedure import pause, resume
from tuoju.database.records import now
from tuoju.launch.destinations import find_destinations
from tuoju.referrals import service as referrals
from tuoju.referrals.contacts import ContactInput, set_contact
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.loading import SpecialDay, set_special_days
from tuoju.relief.models import Fund
from tuoju.reminders.service import send_reminders
from tuoju.reminders.sources import (
    SOURCES,
    alerts,
    answers,
    case_deadlines,
    complaints,
    consents,
    first_visits,
    objections,
    summaries,
)
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import in_app_only, use_router

NEW = "341124105201"
"""A village whose society was opened after the month that is asked for."""
NEW_YEAR = [SpecialDay(date(2027, 1, 1), False, "元旦", "New Year")]
MONDAY = "2026-09-07T02:00:00Z"
"""Ten in the morning in China."""


def told(session: Session) -> list[tuple[str, int]]:
    """(kind, recipient) of every reminder, in order."""
    rows = session.exec(
        select(Notification).where(Notification.group_key.startswith("remind:")).order_by(Notification.id)
    )  # type: ignore[attr-defined,arg-type]
    return [(row.kind.value, row.recipient_id) for row in rows]


def run(session: Session, moment: str) -> None:
    with time_machine.travel(moment, tick=False):
        for source in SOURCES:
            send_reminders(session, source, now())


@pytest.fixture
def officers(session: Session) -> dict[str, Actor]:
    return {
        "worker": make_actor(session),
        "township": make_actor(session, role=Role.township_officer),
        "county": make_actor(session, role=Role.program_manager, region_code=COUNTY),
        "city": make_actor(session, role=Role.program_manager, region_code=CITY),
    }


def open_case(session: Session, officers: dict[str, Actor], moment: str = MONDAY) -> Case:
    with time_machine.travel(moment, tick=False):
        person = make_resident(session, officers["worker"])
        return make_case(session, officers["worker"], person, Scheme.society_relief)


class TestCases:
    def test_reminders_escalate_from_the_village_to_the_county_each_once(
        self, session: Session, officers: dict[str, Actor]
    ) -> None:
        """Accepted on Monday: the opinion is due on Tuesday (domain rule R1)."""
        open_case(session, officers)
        worker, township, county = (officers[role].user_id for role in ("worker", "township", "county"))
        wanted: list[tuple[str, int]] = []
        for day, expected in {
            7: [("deadline_ahead", worker)],
            8: [("deadline_due", worker)],
            9: [("deadline_overdue", worker), ("deadline_escalated", township)],
            10: [],
            11: [("deadline_escalated", county)],
            14: [],
        }.items():
            for hour in (2, 3, 8):
                run(session, f"2026-09-{day:02d}T{hour:02d}:00:00Z")
            wanted += expected
            assert told(session) == wanted, day

    def test_are_silent_at_night_and_on_days_off(self, session: Session, officers: dict[str, Actor]) -> None:
        open_case(session, officers, "2026-09-11T02:00:00Z")
        for moment in ("2026-09-10T23:59:00Z", "2026-09-11T10:00:00Z", "2026-09-12T02:00:00Z", "2026-09-13T02:00:00Z"):
            run(session, moment)
        assert told(session) == []

    def test_are_sent_in_the_hours_of_their_own_policy(self, session: Session, officers: dict[str, Actor]) -> None:
        case = open_case(session, officers)
        policy = session.get_one(Policy, case.policy_id)
        policy.reminders_from, policy.reminders_until = time(14), time(17)
        session.flush()
        run(session, "2026-09-08T05:59:00Z")
        assert told(session) == []
        run(session, "2026-09-08T06:00:00Z")
        assert [kind for kind, _ in told(session)] == ["deadline_due"]

    def test_are_silent_while_paused_and_escalate_again_afterwards(
        self, session: Session, officers: dict[str, Actor]
    ) -> None:
        case = open_case(session, officers)
        with time_machine.travel("2026-09-08T02:00:00Z", tick=False):
            pause(session, officers["worker"], case, reason="本人住院")
        for day in (8, 9, 10, 11):
            run(session, f"2026-09-{day:02d}T02:00:00Z")
        assert told(session) == []
        with time_machine.travel("2026-09-11T03:00:00Z", tick=False):
            resume(session, officers["worker"], case)
        run(session, "2026-09-11T04:00:00Z")
        assert [kind for kind, _ in told(session)] == ["deadline_due"]

    def test_follow_the_calendar_when_a_year_is_loaded(self, session: Session, officers: dict[str, Actor]) -> None:
        case = open_case(session, officers, "2026-12-31T02:00:00Z")
        assert case.due_provisional
        before = case.due_at
        set_special_days(session, NEW_YEAR, source="测试", whole_years=True)
        recompute_deadlines(session)
        assert not case.due_provisional
        assert before is not None
        run(session, "2026-12-31T03:00:00Z")
        assert [kind for kind, _ in told(session)] == ["deadline_ahead"]

    def test_without_an_officer_the_recorder_is_reminded(self, session: Session, officers: dict[str, Actor]) -> None:
        with time_machine.travel(MONDAY, tick=False):
            person = make_resident(session, officers["township"], region_code="341124105201")
            make_case(session, officers["township"], person, Scheme.society_relief)
        run(session, MONDAY)
        assert told(session) == [("deadline_ahead", officers["township"].user_id)]

    def test_reminders_hold_no_personal_data(self, session: Session, officers: dict[str, Actor]) -> None:
        open_case(session, officers)
        run(session, "2026-09-09T02:00:00Z")
        assert "张建国" not in str([row.model_dump() for row in session.exec(select(Notification)).all()])


class TestReferrals:
    def send(self, session: Session, moment: str = MONDAY) -> tuple[Actor, Actor, Referral]:
        scene = make_scene(session)
        with time_machine.travel(moment, tick=False):
            project = make_project(session)
            charity = make_actor(session, role=Role.charity_staff, organization_id=project.organization_id)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            return scene.worker, charity, referrals.send(session, scene.worker, scene.need, project)

    def test_the_charity_is_reminded_before_it_expires(self, session: Session) -> None:
        """Two working days (domain rule R6): sent on Monday, due on Wednesday."""
        _, charity, _ = self.send(session)
        for day in (7, 8, 9, 10, 11):
            run(session, f"2026-09-{day:02d}T02:00:00Z")
        assert told(session) == [("referral_expiring", charity.user_id)] * 2

    def test_the_contact_without_an_account_is_reminded_too(self, session: Session) -> None:
        _, charity, referral = self.send(session)
        set_contact(session, charity, referral.organization_id, ContactInput(mobile="13905501234"))
        confirm_addresses(session, organization_id=referral.organization_id)
        use_router(find_destinations)
        try:
            run(session, "2026-09-09T02:00:00Z")
        finally:
            use_router(in_app_only)
        sms = session.exec(select(Notification).where(Notification.recipient_type == RecipientType.organization)).all()
        assert [(row.kind, row.channel) for row in sms] == [(NotificationKind.referral_expiring, Channel.sms)]

    def test_a_late_first_visit_escalates_from_the_charity_to_the_county(
        self, session: Session, officers: dict[str, Actor]
    ) -> None:
        """Five working days after acceptance (R6): accepted on Monday, due the Monday after."""
        worker, charity, referral = self.send(session)
        with time_machine.travel("2026-09-07T03:00:00Z", tick=False):
            referrals.step(session, charity, referral, ReferralVerb.accept)
        for day in (10, 11, 14, 15, 16, 17):
            run(session, f"2026-09-{day:02d}T02:00:00Z")
        assert told(session) == [
            ("visit_due", charity.user_id),
            ("visit_due", charity.user_id),
            ("deadline_overdue", charity.user_id),
            ("deadline_overdue", worker.user_id),
            ("deadline_escalated", officers["township"].user_id),
            ("deadline_escalated", officers["county"].user_id),
        ]

    def test_a_promised_day_replaces_that_of_the_policy(self, session: Session) -> None:
        _, charity, referral = self.send(session)
        with time_machine.travel("2026-09-07T03:00:00Z", tick=False):
            referrals.step(session, charity, referral, ReferralVerb.accept)
            referrals.plan_first_visit(session, charity, referral, date(2026, 9, 9))
        run(session, "2026-09-09T02:00:00Z")
        assert told(session) == [("visit_due", charity.user_id)]

    def test_a_provisional_answer_day_is_set_again(self, session: Session) -> None:
        _, _, referral = self.send(session, "2026-12-30T02:00:00Z")
        assert referral.answer_due_provisional
        set_special_days(session, NEW_YEAR, source="测试", whole_years=True)
        assert referrals.recompute_answer_deadlines(session) == 1
        assert not referral.answer_due_provisional


class TestSummaries:
    def test_a_missing_summary_is_reminded_of(self, session: Session, officers: dict[str, Actor]) -> None:
        opened_by = officers["worker"].user_id
        session.add(Fund(region_code=VILLAGE, opened_by=opened_by, opened_at=datetime(2026, 7, 1, tzinfo=UTC)))
        session.add(Fund(region_code=NEW, opened_by=opened_by, opened_at=datetime(2026, 9, 1, 2, tzinfo=UTC)))
        session.flush()
        run(session, "2026-09-02T02:00:00Z")
        run(session, "2026-09-03T02:00:00Z")
        run(session, "2026-09-04T02:00:00Z")
        worker, township = officers["worker"].user_id, officers["township"].user_id
        assert told(session) == [
            ("deadline_ahead", worker),
            ("deadline_due", worker),
            ("deadline_overdue", worker),
            ("deadline_escalated", township),
        ]


def test_every_source_is_in_the_list() -> None:
    assert set(SOURCES) == {case_deadlines, objections, complaints, alerts, answers, first_visits, summaries, consents}


def test_two_schedulers_send_one_reminder(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        worker = make_actor(session)
        for _ in range(5):
            case = make_case(session, worker, make_resident(session, worker), Scheme.society_relief)
            assert case.due_at is not None
        due_at = case.due_at
    at = due_at - timedelta(hours=12)
    start = threading.Barrier(2)

    def schedule() -> None:
        start.wait()
        with unit_of_work.write() as session:
            send_reminders(session, case_deadlines, at)

    both = [threading.Thread(target=schedule) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with unit_of_work.read() as session:
        kinds = Counter(kind for kind, _ in told(session))
    assert kinds == {"deadline_due": 5}
