"""Background jobs: one worker has a job, no row is added twice, nobody else sees it (decisions/0016)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from factories.accounts import COUNTY
from factories.databases import UnitOfWork
from factories.jobs import RUNS, checked, exported, imported, upload, work_off, workbook
from factories.pages import Visitor
from factories.residents import id_number, make_resident
from tuoju.accounts.models import AuditEntry, Role, User
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.records import now
from tuoju.database.sealed_files import file_store
from tuoju.documents.sheets import importing
from tuoju.documents.sheets.importing import ADDED_AT_ONCE
from tuoju.holdings.batches import BATCHES
from tuoju.holdings.status import Erasable
from tuoju.jobs import service
from tuoju.jobs.errors import IllegalJobStep, JobLost
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.queries import count_failed, count_stale, rows_of
from tuoju.jobs.status import JobProblem, JobState, RowOutcome
from tuoju.jobs.work import LEASE, MOST_STALLED_RUNS, Claim, run, take_stalled
from tuoju.residents.models import Resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

SIGNS = "甲乙丙丁戊己庚辛壬癸"


class WorkerKilled(BaseException):
    """What ends a worker in the middle of a transaction, as a signal would."""


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


def people(number: int) -> list[dict[str, Any]]:
    """Persons with names and numbers of their own."""
    return [
        {"name": f"测试{SIGNS[n // 10 % 10]}{SIGNS[n % 10]}", "id_number": id_number(), "region_code": "马厂镇黄庵村"}
        for n in range(number)
    ]


def only_job(unit_of_work: UnitOfWork) -> BackgroundJob:
    with unit_of_work.read() as session:
        job = session.exec(select(BackgroundJob)).one()
        session.expunge(job)  # it keeps its values after the session
        return job


def stored(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.read() as session:
        return session.exec(select(func.count()).select_from(Resident)).one()


def confirmed(unit_of_work: UnitOfWork, worker: Visitor, number: int) -> str:
    """The address of an import of so many persons that a worker may add now."""
    content = workbook(unit_of_work, worker, "residents", *people(number))
    address, _page = checked(unit_of_work, worker, "residents", content)
    worker.post(f"{address}/confirm")
    return address


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the calls of `_add_row` at which the worker is killed, before the row's transaction commits."""
    deaths: list[int] = []
    calls, add_row = [0], importing._add_row

    def add(*arguments: Any) -> bool:
        added = add_row(*arguments)
        calls[0] += 1
        if calls[0] in deaths:
            raise WorkerKilled
        return added

    monkeypatch.setattr(importing, "_add_row", add)
    return deaths


def test_an_import_goes_on_after_the_last_row_that_was_committed(
    unit_of_work: UnitOfWork, worker: Visitor, killed_at: list[int]
) -> None:
    address = confirmed(unit_of_work, worker, 3 * ADDED_AT_ONCE)
    killed_at += [ADDED_AT_ONCE + 3, 2 * ADDED_AT_ONCE + 5]
    job = only_job(unit_of_work)
    for death in range(2):
        with pytest.raises(WorkerKilled):
            run(unit_of_work, job.pk, RUNS)
        assert stored(unit_of_work) == only_job(unit_of_work).rows_done == (death + 1) * ADDED_AT_ONCE
        expire_lease(unit_of_work)
    run(unit_of_work, job.pk, RUNS)
    ended = only_job(unit_of_work)
    assert (ended.state, ended.rows_added, ended.rows_refused, ended.rows_done) == (JobState.done, 60, 0, 60)
    assert stored(unit_of_work) == 60
    assert "已完成" in worker.get(address).text


def expire_lease(unit_of_work: UnitOfWork) -> None:
    """As if the worker had been silent for longer than its lease."""
    with unit_of_work.write() as session:
        for job in session.exec(select(BackgroundJob)):
            job.worked_at = now() - LEASE - timedelta(seconds=1)


def test_a_second_worker_does_nothing_before_the_lease_is_over(
    unit_of_work: UnitOfWork, worker: Visitor, killed_at: list[int]
) -> None:
    confirmed(unit_of_work, worker, 3)
    killed_at += [2]
    job = only_job(unit_of_work)
    with pytest.raises(WorkerKilled):
        run(unit_of_work, job.pk, RUNS)
    run(unit_of_work, job.pk, RUNS)
    assert only_job(unit_of_work).runs == job.runs + 1
    with unit_of_work.write() as session:
        assert take_stalled(session, now()) == []
        assert [stalled.row_id for stalled in take_stalled(session, now() + LEASE + timedelta(seconds=9))] == [job.pk]


def test_a_worker_that_comes_back_after_its_lease_keeps_nothing(
    unit_of_work: UnitOfWork, worker: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker is halted within a batch, a second does the job, then the first goes on."""
    confirmed(unit_of_work, worker, 3)
    job, in_steps = only_job(unit_of_work), Claim.in_steps
    halted: list[Claim] = []

    def halt(claim: Any, do: Any, rows: int = 0, **values: Any) -> Any:
        if rows and not halted:
            halted.append(claim)
            expire_lease(unit_of_work)
            run(unit_of_work, job.pk, RUNS)
        return in_steps(claim, do, rows, **values)

    monkeypatch.setattr(Claim, "in_steps", halt)
    run(unit_of_work, job.pk, RUNS)
    assert stored(unit_of_work) == only_job(unit_of_work).rows_added == 3
    with pytest.raises(JobLost):
        in_steps(halted[0], lambda _session: None)


def test_a_job_that_ends_every_worker_is_given_up(
    unit_of_work: UnitOfWork, worker: Visitor, killed_at: list[int]
) -> None:
    address = confirmed(unit_of_work, worker, 2)
    killed_at += list(range(1, 20))
    for _run in range(MOST_STALLED_RUNS - 1):
        with pytest.raises(WorkerKilled):
            run(unit_of_work, only_job(unit_of_work).pk, RUNS)
        expire_lease(unit_of_work)
    while only_job(unit_of_work).state is JobState.running:
        try:
            run(unit_of_work, only_job(unit_of_work).pk, RUNS)
        except WorkerKilled:
            expire_lease(unit_of_work)
    job = only_job(unit_of_work)
    assert (job.state, job.problem, stored(unit_of_work)) == (JobState.failed, JobProblem.broken, 0)
    with unit_of_work.read() as session:
        assert count_failed(session, now()) == 1
    killed_at.clear()
    worker.post(f"{address}/retry")
    work_off(unit_of_work)
    assert (only_job(unit_of_work).state, stored(unit_of_work)) == (JobState.done, 2)


def test_two_clicks_make_one_job(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    content = workbook(unit_of_work, worker, "residents", *people(1))
    assert upload(worker, "residents", content).url == upload(worker, "residents", content).url
    worker.post("/exports/residents")
    worker.post("/exports/residents")
    with unit_of_work.read() as session:
        assert session.exec(select(func.count()).select_from(BackgroundJob)).one() == 2


def test_the_database_refuses_a_second_open_job_of_one_file(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    upload(worker, "residents", workbook(unit_of_work, worker, "residents", *people(1)))
    values = only_job(unit_of_work).model_dump(exclude={"id", "file_key"})
    with pytest.raises(IntegrityError), unit_of_work.write() as session:
        session.add(BackgroundJob(**values))


def test_the_second_click_on_import_is_refused(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    address = confirmed(unit_of_work, worker, 2)
    assert worker.post(f"{address}/confirm").status_code == 409
    work_off(unit_of_work)
    assert worker.post(f"{address}/confirm").status_code == 409
    assert stored(unit_of_work) == 2


def test_a_cancelled_import_keeps_what_was_added_and_nothing_of_the_rest(
    unit_of_work: UnitOfWork, worker: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = confirmed(unit_of_work, worker, 2 * ADDED_AT_ONCE)
    in_steps = Claim.in_steps

    def cancelled(claim: Any, do: Any, rows: int = 0, **values: Any) -> Any:
        result = in_steps(claim, do, rows, **values)
        if rows:
            worker.post(f"{address}/cancel")
        return result

    monkeypatch.setattr(Claim, "in_steps", cancelled)
    work_off(unit_of_work)
    job = only_job(unit_of_work)
    assert (job.state, job.rows_added, stored(unit_of_work)) == (JobState.cancelled, ADDED_AT_ONCE, ADDED_AT_ONCE)
    with unit_of_work.read() as session:
        assert {row.outcome for row in rows_of(session, job)} == {RowOutcome.added}
        assert {row.content for row in rows_of(session, job)} == {""}


def test_the_uploaded_file_is_destroyed_when_the_import_ends(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    upload(worker, "residents", workbook(unit_of_work, worker, "residents", *people(1)))
    key = only_job(unit_of_work).file_key
    assert key is not None
    assert file_store().exists(key)
    work_off(unit_of_work)
    worker.post(f"/jobs/{only_job(unit_of_work).pk}/cancel")
    assert not file_store().exists(key)
    assert only_job(unit_of_work).file_key is None


def test_nobody_else_reaches_a_job(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    address, _page = checked(unit_of_work, worker, "residents", workbook(unit_of_work, worker, "residents", *people(1)))
    others = [Visitor(unit_of_work), Visitor(unit_of_work, Role.administrator, region_code=COUNTY)]
    for other in others:
        assert {other.get(f"{address}{part}").status_code for part in ("", "/progress")} == {404}
        for verb in ("confirm", "cancel", "retry", "file.xlsx", "report.xlsx", "bad-rows.xlsx"):
            assert other.post(f"{address}/{verb}").status_code == 404
        assert address not in other.get("/jobs").text
    assert address in worker.get("/jobs").text
    assert only_job(unit_of_work).state is JobState.checked


@pytest.mark.postgres
def test_postgresql_shows_a_job_to_its_account_only(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    checked(unit_of_work, worker, "residents", workbook(unit_of_work, worker, "residents", *people(1)))
    other = Visitor(unit_of_work)
    for visitor, seen in ((worker, 1), (other, 0)):
        with unit_of_work.read(row_scope_of(visitor.actor)) as session:
            for table in (BackgroundJob, ImportRow):
                assert session.exec(select(func.count()).select_from(table)).one() == seen


class TestExport:
    def test_it_is_downloaded_by_who_asked_until_its_time_is_over(
        self, unit_of_work: UnitOfWork, worker: Visitor
    ) -> None:
        with unit_of_work.write() as session:
            make_resident(session, worker.actor)
        exported(unit_of_work, worker, "residents")
        job = only_job(unit_of_work)
        with unit_of_work.write() as session:
            assert service.expire(session, now() + service.WORKBOOK_KEPT + timedelta(minutes=1)) == 1
        assert not file_store().exists(job.file_key or "")
        assert worker.post(f"/jobs/{job.pk}/file.xlsx").status_code == 410

    def test_a_list_of_many_batches_is_whole(
        self, unit_of_work: UnitOfWork, worker: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from_module = "tuoju.documents.sheets.residents.EXPORT_BATCH"
        monkeypatch.setattr(from_module, 2)
        with unit_of_work.write() as session:
            for _number in range(5):
                make_resident(session, worker.actor)
        exported(unit_of_work, worker, "residents")
        job = only_job(unit_of_work)
        assert (job.rows_done, job.rows_total) == (5, 5)

    def test_an_account_that_was_stopped_gets_none(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        worker.post("/exports/residents")
        with unit_of_work.write() as session:
            session.get_one(User, worker.actor.user_id).is_active = False
        work_off(unit_of_work)
        assert only_job(unit_of_work).problem is JobProblem.not_permitted

    def test_a_reading_in_full_is_charged_once_for_two_clicks(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            make_resident(session, worker.actor)
        for _click in range(2):
            worker.post("/exports/residents/full", {"purpose": "check"})
        work_off(unit_of_work)
        with unit_of_work.read() as session:
            reveals = session.exec(select(func.count()).where(AuditEntry.action == "reveal")).one()
            assert reveals == 1


def test_a_trial_run_that_nobody_confirms_ends(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    checked(unit_of_work, worker, "residents", workbook(unit_of_work, worker, "residents", *people(2)))
    with unit_of_work.write() as session:
        assert service.expire(session, now() + service.CHECK_KEPT + timedelta(minutes=1)) == 1
        assert session.exec(select(ImportRow)).all() == []
    assert only_job(unit_of_work).state is JobState.cancelled


def test_the_retention_rule_erases_the_rows_and_the_name_of_the_file(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    wrong = {**people(1)[0], "region_code": "某某村"}
    imported(unit_of_work, worker, "residents", workbook(unit_of_work, worker, "residents", wrong, *people(1)))
    batch = BATCHES[Erasable.import_report]
    with unit_of_work.write() as session:
        assert batch.find(session, COUNTY, now() - timedelta(days=1)) == []
        [job] = batch.find(session, COUNTY, now() + timedelta(days=1))
        batch.erase_row(session, job)
        session.flush()
        assert session.exec(select(ImportRow)).all() == []
        assert (job.file_name, job.rows_added, job.rows_refused) == ("", 1, 1)
        assert batch.find(session, COUNTY, now() + timedelta(days=1)) == []


def test_the_operator_sees_how_many_are_stuck(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    worker.post("/exports/residents")
    with unit_of_work.read() as session:
        assert count_stale(session, now()) == 0
        assert count_stale(session, now() + timedelta(minutes=10)) == 1


def test_a_step_that_is_not_in_the_table_is_refused(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    worker.post("/exports/residents")
    work_off(unit_of_work)
    with unit_of_work.write() as session, pytest.raises(IllegalJobStep):
        service.cancel(session, worker.actor, session.get_one(BackgroundJob, only_job(unit_of_work).pk))


def told(unit_of_work: UnitOfWork, worker: Visitor) -> list[str]:
    """Where the notifications lead that tell a person of their jobs."""
    query = select(Notification.link).where(
        Notification.kind == NotificationKind.job_ended, Notification.recipient_id == worker.actor.user_id
    )
    with unit_of_work.read() as session:
        return list(session.exec(query))


def test_whoever_waited_for_more_than_a_minute_is_told_when_the_worker_is_done(
    unit_of_work: UnitOfWork, worker: Visitor
) -> None:
    upload(worker, "residents", workbook(unit_of_work, worker, "residents", *people(1)))
    with unit_of_work.write() as session:
        job = session.exec(select(BackgroundJob)).one()
        job.created_at = now() - timedelta(minutes=2)
    work_off(unit_of_work)
    assert told(unit_of_work, worker) == [f"/jobs/{job.pk}"]
    worker.post(f"/jobs/{job.pk}/confirm")
    work_off(unit_of_work)
    assert only_job(unit_of_work).state is JobState.done
    assert len(told(unit_of_work, worker)) == 1, "the rows were added at once, while the person saw the page"
