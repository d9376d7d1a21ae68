"""A second real city, from an empty folder to a served need, and its pages."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import Session, select
from typer.testing import CliRunner

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import resident_input
from factories.second_city import CITY, DINGHAI, JINTANG, JINTANG_VILLAGES, write_second_city
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.errors import NoPolicy
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, NeedInput, OpinionInput
from tuoju.cases.models import Case, Need, NeedState
from tuoju.cases.policies import Policy, Scheme
from tuoju.cases.procedure import decide, give_opinion, record_investigation
from tuoju.cases.service import add_need, open_case
from tuoju.cities.folder import read_folder
from tuoju.cities.loading import load_city
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.records import frozen_time
from tuoju.launch.commands.policies import app as policies_app
from tuoju.launch.migrations import migrate
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import propose
from tuoju.referrals.service import send, step
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import CHINA
from tuoju.regions.models import RegionOutline
from tuoju.residents.consents import give_consent
from tuoju.residents.models import ConsentGiver, ConsentPurpose, Resident
from tuoju.residents.service import register
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju_projects.models import Project

VILLAGE = JINTANG_VILLAGES[0]
START = datetime(2026, 9, 14, 10, tzinfo=CHINA)


@pytest.fixture
def city(databases: object, tmp_path: Path) -> Iterator[UnitOfWork]:
    """An empty database with nothing but the second city."""
    engine = make_engine(databases.empty())  # type: ignore[attr-defined]
    migrate(engine)
    unit_of_work = UnitOfWork(engine)
    folder = read_folder(write_second_city(tmp_path / "zhoushan"))
    with unit_of_work.write() as session:
        load_city(session, folder, began_on=START.date())
    yield unit_of_work
    engine.dispose()


def helped(session: Session, worker: Actor, chair: Actor) -> Case:
    """The main job: a case decided, its need referred, accepted, visited and met."""
    resident = register(session, worker, resident_input(region_code=VILLAGE))
    case = open_case(session, worker, resident, CaseInput(hardship_cause="1"))
    visit = {"visited_on": START.date(), "difficulties": "独居，做饭困难", "conclusion": "services"}
    record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
    give_opinion(session, worker, case, OpinionInput.model_validate({"opinion": "services_only", "note": "情况属实"}))
    decide(session, chair, case, DecisionInput.model_validate({"approve": True, "granted_yuan": 0}))
    need = add_need(session, worker, case, NeedInput.model_validate({"category": "A01", "text": "早饭没人做"}))
    [ranked] = propose(session, need, limit=3).ranked
    referral = refer(session, worker, need, ranked.project.id)
    charity = make_actor(session, role=Role.charity_staff, organization_id=referral.organization_id)
    step(session, charity, referral, ReferralVerb.accept)
    served = {
        "submission_key": "visit-0001",
        "served_on": START.date(),
        "minutes": 60,
        "mode": "home",
        "content": "做饭",
    }
    record_visit(session, charity, referral, VisitInput.model_validate(served | {"served": [resident.pk]}))
    complete(session, charity, referral, outcome=Outcome.met)
    return case


def refer(session: Session, worker: Actor, need: Need, project_id: int) -> Referral:
    from_case = session.get_one(Case, need.case_id)
    project = session.get_one(Project, project_id)
    give_consent(
        session,
        worker,
        session.get_one(Resident, from_case.resident_id),
        purpose=ConsentPurpose.referral,
        organization_id=project.organization_id,
        given_by=ConsentGiver.self,
        method="paper",
    )
    return send(session, worker, need, project)


def test_a_need_is_served_and_counted(city: UnitOfWork) -> None:
    with city.write() as session, frozen_time(START):
        worker = make_actor(session, region_code=VILLAGE)
        chair = make_actor(session, role=Role.society_chair, region_code=VILLAGE)
        case = helped(session, worker, chair)
        assert case.number.startswith(f"{VILLAGE}-2026-")
        assert session.exec(select(Need.state)).one() is NeedState.met
        assert case.due_at is not None
    manager = Visitor(city, Role.program_manager, region_code=CITY)
    figures = manager.get("/figures").text
    assert "定海区" in figures
    assert "<svg" in figures
    for page in ("/", "/policies", "/calendar", f"/figures/relief?region={DINGHAI}"):
        answer = manager.get(page)
        assert answer.status_code == 200, page
        assert "滁州" not in answer.text
    officer = Visitor(city, Role.township_officer, region_code=JINTANG)
    assert "金塘镇" in officer.get("/residents").text


def test_without_a_map_the_counties_are_listed(city: UnitOfWork) -> None:
    with city.write() as session, frozen_time(START):
        worker = make_actor(session, region_code=VILLAGE)
        resident = register(session, worker, resident_input(region_code=VILLAGE))
        case = open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.society_relief))
        add_need(session, worker, case, NeedInput.model_validate({"category": "A01", "text": "早饭没人做"}))
    with Session(city.engine.execution_options(**WRITES)) as session:  # as the owner: the service deletes no outline
        session.execute(delete(RegionOutline))
        session.commit()
    text = Visitor(city, Role.program_manager, region_code=CITY).get("/figures").text
    assert "Needs waiting, by county" in text or "定海区" in text


class TestFirstPolicy:
    """A policy can be made where none exists."""

    def test_it_is_made_on_the_page(self, city: UnitOfWork) -> None:
        admin = Visitor(city, Role.administrator, region_code=CITY)
        listed = admin.get("/policies").text
        assert "/policies/new?scheme=small_urgent" in listed
        assert "/policies/new?scheme=society_relief" not in listed
        form = admin.get("/policies/new?scheme=small_urgent")
        assert form.status_code == 200
        typed = fields_of(form.text) | {
            "scheme": "small_urgent",
            "region_code": CITY,
            "title": "小额快救",
            "citation": "社会救助法第50条",
            "source": "全国人大常委会 2026-04-30",
            "payment_cap_fen": "500",
        }
        assert admin.post("/policies/new", typed | {"opinion_within": "many"}).status_code == 422
        assert admin.post("/policies/new", typed).status_code == 200
        with city.read() as session:
            policy = session.exec(select(Policy).where(Policy.scheme == Scheme.small_urgent)).one()
            assert (policy.region_code, policy.payment_cap_fen, policy.notice_days) == (CITY, 50_000, 7)
        assert "/policies/new?scheme=small_urgent" not in admin.get("/policies").text

    def test_one_on_records_is_made_on_the_page(self, city: UnitOfWork) -> None:
        admin = Visitor(city, Role.administrator, region_code=CITY)
        assert "/policies/data/new?kind=case_file" in admin.get("/policies/data").text
        assert admin.get("/policies/data/new?kind=case_file").status_code == 200
        typed = {
            "kind": "case_file",
            "region_code": CITY,
            "valid_from": "2026-01-01",
            "months": "120",
            "citation": "档案法",
            "source": "测试",
        }
        assert admin.post("/policies/data/new", typed | {"months": ""}).status_code == 422
        assert admin.post("/policies/data/new", typed).status_code == 200
        assert "/policies/data/new?kind=case_file" not in admin.get("/policies/data").text

    def test_others_may_not(self, city: UnitOfWork) -> None:
        manager = Visitor(city, Role.social_worker, region_code=VILLAGE)
        assert manager.get("/policies/new?scheme=small_urgent").status_code == 403
        assert "/policies/new" not in manager.get("/policies").text

    def test_it_is_made_by_command(self, city: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        url = city.engine.url.render_as_string(hide_password=False)
        monkeypatch.setenv("TUOJU_ENVIRONMENT", "demo")
        monkeypatch.setenv("TUOJU_DATABASE_URL", url)
        monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path / "var"))
        file = tmp_path / "rules.csv"
        heading = "scheme,region_code,valid_from,title,citation,source,answer_within\n"
        file.write_text(f"{heading}small_urgent,,2026-01-01,小额快救,第50条,测试,4\n", encoding="utf-8")
        result = CliRunner().invoke(policies_app, ["load", str(file)])
        assert result.exit_code == 0, result.output
        wrong = tmp_path / "wrong.csv"
        wrong.write_text(f"{heading}small_urgent,110000000000,2026-01-01,小额快救,第50条,测试,0\n", encoding="utf-8")
        result = CliRunner().invoke(policies_app, ["load", str(wrong)])
        assert result.exit_code == 1
        assert "wrong.csv:2 answer_within" in result.output
        with city.write() as session, frozen_time(START):
            worker = make_actor(session, region_code=VILLAGE)
            resident = register(session, worker, resident_input(region_code=VILLAGE))
            with pytest.raises(NoPolicy):
                open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.temporary_relief))
            case = open_case(session, worker, resident, CaseInput(hardship_cause="1", scheme=Scheme.small_urgent))
            assert session.get_one(Policy, case.policy_id).answer_within == 4


def fields_of(page: str) -> dict[str, str]:
    """What the inputs and choices of a form begin with."""
    inputs = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, flags=re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', body)
        inputs[name] = chosen[1] if chosen else ""
    return inputs
