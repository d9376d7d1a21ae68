"""The operator's page says which parts are in order, and what to do about those that are not."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, delete

from factories import pages
from factories.databases import UnitOfWork
from factories.notifications import post_one, routed_to
from factories.pages import Visitor
from factories.projects import make_project
from tuoju.accounts import audit
from tuoju.accounts.models import Role
from tuoju.cases.attachments import SWEEP_FILES
from tuoju.database.clock_check import DOUBTED, HOLD
from tuoju.database.records import now
from tuoju.database.sealed_files import Sweep
from tuoju.regions.models import CalendarYear
from tuoju_notifications.broker import count_set_aside
from tuoju_notifications.celery_app import CLOCKWORK, QUEUES
from tuoju_notifications.embedded_queue import EmbeddedQueue
from tuoju_notifications.heartbeats import BACKUP, part_of, record_heartbeat
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Heartbeat, Notification, PeriodicTurn
from tuoju_notifications.routing import Destination
from tuoju_notifications.status import NotificationState
from tuoju_projects.models import Project

CITY = "341100000000"


def tones(page: str) -> dict[str, str]:
    """The tone of each part by its name."""
    cards = re.findall(r"<li>\s*<div class=\"head mb-1\">(.*?)</div>", page, re.DOTALL)
    pairs = [
        (re.search(r'class="title"[^>]*>([^<]+)<', card), re.search(r'class="chip (\w+)"', card)) for card in cards
    ]
    return {name[1]: tone[1] for name, tone in pairs if name and tone}


@pytest.fixture
def administrator(unit_of_work: UnitOfWork) -> Visitor:
    visitor = Visitor(unit_of_work, Role.administrator, region_code=CITY)
    visitor.post("/language", {"language": "en"})
    return visitor


@pytest.fixture
def _all_in_order(unit_of_work: UnitOfWork) -> Iterator[None]:
    with unit_of_work.write() as session:
        for part in (*map(part_of, QUEUES), BACKUP):
            record_heartbeat(session, part)
        session.add(PeriodicTurn(job="tests"))
        for year in (now().year, now().year + 1):
            session.merge(CalendarYear(year=year))
        make_project(session)
    return


def age(session: Session, part: str, by: timedelta) -> None:
    session.execute(update(Heartbeat).where(col(Heartbeat.part) == part).values(at=now() - by))


@pytest.mark.usefixtures("_all_in_order")
class TestParts:
    def test_an_installation_in_order(self, administrator: Visitor) -> None:
        page = administrator.get("/operations").text
        assert set(tones(page).values()) == {"calm"}, tones(page)
        assert "Everything is in order." in page
        assert "0.1.0" in page

    def test_a_queue_without_a_worker_and_an_old_backup_come_first(
        self, administrator: Visitor, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            age(session, part_of("notifications.urgent"), timedelta(minutes=5))
            age(session, BACKUP, timedelta(days=3))
        page = administrator.get("/operations").text
        assert list(tones(page).items())[:2] == [("Urgent notifications", "stop"), ("Backup", "stop")]
        assert "2 parts need you." in page
        assert "notifications.urgent" in page

    def test_a_long_plan_is_no_missing_worker(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            age(session, part_of("long_work"), timedelta(minutes=15))
        assert tones(administrator.get("/operations").text)["Plans and learning"] == "calm"

    def test_a_scheduler_that_is_silent(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            session.execute(update(PeriodicTurn).values(taken_at=now() - timedelta(minutes=10)))
        assert tones(administrator.get("/operations").text)["Scheduler"] == "stop"

    def test_a_year_that_is_missing(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.engine.begin() as connection:  # as its owner: the service may not
            connection.execute(delete(CalendarYear))
        page = administrator.get("/operations").text
        assert tones(page)["Working-day calendar"] == "wait"
        assert "/calendar" in page

    def test_places_that_nobody_confirmed(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            session.execute(update(Project).values(places_stated_at=now() - timedelta(days=31)))
        page = administrator.get("/operations").text
        assert tones(page)["Places of projects"] == "wait"
        assert "1 open project has not confirmed" in page

    def test_dead_letters(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with routed_to(Destination(Channel.sms, "13800001234")), unit_of_work.write() as session:
            [notification] = post_one(session)
            session.execute(
                update(Notification)
                .where(col(Notification.id) == notification.pk)
                .values(state=NotificationState.permanent_failure)
            )
        page = administrator.get("/operations").text
        assert tones(page)["Notifications not delivered"] == "wait"
        assert "13800001234" not in page

    def test_a_broker_that_does_not_answer(self, unit_of_work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = replace(pages.SETTINGS, broker_problem=lambda: "amqp://tuoju:Zk3vQ9xT@queue refused")
        monkeypatch.setattr(pages, "SETTINGS", settings)
        visitor = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        visitor.post("/language", {"language": "en"})
        page = visitor.get("/operations").text
        assert tones(page)["Message broker"] == "stop"
        assert "Zk3vQ9xT" not in page

    def test_a_clock_that_was_doubted_within_the_hour(self, administrator: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            record_heartbeat(session, DOUBTED)
        assert tones(administrator.get("/operations").text)["Clock"] == "wait"
        with unit_of_work.write() as session:
            age(session, DOUBTED, HOLD + timedelta(minutes=1))
        assert tones(administrator.get("/operations").text)["Clock"] == "calm"

    @pytest.mark.parametrize(
        ("sweep", "tone", "words"),
        [
            (Sweep(strays=3), "calm", "3 files that belong to no record were moved aside."),
            (Sweep(strays=300, stopped=True), "stop", "300 files belong to no record"),
        ],
    )
    def test_files_that_no_row_names(
        self, administrator: Visitor, unit_of_work: UnitOfWork, sweep: Sweep, tone: str, words: str
    ) -> None:
        with unit_of_work.write() as session:
            files = audit.Subject("Files", "swept")
            audit.record(session, None, SWEEP_FILES, files, scope=audit.ACCOUNTS, **asdict(sweep))
        page = administrator.get("/operations").text
        assert tones(page)["Files"] == tone
        assert words in page

    def test_damaged_messages(self, unit_of_work: UnitOfWork, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with closing(EmbeddedQueue(tmp_path)) as queue:
            queue.put(CLOCKWORK, b"half")
            taken = queue.take(CLOCKWORK)
            assert taken is not None
            queue.set_aside(taken.id, "test")
        counting = partial(count_set_aside, "embedded://", tmp_path)
        monkeypatch.setattr(pages, "SETTINGS", replace(pages.SETTINGS, damaged_messages=counting))
        visitor = Visitor(unit_of_work, Role.administrator, region_code=CITY)
        visitor.post("/language", {"language": "en"})
        assert tones(visitor.get("/operations").text)["Messages of the queue"] == "wait"


def test_only_administrators_of_the_whole_city_see_it(unit_of_work: UnitOfWork) -> None:
    for role in (Role.social_worker, Role.program_manager):
        assert Visitor(unit_of_work, role).get("/operations").status_code in (403, 404)
