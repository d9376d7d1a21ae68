"""The daily digest: once, on a working day's morning, to those whom something waits for."""

from datetime import datetime

from sqlmodel import Session, select

from factories.accounts import COUNTY, make_actor, make_user
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju.cases.policies import Scheme
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.reports.digest import digests, send_digests
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

THURSDAY = datetime(2026, 9, 24, 10, tzinfo=CHINA)
MONDAY_MORNING = datetime(2026, 9, 28, 9, tzinfo=CHINA)
"""The day after Mid-autumn: what began on Thursday is due today (domain section 3, test vectors)."""


def test_a_case_counts_for_every_account_whose_region_contains_it(session: Session) -> None:
    with frozen_time(THURSDAY):
        officer = make_actor(session)
        make_case(session, officer, scheme=Scheme.society_relief)
    manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)
    make_actor(session, role=Role.program_manager, region_code="341125000000")
    with frozen_time(MONDAY_MORNING):
        digests_by_user = {digest.user_id: digest for digest in digests(session, MONDAY_MORNING.date())}
    assert set(digests_by_user) == {officer.user_id, manager.user_id}
    assert (digests_by_user[manager.user_id].overdue, digests_by_user[manager.user_id].due_today) == (0, 1)


def test_a_charity_receives_the_number_of_referrals_to_answer(session: Session) -> None:
    scene = make_scene(session)
    scene.send(session)
    digests_by_user = {digest.user_id: digest.to_answer for digest in digests(session, THURSDAY.date())}
    assert digests_by_user == {scene.charity.user_id: 1}


class TestTell:
    def posted(self, unit_of_work: UnitOfWork) -> int:
        with unit_of_work.read() as session:
            return len(
                session.exec(select(Notification).where(Notification.kind == NotificationKind.daily_digest)).all()
            )

    def prepare(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            make_scene(session).send(session)
            make_user(session)

    def test_two_runs_in_a_morning_send_one_digest(self, unit_of_work: UnitOfWork) -> None:
        self.prepare(unit_of_work)
        for _time in range(2):
            send_digests(unit_of_work, MONDAY_MORNING)
        assert self.posted(unit_of_work) == 1

    def test_nothing_is_sent_on_a_day_off_or_at_night(self, unit_of_work: UnitOfWork) -> None:
        self.prepare(unit_of_work)
        assert send_digests(unit_of_work, datetime(2026, 9, 26, 9, tzinfo=CHINA)) == 0
        assert send_digests(unit_of_work, datetime(2026, 9, 28, 23, tzinfo=CHINA)) == 0

    def test_digests_are_sent_on_a_make_up_sunday(self, unit_of_work: UnitOfWork) -> None:
        """2026-09-20 is worked for Mid-autumn (State Council's notice for 2026)."""
        self.prepare(unit_of_work)
        assert send_digests(unit_of_work, datetime(2026, 9, 20, 9, tzinfo=CHINA)) == 1
