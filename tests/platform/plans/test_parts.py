"""A city's plan: one task for each county, and one join that prices all places (design.md section 6.5)."""

import os
import threading
from datetime import timedelta
from itertools import count, permutations
from pathlib import Path

import pytest
from benchmarks.processes import environment, wait_until, worker
from sqlalchemy import update
from sqlmodel import col, select

from factories.accounts import CITY, make_actor
from factories.databases import UnitOfWork
from factories.plans import County, do, worked
from tuoju.accounts.models import Role
from tuoju.cases.models import Need
from tuoju.database.jobs import Job
from tuoju.database.records import now
from tuoju.launch.bootstrap import starter
from tuoju.plans import queries, service, solving, work
from tuoju.plans.jobs import COMPUTE, COMPUTE_PART
from tuoju.plans.models import Plan, PlanPart
from tuoju.plans.problem import load
from tuoju.plans.queries import LineFilter
from tuoju.plans.status import PlanState
from tuoju_notifications.celery_app import LONG_WORK, make_celery

BROKER = os.environ.get("TUOJU_TEST_BROKER_URL", "embedded://")
ELSEWHERE = "341122103213"


class City(County):
    """Two counties, one project for both and one for each."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        super().__init__(unit_of_work)
        with unit_of_work.write() as session:
            self.manager = make_actor(session, role=Role.program_manager, region_code=CITY)
            self.officer = make_actor(session, role=Role.township_officer, region_code=CITY)
        self.both = self.project(1, areas=[CITY])
        self.here = self.project(1, areas=["341124000000"])
        self.worker = self.officer
        self.needs = [
            self.need_at(village, urgency=urgency)
            for urgency in ("routine", "urgent")
            for village in ("341124105205", ELSEWHERE)
        ]

    def need_at(self, village: str, **values: object) -> Need:
        self.village = village
        return self.need(**values)

    def ask(self) -> int:
        with self.unit_of_work.write() as session:
            return service.make_plan(session, self.manager, CITY).pk

    def where(self, pk: int) -> dict[int, int | None]:
        with self.unit_of_work.write() as session:
            plan = session.get_one(Plan, pk)
            return {line.need_id: line.project_id for line in queries.find_lines(session, plan, LineFilter())}

    def parts(self, pk: int) -> list[int]:
        with self.unit_of_work.read() as session:
            return [part or 0 for part in session.exec(select(PlanPart.id).where(PlanPart.plan_id == pk))]


@pytest.fixture
def city(unit_of_work: UnitOfWork) -> City:
    return City(unit_of_work)


def test_a_shared_place_goes_to_the_county_whose_need_has_no_other_project(city: City) -> None:
    """The urgent need of the first county has a project of its own."""
    pk = city.ask()
    work.compute(worked(city.unit_of_work.engine), pk)
    where = city.where(pk)
    assert city.read(pk).state is PlanState.proposed
    assert where[city.needs[3].pk] == city.both.pk
    assert where[city.needs[2].pk] == city.here.pk
    assert city.parts(pk) == []


def test_the_joined_plan_equals_the_plan_of_the_city_in_one_piece(city: City) -> None:
    pk = city.ask()
    work.compute(worked(city.unit_of_work.engine), pk)
    with city.unit_of_work.read() as session:
        best = solving.solve(load(session, CITY))
    assert {need: to for need, to in city.where(pk).items() if to} == {
        need: ranked.project.id for need, ranked in best.chosen.items()
    }
    assert city.read(pk).quality == pytest.approx(best.quality)


def test_the_order_of_the_workers_does_not_matter(city: City) -> None:
    plans = set()
    for order in list(permutations(range(3)))[:4]:
        pk = city.ask()
        work.compute(city.unit_of_work, pk)
        parts = city.parts(pk)
        for number in [*order, *range(3, len(parts))]:
            work.compute_part(city.unit_of_work, parts[number])
        work.compute(city.unit_of_work, pk)
        plans.add(tuple(sorted(city.where(pk).items(), key=lambda pair: pair[0])))
    assert len(plans) == 1


def test_after_a_killed_worker_only_its_county_is_solved_again(city: City) -> None:
    pk = city.ask()
    work.compute(city.unit_of_work, pk)
    first, *others = city.parts(pk)
    for part in others:
        work.compute_part(city.unit_of_work, part)
    assert city.read(pk).state is PlanState.computing
    later = now() + work.LEASE + timedelta(seconds=1)
    with city.unit_of_work.read() as session:
        assert work.find_stalled_jobs(session, later) == [Job(COMPUTE, pk)]
    asked: list[Job] = []
    with city.unit_of_work.write() as session:
        session.get_one(Plan, pk).worked_at = None
    work.compute(UnitOfWork(city.unit_of_work.engine, start=asked.extend), pk)
    assert asked == [Job(COMPUTE_PART, first)]
    do(worked(city.unit_of_work.engine), asked[0])
    assert city.read(pk).state is PlanState.proposed


@pytest.mark.postgres
def test_another_process_solves_the_county_of_a_killed_process(city: City, database_url: str, tmp_path: Path) -> None:
    """The worker is killed with -9 while a lock stops it; the next worker takes the county when the lease is over."""
    celery = make_celery(BROKER, tmp_path / "queue")
    celery.control.purge()
    env = environment(tmp_path, database=database_url, broker=BROKER, mail_port=1, web="http://127.0.0.1:1")
    pk = city.ask()
    work.compute(UnitOfWork(city.unit_of_work.engine, start=starter(celery)), pk)

    def taken_on() -> bool:
        with city.unit_of_work.read() as session:
            query = select(PlanPart.id).where(col(PlanPart.worked_at).is_not(None), col(PlanPart.result).is_(None))
            return session.exec(query).first() is not None

    with city.unit_of_work.write() as holding:
        holding.exec(select(Plan.id).where(Plan.id == pk).with_for_update()).one()
        killed = worker(env)
        try:
            wait_until(taken_on, 120, "a county taken on")
        finally:
            killed.kill()
    running, looks = worker(env), count()

    def proposed() -> bool:
        """Ends all leases now and then, because a broker may keep the task of a killed worker for long."""
        if next(looks) % 20 == 0:
            with city.unit_of_work.write() as session:
                for row in (Plan, PlanPart):
                    session.execute(update(row).values(worked_at=now() - work.LEASE - timedelta(seconds=1)))
            celery.send_task("tuoju.sweep_plans", queue=LONG_WORK)
        return city.read(pk).state is PlanState.proposed

    try:
        wait_until(proposed, 120, "the plan proposed")
    finally:
        running.stop()
    again = city.ask()
    work.compute(worked(city.unit_of_work.engine), again)
    assert city.where(pk) == city.where(again)


@pytest.mark.postgres
def test_four_concurrent_workers_make_the_same_plan(city: City) -> None:
    pk = city.ask()
    work.compute(city.unit_of_work, pk)
    unit_of_work = worked(city.unit_of_work.engine)
    workers = [threading.Thread(target=work.compute_part, args=(unit_of_work, part)) for part in city.parts(pk) * 2]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert city.read(pk).state is PlanState.proposed
    assert city.where(pk)[city.needs[3].pk] == city.both.pk
