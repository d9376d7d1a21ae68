"""Statements and CPU time of the verbs that write, beside a bare transaction of the driver in the same run.

`python -m benchmarks.writes --database URL [--json]`: the database is migrated and holds a city; the scene (a worker, a
charity, a resident, needs) is added to it. Each verb runs in a transaction of its own under the scope of its actor, as
in a request. `statements` leaves out the one that begins the transaction. `bare` locks and changes one row and inserts
five, by the driver alone.
"""

import argparse
import json
import platform
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import Session, col, select

from benchmarks.keys import use_invented_keys
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.row_scope import row_scope_of
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.policies import Scheme
from tuoju.cases.queries import get_need
from tuoju.cases.service import add_need, open_case
from tuoju.database.engine import make_engine
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.destinations import find_destinations
from tuoju.referrals.queries import get_referral
from tuoju.referrals.service import send, step
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of
from tuoju.residents.consents import ConsentTerms, give_consent
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import ConsentGiver, ConsentPurpose, IdType
from tuoju.residents.queries import get_resident
from tuoju.residents.service import register
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import record_visit
from tuoju_notifications.routing import use_router
from tuoju_projects import capacity
from tuoju_projects.models import Organization, Project
from tuoju_projects.status import ProjectState

ROUNDS = 20
FIRST_STATEMENTS = ("BEGIN", "SELECT set_config('role'")
_SCRATCH = "benchmark_scratch"


@dataclass
class Figures:
    """What was measured of one verb, one entry a round."""

    statements: list[int] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    verb: str
    statements: int
    cpu_ms: float
    ratio_to_bare: float


@dataclass(frozen=True)
class Scene:
    """Who acts, and on which rows."""

    worker: Actor
    charity: Actor
    resident_id: int
    need_ids: list[int]
    project_id: int


def make_scene(session: Session, needs: int) -> Scene:
    """A worker and a resident of a village, who agreed to be referred to a charity with places."""
    village = session.exec(
        select(Region.code).where(Region.level == RegionLevel.village, col(Region.valid_to).is_(None)).limit(1)
    ).one()
    name = uuid.uuid4().hex[:8]
    today = capacity.china_today()
    county = county_of(session, village)
    organization = Organization(name=f"测量{name}", org_type="52", region_code=county)
    session.add(organization)
    session.flush()
    worker = User(username=f"w{name}", password_hash="", display_name="测量", role=Role.social_worker)
    worker.region_code = village
    charity = User(username=f"c{name}", password_hash="", display_name="测量", role=Role.charity_staff)
    charity.organization_id = organization.id or 0
    project = Project(
        organization_id=charity.organization_id,
        name=f"测量{name}",
        description="上门照料",
        categories=["A01"],
        areas=[county],
        starts_on=today - timedelta(days=9),
        ends_on=today + timedelta(days=99),
        places_total=0,
        state=ProjectState.open,
    )
    session.add_all([worker, charity, project])
    session.flush()
    capacity.publish(session, project, needs, by=None)
    actor = actor_of(worker)
    resident = register(session, actor, ResidentInput(name="测量", region_code=village, id_type=IdType.none))
    give_consent(
        session,
        actor,
        resident,
        purpose=ConsentPurpose.referral,
        organization_id=project.organization_id,
        given_by=ConsentGiver.self,
        method="paper",
        terms=ConsentTerms(data=tuple(ConsentData)),
    )
    case = open_case(session, actor, resident, CaseInput(hardship_cause="1", scheme=Scheme.charity_referral))
    need_ids = [add_need(session, actor, case, NeedInput(category="A01", text="做饭")).pk for _ in range(needs)]
    return Scene(actor, actor_of(charity), resident.pk, need_ids, project.pk)


def verbs(scene: Scene, number: int, sent: list[int]) -> Iterator[tuple[str, Actor, Callable[[Session], Any]]]:
    """The verbs of one round with who does them; `sent` holds the ids of the referrals."""
    charity, worker = scene.charity, scene.worker

    def send_need(session: Session) -> None:
        need = get_need(session, worker, scene.need_ids[number])
        sent.append(send(session, worker, need, session.get_one(Project, scene.project_id)).pk)

    def record(session: Session) -> None:
        key = f"{uuid.uuid4()}"
        inputs = VisitInput(
            submission_key=key, served_on=capacity.china_today(), minutes=1, served=[scene.resident_id], again=True
        )
        record_visit(session, charity, get_referral(session, charity, sent[-1]), inputs)

    def accept(session: Session) -> None:
        step(session, charity, get_referral(session, charity, sent[-1]), ReferralVerb.accept)

    def open_one(session: Session) -> None:
        resident = get_resident(session, worker, scene.resident_id)
        open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.charity_referral))

    yield "send", worker, send_need
    yield "accept", charity, accept
    yield "first visit", charity, record
    yield "visit", charity, record
    yield "open case", worker, open_one


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that run within the block, without those that begin a transaction."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(FIRST_STATEMENTS):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measure(unit_of_work: UnitOfWork, rounds: int) -> dict[str, Figures]:
    """Run all verbs `rounds` times; the first round, which fills caches, is not counted."""
    figures: dict[str, Figures] = {}
    with unit_of_work.write(SYSTEM) as session:
        scene = make_scene(session, rounds + 1)
    sent: list[int] = []
    for number in range(rounds + 1):
        for verb, actor, act in verbs(scene, number, sent):
            with counting(unit_of_work.engine) as statements:
                start = time.process_time()
                with unit_of_work.write(row_scope_of(actor)) as session:
                    act(session)
                taken = (time.process_time() - start) * 1000
            if number:
                of_verb = figures.setdefault(verb, Figures())
                of_verb.statements.append(len(statements))
                of_verb.cpu_ms.append(taken)
    return figures


def bare(engine: Engine, rounds: int) -> float:
    """CPU time in ms (median) of a transaction by the driver that locks and changes one row and inserts five."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {_SCRATCH} (id INTEGER, word VARCHAR(100))")
        connection.exec_driver_sql(f"INSERT INTO {_SCRATCH} VALUES (0, '')")
    on_sqlite = engine.dialect.name == "sqlite"
    lock = "" if on_sqlite else " FOR UPDATE"
    driver = engine.raw_connection()
    cursor = driver.cursor()
    taken = []
    try:
        for number in range(1, rounds + 1):
            start = time.process_time()
            if on_sqlite:  # PostgreSQL's driver begins by itself
                cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(f"SELECT id FROM {_SCRATCH} WHERE id = 0{lock}")
            cursor.fetchall()
            cursor.execute(f"UPDATE {_SCRATCH} SET word = '{number}' WHERE id = 0")
            for row in range(5):
                cursor.execute(f"INSERT INTO {_SCRATCH} VALUES ({number * 10 + row}, 'word')")
            driver.commit()
            taken.append((time.process_time() - start) * 1000)
    finally:
        driver.close()
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {_SCRATCH}")
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    use_invented_keys()
    use_router(find_destinations)
    engine = make_engine(arguments.database)
    base = bare(engine, arguments.rounds * 5)
    figures = measure(UnitOfWork(engine), arguments.rounds)
    engine.dispose()
    rows = [Row("bare", 7, round(base, 2), 1.0)] + [
        Row(
            verb,
            max(of_verb.statements),
            round(statistics.median(of_verb.cpu_ms), 2),
            round(statistics.median(of_verb.cpu_ms) / base, 1),
        )
        for verb, of_verb in figures.items()
    ]
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(f"Python {sys.version.split()[0]}, {platform.machine()}, {engine.dialect.name}; {arguments.rounds} rounds")
    print(f"{'verb':12} {'statements':>10} {'cpu ms':>8} {'to bare':>8}")
    for row in rows:
        print(f"{row.verb:12} {row.statements:10} {row.cpu_ms:8.2f} {row.ratio_to_bare:8.1f}")


if __name__ == "__main__":
    main()
