"""What cannot be undone waits while the clocks disagree."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from factories.databases import UnitOfWork
from tuoju.database.clock_check import (
    DOUBTED,
    HOLD,
    LONGEST_ABSENCE,
    TRUSTED,
    ClockCheck,
    ClockDoubt,
    ClockNotTrusted,
    database_clock,
    trust_clock,
)
from tuoju_notifications.heartbeats import last_seen

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Machine:
    """A machine whose clocks the test moves; a process on it asks the check every minute."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work = unit_of_work
        self.wall, self.seconds, self.database_is_ahead = START, 500.0, timedelta()
        self.start_process()

    def start_process(self) -> None:
        self.check = ClockCheck(
            self.unit_of_work,
            wall=lambda: self.wall,
            monotonic=lambda: self.seconds,
            database=lambda _session: self.wall + self.database_is_ahead,
        )

    def pass_time(self, duration: timedelta) -> None:
        self.wall += duration
        self.seconds += duration.total_seconds()

    def doubt(self) -> ClockDoubt | None:
        try:
            self.check.require()
        except ClockNotTrusted as refusal:
            return refusal.doubt
        return None

    def doubts_within(self, duration: timedelta) -> set[ClockDoubt | None]:
        doubts = set()
        for _minute in range(int(duration / MINUTE)):
            doubts.add(self.doubt())
            self.pass_time(MINUTE)
        return doubts


@pytest.fixture
def machine(unit_of_work: UnitOfWork) -> Machine:
    """A machine that has run for long enough to trust its clock."""
    machine = Machine(unit_of_work)
    assert machine.doubts_within(HOLD) == {ClockDoubt.absent}
    assert machine.doubt() is None
    return machine


class TestClockCheck:
    def test_clocks_that_agree_stay_trusted(self, machine: Machine) -> None:
        assert machine.doubts_within(timedelta(hours=3)) == {None}

    @pytest.mark.parametrize("jump", [timedelta(days=10), timedelta(minutes=3), -timedelta(minutes=3)])
    def test_a_clock_that_jumps_is_not_trusted_for_an_hour(self, machine: Machine, jump: timedelta) -> None:
        machine.wall += jump
        assert machine.doubts_within(HOLD) == {ClockDoubt.jumped}
        assert machine.doubt() is None

    def test_ten_days_ahead_for_a_moment_ends_nothing(self, machine: Machine) -> None:
        """The worker and the scheduler are started with a wrong clock, run for a while, and are started again."""
        machine.wall += timedelta(days=10)
        for _start in range(3):
            machine.start_process()
            assert machine.doubts_within(timedelta(minutes=20)) == {ClockDoubt.absent}
        machine.wall -= timedelta(days=10)
        machine.start_process()
        machine.doubts_within(HOLD)
        assert machine.doubt() is None

    def test_a_restart_of_some_minutes_needs_no_wait(self, machine: Machine) -> None:
        machine.pass_time(timedelta(minutes=10))
        machine.start_process()
        assert machine.doubt() is None

    def test_after_a_night_off_nothing_ends_for_an_hour(self, machine: Machine) -> None:
        machine.pass_time(LONGEST_ABSENCE + timedelta(hours=9))
        machine.start_process()
        assert machine.doubts_within(HOLD) == {ClockDoubt.absent}
        assert machine.doubt() is None

    def test_a_database_with_another_time_is_doubted_for_as_long_as_it_differs(self, machine: Machine) -> None:
        machine.database_is_ahead = timedelta(minutes=5)
        assert machine.doubts_within(3 * HOLD) == {ClockDoubt.database}
        machine.database_is_ahead = timedelta()
        assert ClockDoubt.database in machine.doubts_within(HOLD)
        assert machine.doubt() is None

    def test_a_clock_behind_what_another_process_has_seen(self, machine: Machine) -> None:
        other = Machine(machine.unit_of_work)
        other.wall = machine.wall - timedelta(days=2)
        assert other.doubt() is ClockDoubt.set_back

    def test_leaves_a_trace_for_the_operator(self, machine: Machine, unit_of_work: UnitOfWork) -> None:
        machine.wall += timedelta(days=1)
        machine.doubt()
        with unit_of_work.read() as session:
            assert last_seen(session, DOUBTED) is not None
            assert last_seen(session, TRUSTED) is not None


def test_the_clock_of_the_database_is_read(session: Session) -> None:
    assert abs(database_clock(session) - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_a_trusted_past_nothing_ends_at_once(unit_of_work: UnitOfWork) -> None:
    refused: Callable[[], None] = ClockCheck(unit_of_work).require
    with pytest.raises(ClockNotTrusted):
        refused()


def test_a_demo_that_was_just_built_is_not_in_doubt(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        trust_clock(session)
    ClockCheck(unit_of_work).require()
    with unit_of_work.read() as session:
        assert last_seen(session, DOUBTED) is None
