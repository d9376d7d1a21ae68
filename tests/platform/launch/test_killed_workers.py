"""A worker that is killed in the middle of an import or a plan: the worker of another host ends it, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from benchmarks.processes import environment, wait_until, worker
from celery import Celery
from sqlalchemy import text
from sqlmodel import col, func, select

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.plans import County
from factories.residents import id_number
from factories.servers import Redis
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of, get_user
from tuoju.database.jobs import Job
from tuoju.database.records import now
from tuoju.database.sealed_files import file_store
from tuoju.documents.sheets.importing import ADDED_AT_ONCE
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs import service
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.service import RUN
from tuoju.jobs.status import JobState
from tuoju.jobs.work import LEASE
from tuoju.plans import work as plan_work
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.service import COMPUTE, make_plan
from tuoju.plans.status import PlanState
from tuoju.residents.models import Resident
from tuoju_notifications.celery_app import LONG_WORK, make_celery

ROWS = 6 * ADDED_AT_ONCE
SIGNS = "甲乙丙丁戊己庚辛壬癸"


class Host:
    """One host: its data folder, and the worker that runs there."""

    def __init__(self, folder: Path, database_url: str, broker: str, queue: Path) -> None:
        self.env = environment(folder, database=database_url, broker=broker, mail_port=1, web="http://127.0.0.1:1")
        self.env |= {"TUOJU_FILES": str(file_store().folder)}  # type: ignore[attr-defined]
        self.queue: Celery = make_celery(broker, queue)

    def send(self, job: Job) -> None:
        self.queue.send_task(job.task, args=[job.row_id], queue=LONG_WORK)

    @contextmanager
    def working(self, name: str) -> Iterator[Any]:
        process = worker(self.env, name=name)
        try:
            yield process
        finally:
            process.kill()


def people(number: int) -> list[dict[str, Any]]:
    names = (f"测试{SIGNS[n // 100]}{SIGNS[n // 10 % 10]}{SIGNS[n % 10]}" for n in range(number))
    return [{"name": name, "id_number": id_number(), "region_code": "马厂镇黄庵村"} for name in names]


def start_import(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session:
        actor: Actor = make_actor(session)
        content = LISTS[ListName.residents].sheet(session, actor).template(rows=people(ROWS))
        return service.start_import(session, actor, "residents", content, file_name="list.xlsx", language="zh_CN").pk


def job_of(unit_of_work: UnitOfWork, job_id: int) -> BackgroundJob:
    with unit_of_work.read() as session:
        job = session.get_one(BackgroundJob, job_id)
        session.expunge(job)
        return job


def wait_for(unit_of_work: UnitOfWork, job_id: int, state: JobState) -> None:
    wait_until(lambda: job_of(unit_of_work, job_id).state is state, 120, f"the job {state}")


def confirm(unit_of_work: UnitOfWork, job_id: int) -> None:
    with unit_of_work.write() as session:
        job = session.get_one(BackgroundJob, job_id)
        service.confirm(session, actor_of(get_user(session, job.user_id)), job)


def silence(unit_of_work: UnitOfWork, table: type[BackgroundJob] | type[Plan]) -> None:
    """As if the killed worker had been silent for longer than its lease."""
    with unit_of_work.write() as session:
        for row in session.exec(select(table)):
            row.worked_at = now() - LEASE - timedelta(seconds=1)


def require_each_row_once(unit_of_work: UnitOfWork, job_id: int) -> None:
    job = job_of(unit_of_work, job_id)
    assert (job.rows_added, job.rows_refused, job.rows_done) == (ROWS, 0, ROWS)
    with unit_of_work.read() as session:
        assert session.exec(select(func.count()).select_from(Resident)).one() == ROWS


def test_an_import_survives_its_worker_on_the_embedded_queue(
    unit_of_work: UnitOfWork, database_url: str, tmp_path: Path
) -> None:
    host = Host(tmp_path / "one", database_url, "embedded://", tmp_path / "one" / "queue")
    job_id = start_import(unit_of_work)
    host.send(Job(RUN, job_id))
    with host.working("first") as process:
        wait_for(unit_of_work, job_id, JobState.checked)
        confirm(unit_of_work, job_id)
        host.send(Job(RUN, job_id))
        wait_until(lambda: job_of(unit_of_work, job_id).rows_added > 0, 120, "the first rows added")
        process.kill()
    assert job_of(unit_of_work, job_id).state is JobState.running
    silence(unit_of_work, BackgroundJob)
    with host.working("second"):
        host.send(Job(RUN, job_id))
        wait_for(unit_of_work, job_id, JobState.done)
    require_each_row_once(unit_of_work, job_id)


@pytest.fixture
def hosts(database_url: str, tmp_path: Path) -> Iterator[list[Host]]:
    """Two hosts over one database and one broker."""
    redis = Redis(tmp_path)
    address = f"redis://127.0.0.1:{redis.port}/0"
    yield [Host(tmp_path / name, database_url, address, tmp_path / name / "queue") for name in ("one", "two")]
    redis.kill()


@pytest.mark.postgres
def test_an_import_is_ended_by_the_worker_of_the_other_host(unit_of_work: UnitOfWork, hosts: list[Host]) -> None:
    """The first worker is killed while it waits in its second batch for a row that somebody holds."""
    job_id = start_import(unit_of_work)
    hosts[0].send(Job(RUN, job_id))
    with hosts[0].working("first") as process:
        wait_for(unit_of_work, job_id, JobState.checked)
        with unit_of_work.write() as session:
            numbers = session.exec(select(ImportRow.row).order_by(col(ImportRow.row))).all()
            held = select(ImportRow.id).where(ImportRow.row == numbers[ADDED_AT_ONCE + 3]).with_for_update()
            assert session.exec(held).one()
            confirm(unit_of_work, job_id)
            hosts[0].send(Job(RUN, job_id))
            wait_until(lambda: job_of(unit_of_work, job_id).rows_done == ADDED_AT_ONCE, 120, "the first batch")
            process.kill()
    assert job_of(unit_of_work, job_id).state is JobState.running
    silence(unit_of_work, BackgroundJob)
    with hosts[1].working("second"):
        hosts[1].send(Job(RUN, job_id))
        wait_for(unit_of_work, job_id, JobState.done)
    require_each_row_once(unit_of_work, job_id)
    assert job_of(unit_of_work, job_id).runs == 3


@pytest.mark.postgres
def test_a_plan_is_ended_by_the_worker_of_the_other_host(unit_of_work: UnitOfWork, hosts: list[Host]) -> None:
    """The first worker has computed the plan and is killed before it can write the lines."""
    county = County(unit_of_work)
    project = county.project(places=3)
    needs = [county.need(project).pk for _number in range(3)]
    with unit_of_work.write() as session:
        plan_id = make_plan(session, county.manager, county.manager.region_code or "").pk

    def plan() -> Plan:
        with unit_of_work.read() as session:
            row = session.get_one(Plan, plan_id)
            session.expunge(row)
            return row

    with hosts[0].working("first") as process, unit_of_work.engine.connect() as holder:
        holder.execute(text("LOCK TABLE plan_line IN ACCESS EXCLUSIVE MODE"))
        hosts[0].send(Job(COMPUTE, plan_id))
        wait_until(lambda: plan().progress >= 92, 180, "the plan computed")
        process.kill()
        holder.rollback()
    assert plan().state is PlanState.computing
    silence(unit_of_work, Plan)
    with unit_of_work.read() as session:
        assert plan_work.find_stalled_jobs(session, now()) == [Job(COMPUTE, plan_id)]
    with hosts[1].working("second"):
        hosts[1].send(Job(COMPUTE, plan_id))
        wait_until(lambda: plan().state is PlanState.proposed, 180, "the plan proposed")
    with unit_of_work.read() as session:
        lines = session.exec(select(PlanLine.need_id).where(PlanLine.plan_id == plan_id)).all()
    assert sorted(lines) == sorted(needs)
