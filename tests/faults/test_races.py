"""The same thing done by many at the same moment: one comes through, whoever is refused changes nothing."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, func, select

from factories.accounts import VILLAGE, make_actor
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.fault_table import FaultRow, begin
from factories.jobs import RUNS, checked, workbook
from factories.pages import Visitor
from factories.plans import County, do
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import id_number, make_consent
from tuoju.accounts.models import Role
from tuoju.cases import procedure
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Need
from tuoju.cases.policies import Scheme
from tuoju.database.engine import make_engine
from tuoju.database.jobs import Job
from tuoju.database.records import now
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import JobState
from tuoju.jobs.work import run
from tuoju.plans import service as plans
from tuoju.plans.errors import PlanError
from tuoju.plans.jobs import SEND
from tuoju.plans.models import Plan
from tuoju.referrals import expiry, service
from tuoju.referrals.errors import ReferralError
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import LIVE, ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.errors import ReliefError
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.models import FundEntry, Payment
from tuoju.residents.models import Resident
from tuoju_projects import capacity
from tuoju_projects.errors import NoPlaceLeft
from tuoju_projects.models import Project

pytestmark = pytest.mark.faults
WHOLE = bool(os.environ.get("TUOJU_TEST_FAULTS"))
MANY = 200 if WHOLE else 40
"""How many take part in a race for the last place."""
ROUNDS = 30 if WHOLE else 6
REFUSED = (StaleDataError, IntegrityError, ReferralError, ReliefError, PlanError, NoPlaceLeft)


@pytest.fixture
def wide(database_url: str) -> Iterator[UnitOfWork]:
    """A unit of work with a connection for each that takes part."""
    engine = make_engine(database_url, pool_size=20, max_overflow=60, pool_timeout=120)
    yield UnitOfWork(engine)
    engine.dispose()


def race(unit_of_work: UnitOfWork, verbs: Sequence[Callable[[Session], object]]) -> list[bool]:
    """Which of these come through that begin at the same moment."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[Session], object]) -> bool:
        start.wait(60)
        try:
            with unit_of_work.write() as session:
                verb(session)
        except REFUSED:
            return False
        return True

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def finish(row: FaultRow, unit_of_work: UnitOfWork) -> None:
    row.check(unit_of_work.engine)
    assert row.survived, row


def test_many_accept_for_the_last_place(wide: UnitOfWork) -> None:
    row = begin(f"{MANY} accept at once for the last place")
    with wide.write() as session:
        project = make_project(session, places=1)
        charity = make_actor(session, role=Role.charity_staff, organization_id=project.organization_id)
        ids = []
        for _each in range(MANY):
            scene = make_scene(session)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            referral = service.send(session, scene.worker, scene.need, project)
            service.step(session, charity, referral, ReferralVerb.waitlist)
            ids.append(referral.pk)

    def accept(referral_id: int) -> Callable[[Session], object]:
        return lambda session: service.step(
            session, charity, session.get_one(Referral, referral_id), ReferralVerb.accept
        )

    done = race(wide, [accept(referral_id) for referral_id in ids])
    row.tried, row.answered = MANY, sum(done)
    with wide.read() as session:
        accepted = session.exec(select(Referral.id).where(Referral.state == ReferralState.accepted)).all()
        row.doubled = max(len(accepted) - 1, 0)
        row.lost = len({pk for pk, ok in zip(ids, done, strict=True) if ok} - set(accepted))
        assert capacity.available(session, project.pk) == 0
    assert sum(done) == 1
    finish(row, wide)


def test_accept_against_withdraw_and_expire(wide: UnitOfWork) -> None:
    row = begin("accept, withdraw and expire one referral at once")
    ends: Counter[ReferralState] = Counter()
    for _round in range(ROUNDS):
        with wide.write() as session:
            scene = make_scene(session)
            referral = scene.send(session)
            referral.answer_due_at = now() - timedelta(minutes=1)
            pk = referral.pk

        def take(verb: ReferralVerb, pk: int = pk, scene: object = scene) -> Callable[[Session], object]:
            actor = scene.charity if verb is ReferralVerb.accept else scene.worker  # type: ignore[attr-defined]
            note = "" if verb is ReferralVerb.accept else "改派"
            return lambda session: service.step(session, actor, session.get_one(Referral, pk), verb, note=note)

        def expire(session: Session, pk: int = pk) -> None:
            if expiry.expire(session, pk, now()) is None:
                raise StaleDataError

        verbs = [take(ReferralVerb.accept), take(ReferralVerb.cancel), expire]
        done = race(wide, verbs)
        row.tried, row.answered = row.tried + 1, row.answered + sum(done)
        with wide.read() as session:
            referral = session.get_one(Referral, pk)
            ends[referral.state] += 1
            events = session.exec(select(func.count()).where(ReferralEvent.referral_id == pk)).one()
            # An accepted referral may be withdrawn after; of all else one comes through.
            row.lost += sum(done) != events - 1
            row.doubled += sum(done) > (2 if referral.state is ReferralState.cancelled else 1)
    assert sum(ends.values()) == ROUNDS
    finish(row, wide)


def test_one_need_sent_to_many_projects_at_once(wide: UnitOfWork) -> None:
    row = begin("one need sent to 12 projects at once")
    with wide.write() as session:
        scene = make_scene(session)
        projects = [make_project(session) for _each in range(12)]
        for project in projects:
            make_consent(session, scene.worker, scene.resident, project.organization_id)
        need_id, ids = scene.need.pk, [project.pk for project in projects]

    def send(project_id: int) -> Callable[[Session], object]:
        return lambda session: service.send(
            session, scene.worker, session.get_one(Need, need_id), session.get_one(Project, project_id)
        )

    done = race(wide, [send(project_id) for project_id in ids])
    row.tried, row.answered = len(ids), sum(done)
    with wide.read() as session:
        live = session.exec(select(func.count()).where(Referral.need_id == need_id, col(Referral.state).in_(LIVE)))
        row.doubled = live.one() - 1
    assert sum(done) == 1
    finish(row, wide)


def test_a_payment_confirmed_twice(wide: UnitOfWork) -> None:
    row = begin("one payment confirmed by 8 at once")
    with wide.write() as session:
        worker, chair = make_actor(session), make_actor(session)
        fund = relief.open_fund(session, worker, VILLAGE)
        money = {"source": "government", "amount_yuan": 9000, "occurred_on": china_day(now())}
        relief.receive(session, worker, fund, IncomeInput.model_validate(money))
        account_id = queries.earmarked_accounts_of(session, fund)[0].pk
        case = make_case(session, worker, scheme=Scheme.society_relief)
        visit = {"visited_on": china_day(now()), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.give_opinion(session, worker, case, opinion)
        granted = DecisionInput.model_validate({"approve": True, "granted_yuan": 500})
        procedure.decide(session, chair, case, granted)
        paying = PaymentInput.model_validate({"account_id": account_id, "way": "cash", "amount_yuan": 500})
        payment_id = relief.prepare_payment(session, worker, case, paying).pk

    done = race(
        wide, [lambda session: relief.confirm_payment(session, chair, session.get_one(Payment, payment_id))] * 8
    )
    row.tried, row.answered = 8, sum(done)
    with wide.read() as session:
        row.doubled = session.exec(select(func.count()).select_from(FundEntry)).one() - 2  # income and one payment
    assert sum(done) == 1
    finish(row, wide)


def test_a_plan_approved_and_sent_twice(wide: UnitOfWork) -> None:
    row = begin("one plan approved by 6, then sent by 4 workers at once")
    county = County(wide)
    project = county.project(places=6)
    for _each in range(6):
        county.need(project)
    plan = county.plan()
    done = race(wide, [lambda session: plans.approve(session, county.manager, session.get_one(Plan, plan.pk))] * 6)
    threads = [threading.Thread(target=do, args=(wide, Job(SEND, plan.pk))) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    do(wide, Job(SEND, plan.pk))
    row.tried, row.answered = 10, sum(done)
    with wide.read() as session:
        sent = session.exec(select(Referral.need_id)).all()
        row.doubled, row.lost = len(sent) - len(set(sent)), 6 - len(set(sent))
    assert sum(done) == 1
    finish(row, wide)


def test_the_same_sheet_imported_twice(wide: UnitOfWork) -> None:
    row = begin("one sheet of 20 persons imported by two browsers at once")
    people = [
        {"name": f"李秀英{letter}", "id_number": id_number(), "region_code": "马厂镇黄庵村"}
        | {"relief_category": "农村低保户"}
        for letter in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
    ]
    visitors = [Visitor(wide), Visitor(wide)]
    content = workbook(wide, visitors[0], "residents", *people)
    addresses = [checked(wide, visitor, "residents", content)[0] for visitor in visitors]
    for visitor, address in zip(visitors, addresses, strict=True):
        assert visitor.post(f"{address}/confirm").status_code == 200
    start = threading.Barrier(2)

    def add(address: str) -> None:
        start.wait(60)
        run(wide, int(address.rpartition("/")[2]), RUNS)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, addresses))
    row.tried = 2
    with wide.read() as session:
        stored = session.exec(select(func.count()).select_from(Resident)).one()
        jobs = session.exec(select(BackgroundJob)).all()
        row.answered = sum(job.state is JobState.done for job in jobs)
        added, refused = sum(job.rows_added for job in jobs), sum(job.rows_refused for job in jobs)
    row.doubled, row.lost = max(stored - 20, 0), max(20 - stored, 0)
    assert (row.answered, added, refused) == (2, 20, 20)
    finish(row, wide)
