"""Lists in and out of Excel on the worker, beside the bare reader and the bare writer in the same run.

    python -m benchmarks.sheets --database URL --json

An empty database gets the city of the demo first. CPU is that of the worker's process, without
the child that opens the file; the bare reader opens it itself.
"""

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlmodel import Session, col, func, select

from benchmarks.keys import use_invented_keys
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.documents.sheets.exporting import export_list
from tuoju.documents.sheets.importing import import_list
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs import service
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import JobKind, JobState
from tuoju.jobs.work import run
from tuoju.launch.migrations import migrate
from tuoju.referrals.models import Referral
from tuoju.regions.models import Region, RegionLevel
from tuoju.residents.identity import check_digit
from tuoju.simulation.demo_city import build_demo_city, is_built
from tuoju.visits.models import ServiceVisit
from tuoju_projects.workbooks import read_workbook

RUNS = {JobKind.import_list: import_list, JobKind.export_list: export_list}
SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True)
class Measured:
    """CPU of one way and of the bare library over the same rows, in seconds, and how much the process grew."""

    rows: int
    cpu_s: float
    bare_cpu_s: float
    grew_mb: float

    @property
    def ratio_to_bare(self) -> float:
        return self.cpu_s / self.bare_cpu_s


def cpu_of(do: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    do()
    return time.process_time() - began


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_import(work: UnitOfWork, actor: Actor, village: str, rows: int) -> dict[str, Any]:
    """Trial run and adding of so many residents."""
    with work.read(SYSTEM) as session:
        sheet = LISTS[ListName.residents].sheet(session, actor)
    content = sheet.template(rows=[person(village, number) for number in range(rows)])
    bare = cpu_of(lambda: sheet.read(read_workbook(content)))
    before = peak_mb()
    with work.write(SYSTEM) as session:
        options = {"file_name": "list.xlsx", "language": "zh_CN"}
        job_id = service.start_import(session, actor, "residents", content, **options).pk
    check = cpu_of(lambda: run(work, job_id, RUNS))
    with work.write(SYSTEM) as session:
        service.confirm(session, actor, session.get_one(BackgroundJob, job_id))
    add = cpu_of(lambda: run(work, job_id, RUNS))
    with work.read(SYSTEM) as session:
        job = session.get_one(BackgroundJob, job_id)
        assert (job.state, job.rows_added) == (JobState.done, rows), (job.state, job.problem, job.rows_refused)
    grew = peak_mb() - before
    return {
        "check": shown(Measured(rows, check, bare, grew)),
        "check_and_add": shown(Measured(rows, check + add, bare, grew)),
    }


def person(village: str, number: int) -> Mapping[str, Any]:
    """A resident whose name and number nobody else has."""
    born = date(1930, 1, 1) + timedelta(days=number % 20_000)
    digits = f"341199{born:%Y%m%d}{number // 20_000 * 2 + random.randrange(100, 900):03d}"
    name = "测" + SIGNS[number % 22] + SIGNS[number // 22 % 22] + SIGNS[number // 484 % 22]
    return {"name": name, "id_number": digits + check_digit(digits), "region_code": village, "phone": "13800001234"}


def measure_export(work: UnitOfWork, actor: Actor, rows: int) -> dict[str, Any]:
    """So many visits to a workbook."""
    with work.write(SYSTEM) as session:
        fill_visits(session, rows)
        total = LISTS[ListName.visits].count(session, actor)
        job_id = service.start_export(session, actor, "visits", purpose="", rows=total, language="zh_CN").pk
    before = peak_mb()
    cpu = cpu_of(lambda: run(work, job_id, RUNS))
    grew = peak_mb() - before
    with work.read(SYSTEM) as session:
        job = session.get_one(BackgroundJob, job_id)
        assert job.state is JobState.done, job.problem
    return shown(Measured(total, cpu, cpu_of(lambda: write_bare(total)), grew))


def fill_visits(session: Session, rows: int) -> None:
    """Visits of the referrals that are there, until there are so many."""
    there = session.exec(select(func.count(col(ServiceVisit.id)))).one()
    template = session.exec(select(ServiceVisit)).first()
    assert template is not None, "the database holds no visit"
    values = template.model_dump(exclude={"id", "submission_key", "referral_id", "served_on", "content"})
    numbers = [referral.pk for referral in session.exec(select(Referral))]
    for number in range(there, rows):
        visit = ServiceVisit(
            submission_key=f"benchmark-{number}",
            referral_id=numbers[number % len(numbers)],
            served_on=date(2026, 1, 1) + timedelta(days=number % 300),
            content="按约上门服务",
            **values,
        )
        session.add(visit)
        if number % 2_000 == 0:
            session.flush()
            session.expunge_all()


def write_bare(rows: int) -> None:
    """The same cells with the bare writer in constant memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bare.xlsx")
        with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as book:
            cells = ("341124105205-57-1", "2026-11-02", 60, "上门", "张*国", "助餐：按约上门服务", "")
            sheet, text = book.add_worksheet(), book.add_format({"num_format": "@"})
            for line in range(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, int):
                        sheet.write_number(line, column, cell)
                    elif cell:
                        sheet.write_string(line, column, cell, text)


def shown(measured: Measured) -> dict[str, Any]:
    return {**asdict(measured), "ratio_to_bare": round(measured.ratio_to_bare, 2)}


def actors(session: Session) -> tuple[Actor, Actor, str]:
    """A social worker, whoever may export the most visits, and a village of the first."""
    officer = session.exec(select(User).where(User.role == Role.social_worker, col(User.is_active))).first()
    township = session.exec(select(User).where(User.role == Role.township_officer, col(User.is_active))).first()
    assert officer is not None
    assert officer.region_code is not None
    village = session.exec(
        select(Region.code)
        .where(col(Region.path).startswith(session.get_one(Region, officer.region_code).path))
        .where(Region.level == RegionLevel.village)
    ).first()
    return actor_of(officer), actor_of(township or officer), village or officer.region_code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--residents", type=int, default=5_000)
    parser.add_argument("--visits", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    use_invented_keys()
    engine = make_engine(options.database)
    work = UnitOfWork(engine)
    with tempfile.TemporaryDirectory() as folder:
        use_files(FolderStore(Path(folder)))
        migrate(engine)
        with work.read(SYSTEM) as session:
            has_city = is_built(session)
        if not has_city:
            build_demo_city(work, tell=lambda _words: None)
        with work.read(SYSTEM) as session:
            officer, exporter, village = actors(session)
        figures = {"at": now().isoformat(timespec="seconds"), "import": {}, "export": {}}
        if options.residents:
            figures["import"] = measure_import(work, officer, village, options.residents)
        if options.visits:
            figures["export"] = measure_export(work, exporter, options.visits)
    print(json.dumps(figures, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
