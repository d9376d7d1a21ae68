"""Each turn of a periodic job is taken once, whatever the clocks do and however many schedulers run."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from celery.beat import ScheduleEntry
from celery.schedules import crontab, schedule
from sqlmodel import Session

from factories.databases import UnitOfWork
from tuoju_notifications.celery_app import make_celery
from tuoju_notifications.schedule import LONGEST_SLEEP, RETRY_SECONDS, Turns, take_due

EVERY_MINUTE = schedule(60.0)
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
"""Half past eight in China."""


class ManualClock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def take(unit_of_work: UnitOfWork, clock: ManualClock) -> Callable[[], bool]:
    turns = Turns(unit_of_work.write, clock)
    return lambda: turns.take("job", EVERY_MINUTE, lambda: None)


class TestInterval:
    def test_the_first_turn_is_at_once_and_the_next_after_the_interval(
        self, take: Callable[[], bool], clock: ManualClock
    ) -> None:
        assert (take(), take()) == (True, False)
        clock.seconds += 59
        assert take() is False
        clock.seconds += 1
        assert (take(), take()) == (True, False)

    @pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(days=3)])
    def test_a_clock_that_jumps_neither_stops_nor_doubles_it(
        self, take: Callable[[], bool], clock: ManualClock, jump: timedelta
    ) -> None:
        assert take() is True
        with time_machine.travel(datetime.now(UTC) + jump):
            assert take() is False
            clock.seconds += 60
            assert (take(), take()) == (True, False)

    def test_a_scheduler_that_starts_again_goes_on_where_it_was(self, unit_of_work: UnitOfWork) -> None:
        with time_machine.travel(MORNING, tick=False):
            assert Turns(unit_of_work.write, ManualClock()).take("job", EVERY_MINUTE, lambda: None) is True
        with time_machine.travel(MORNING + timedelta(seconds=40), tick=False):
            clock = ManualClock()
            again = Turns(unit_of_work.write, clock)
            assert again.take("job", EVERY_MINUTE, lambda: None) is False
            clock.seconds += 20
            assert again.take("job", EVERY_MINUTE, lambda: None) is True

    def test_a_second_scheduler_keeps_the_same_interval(self, unit_of_work: UnitOfWork) -> None:
        clock = ManualClock()
        first, second = Turns(unit_of_work.write, clock), Turns(unit_of_work.write, clock)
        assert first.take("job", EVERY_MINUTE, lambda: None) is True
        assert second.take("job", EVERY_MINUTE, lambda: None) is False
        clock.seconds += 60
        assert second.take("job", EVERY_MINUTE, lambda: None) is True
        assert first.take("job", EVERY_MINUTE, lambda: None) is False

    def test_with_the_queue_away_the_turn_stays(self, unit_of_work: UnitOfWork) -> None:
        turns, sent = Turns(unit_of_work.write, ManualClock()), []

        def away() -> None:
            raise ConnectionRefusedError

        with pytest.raises(ConnectionRefusedError):
            turns.take("job", EVERY_MINUTE, away)
        assert turns.take("job", EVERY_MINUTE, lambda: sent.append(1)) is True
        assert sent == [1]


class TestTimeOfDay:
    def test_is_once_a_day_even_when_the_day_comes_twice(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        turns, daily = Turns(unit_of_work.write), crontab(hour="9", minute="0", app=make_celery("memory://", tmp_path))
        taken = []
        for moment in (
            MORNING,
            MORNING + timedelta(hours=1),
            MORNING + timedelta(hours=2),
            MORNING,
            MORNING + timedelta(hours=1),
            MORNING + timedelta(days=1, hours=1),
        ):
            with time_machine.travel(moment, tick=False):
                taken.append(turns.take("digest", daily, lambda: None))
        assert taken == [False, True, False, False, False, True]


class TestSleep:
    """Between two turns the scheduler asks the database nothing."""

    @staticmethod
    def entries(**intervals: float) -> list[ScheduleEntry]:
        app = make_celery("memory://", Path("unused"))
        return [ScheduleEntry(name, name, schedule=schedule(every), app=app) for name, every in intervals.items()]

    def test_lasts_until_the_next_turn(self, unit_of_work: UnitOfWork, clock: ManualClock) -> None:
        opened, sent = [], []

        def transaction() -> AbstractContextManager[Session]:
            opened.append(1)
            return unit_of_work.write()

        turns, entries = Turns(transaction, clock), self.entries(often=5, seldom=30)
        waits = []
        for _turn in range(12):
            waits.append(take_due(turns, entries, lambda entry: sent.append(entry.name)))
            clock.seconds += waits[-1]
        assert waits == [5.0] * 12
        assert (sent.count("often"), sent.count("seldom"), len(opened)) == (12, 2, 14)

    def test_is_short_while_the_broker_is_away(self, unit_of_work: UnitOfWork, clock: ManualClock) -> None:
        def away(_entry: ScheduleEntry) -> None:
            raise ConnectionRefusedError

        turns, sent = Turns(unit_of_work.write, clock), []
        assert take_due(turns, self.entries(job=600), away) == RETRY_SECONDS
        assert take_due(turns, self.entries(job=600), lambda entry: sent.append(entry.name)) == LONGEST_SLEEP
        assert sent == ["job"]

    def test_before_a_time_of_day_is_at_most_a_minute(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        turns, daily = Turns(unit_of_work.write), crontab(hour="9", minute="0", app=make_celery("memory://", tmp_path))
        with time_machine.travel(MORNING, tick=False):
            assert turns.take("digest", daily, lambda: None) is False
            assert turns.seconds_until("digest", daily) == LONGEST_SLEEP
        with time_machine.travel(MORNING + timedelta(minutes=29, seconds=45), tick=False):
            assert turns.seconds_until("digest", daily) == 15
        with time_machine.travel(MORNING + timedelta(minutes=30), tick=False):
            assert turns.seconds_until("digest", daily) == 0


@pytest.mark.postgres
def test_of_many_schedulers_one_takes_each_turn(unit_of_work: UnitOfWork) -> None:
    clock, taken = ManualClock(), []
    schedulers = [Turns(unit_of_work.write, clock) for _each in range(6)]
    for _turn in range(10):
        start, before = threading.Barrier(len(schedulers)), len(taken)

        def race(turns: Turns, start: threading.Barrier = start) -> None:
            start.wait(10)
            turns.take("job", EVERY_MINUTE, lambda: taken.append(1))

        threads = [threading.Thread(target=race, args=(scheduler,)) for scheduler in schedulers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(taken) == before + 1
        for item in schedulers:  # All of them look once while nothing is due.
            assert item.take("job", EVERY_MINUTE, lambda: taken.append(1)) is False
        clock.seconds += 60
