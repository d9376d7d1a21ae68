"""Plans for tests: a county with needs and places, and a worker that runs at once."""

from collections.abc import Sequence

from sqlalchemy import Engine

from factories.accounts import COUNTY, VILLAGE, make_actor
from factories.cases import make_case, make_need
from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.residents import make_consent, make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Need
from tuoju.database.jobs import Job
from tuoju.plans import service, work
from tuoju.plans.jobs import COMPUTE, COMPUTE_PART, SEND
from tuoju.plans.models import Plan
from tuoju_projects.models import Project


def worked(engine: Engine) -> UnitOfWork:
    """A unit of work that does its jobs before it returns, as a worker would."""

    def start(jobs: Sequence[Job]) -> None:
        for job in jobs:
            do(UnitOfWork(engine, start=start), job)

    return UnitOfWork(engine, start=start)


def do(unit_of_work: UnitOfWork, job: Job) -> None:
    """Do a job as a worker does."""
    tasks = {COMPUTE: work.compute, COMPUTE_PART: work.compute_part, SEND: work.send}
    tasks[job.task](unit_of_work, job.row_id)


class County:
    """A county with a manager, a social worker, projects and needs. Each step is committed."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self.unit_of_work, self.village = unit_of_work, VILLAGE
        with unit_of_work.write() as session:
            self.worker = make_actor(session)
            self.manager = make_actor(session, role=Role.program_manager, region_code=COUNTY)

    def project(self, places: int, **values: object) -> Project:
        with self.unit_of_work.write() as session:
            return make_project(session, places=places, **values)  # type: ignore[arg-type]

    def need(self, *consented: Project, **values: object) -> Need:
        """An open need of a new resident who has agreed that the organizations of these projects be told."""
        with self.unit_of_work.write() as session:
            resident = make_resident(session, self.worker, region_code=self.village)
            need = make_need(session, self.worker, make_case(session, self.worker, resident), **values)
            for project in consented:
                make_consent(session, self.worker, resident, project.organization_id)
            return need

    def plan(self, region_code: str = COUNTY, **options: object) -> Plan:
        """A computed plan."""
        with self.unit_of_work.write() as session:
            pk = service.make_plan(session, self.manager, region_code, **options).pk  # type: ignore[arg-type]
        work.compute(self.unit_of_work, pk)
        return self.read(pk)

    def approve(self, plan: Plan, actor: Actor | None = None) -> None:
        """Approve a plan; nothing is sent yet."""
        with self.unit_of_work.write() as session:
            service.approve(session, actor or self.manager, session.get_one(Plan, plan.pk))

    def read(self, pk: int) -> Plan:
        with self.unit_of_work.write() as session:
            return session.get_one(Plan, pk)
