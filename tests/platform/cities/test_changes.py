"""Divisions that change on a day: what lies in them goes along, what was written stays, and scopes follow."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, col, func, select
from typer.testing import CliRunner

from factories.accounts import CITY, COUNTY, TOWNSHIP, VILLAGE, make_actor, make_user
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_project
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.accounts.models import AuditEntry, Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of, get_user, villages_of
from tuoju.accounts.row_scope import row_scope_of
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case
from tuoju.cases.policies import Policy, Scheme, policy_for
from tuoju.cases.procedure import decide, give_opinion, record_investigation
from tuoju.cities.carrying import CARRIED_OTHERWISE, KEPT, MOVED
from tuoju.cities.changes import ChangeReport, apply_changes, read_changes
from tuoju.cities.problems import CityFolderError
from tuoju.database.engine import make_engine
from tuoju.database.records import frozen_time
from tuoju.launch.commands.city import app
from tuoju.matchmaking.profiles import need_profile
from tuoju.regions.calendar import CHINA
from tuoju.regions.models import Region, RegionChange
from tuoju.regions.queries import (
    codes_within_on,
    county_of,
    current_code,
    find_children,
    full_name,
    get_region,
    townships_of,
    within,
)
from tuoju.relief.inputs import IncomeInput, NoticeInput, PaymentInput
from tuoju.relief.models import EarmarkedAccount, Fund, Posting, Society
from tuoju.relief.notices import on_board, post_notice
from tuoju.relief.queries import earmarked_accounts_of, find_fund
from tuoju.relief.service import confirm_payment, open_fund, prepare_payment, receive
from tuoju.reports import summaries
from tuoju.residents.errors import ResidentNotFound
from tuoju.residents.models import Resident
from tuoju.residents.queries import find_residents, get_resident
from tuoju_projects.models import Project

NANQIAO = "341103000000"
"""The county that the township comes to; VILLAGE and TOWNSHIP lie in COUNTY."""
NEW_TOWNSHIP, NEW_VILLAGE = "341103905000", "341103905205"
NEIGHBOUR = "341124105206"
"""Another village of TOWNSHIP."""
TODAY = date(2026, 11, 16)
ON = "2026-11-16"
NOON = datetime(2026, 11, 16, 12, tzinfo=CHINA)
EARLIER = datetime(2026, 10, 12, 10, tzinfo=CHINA)

MOVE = f"move,{TOWNSHIP},,,{NANQIAO},"
RECODE = f"move,{TOWNSHIP},{NEW_TOWNSHIP},,{NANQIAO},"
MERGE = f"merge,{VILLAGE},{NEIGHBOUR},,,"
HEADING = "change,code,new_code,new_name,new_parent,level,on,source"


def changes(folder: Path, *lines: str, on: str = ON) -> Path:
    path = folder / "changes.csv"
    path.write_text("\n".join([HEADING, *(f"{line},{on},皖政秘〔2026〕1号" for line in lines)]), encoding="utf-8")
    return path


def change(session: Session, folder: Path, *lines: str) -> list[ChangeReport]:
    administrator = make_actor(session, role=Role.administrator)
    path = changes(folder, *lines)
    with frozen_time(NOON):
        return apply_changes(session, administrator, path.name, read_changes(path, TODAY))


def refused(session: Session, folder: Path, *lines: str, on: str = ON) -> list[tuple[int, str, str]]:
    path, actor = changes(folder, *lines, on=on), make_actor(session, role=Role.administrator)
    with pytest.raises(CityFolderError) as caught:
        apply_changes(session, actor, path.name, read_changes(path, TODAY))
    return [(problem.line, problem.column, problem.kind) for problem in caught.value.problems]


def fund_with(session: Session, officer: Actor, village: str, yuan: int) -> Fund:
    fund = open_fund(session, officer, village)
    money = {"source": "donation", "amount_yuan": yuan, "occurred_on": date(2026, 9, 1)}
    receive(session, officer, fund, IncomeInput.model_validate(money))
    return fund


def approved(session: Session, officer: Actor, chair: Actor, yuan: int = 500) -> Case:
    """A case of the society that waits for its payment."""
    case = make_case(session, officer, make_resident(session, officer), scheme=Scheme.society_relief)
    visit = {"visited_on": EARLIER.date(), "difficulties": "房屋漏雨", "conclusion": "money"}
    record_investigation(session, officer, case, InvestigationInput.model_validate(visit))
    opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
    give_opinion(session, officer, case, opinion)
    decision = DecisionInput.model_validate({"approve": True, "granted_yuan": yuan})
    return decide(session, chair, case, decision)


def payment_of(fund: Fund, session: Session, yuan: int = 500) -> PaymentInput:
    account = earmarked_accounts_of(session, fund)[0]
    return PaymentInput.model_validate({"account_id": account.pk, "way": "cash", "amount_yuan": yuan})


def balance(session: Session, village: str) -> int:
    fund = find_fund(session, village)
    assert fund is not None
    return sum(account.balance_fen for account in earmarked_accounts_of(session, fund))


class TestMovingATownship:
    """By RECODE with new codes, by MOVE under the old ones."""

    @pytest.mark.parametrize("line", [MOVE, RECODE], ids=["same codes", "new codes"])
    def test_its_villages_go_along(self, session: Session, tmp_path: Path, line: str) -> None:
        villages = len(find_children(session, TOWNSHIP))
        [report] = change(session, tmp_path, line)
        assert report.before.endswith("全椒县马厂镇")
        assert report.after.endswith("南谯区马厂镇")
        township = current_code(session, TOWNSHIP)
        assert len(find_children(session, township)) == villages
        assert county_of(session, VILLAGE) == county_of(session, township) == NANQIAO
        assert VILLAGE in set(session.exec(within(session, NANQIAO)))
        assert VILLAGE not in set(session.exec(within(session, COUNTY)))
        assert townships_of(session, [VILLAGE]) == {VILLAGE: township}

    def test_an_old_code_resolves(self, session: Session, tmp_path: Path) -> None:
        name = full_name(session, VILLAGE)
        change(session, tmp_path, RECODE)
        assert current_code(session, VILLAGE) == NEW_VILLAGE
        assert full_name(session, VILLAGE) == full_name(session, NEW_VILLAGE) == name
        region = get_region(session, VILLAGE)
        assert (region.valid_to, region.parent_code) == (date(2026, 11, 15), NEW_VILLAGE)
        assert get_region(session, NEW_VILLAGE).valid_from == TODAY

    @pytest.mark.parametrize("line", [MOVE, RECODE], ids=["same codes", "new codes"])
    def test_officers_follow(self, session: Session, tmp_path: Path, line: str) -> None:
        worker = make_actor(session)
        resident = make_resident(session, worker)
        case = make_case(session, worker, resident)
        old = make_actor(session, role=Role.township_officer, region_code=COUNTY)
        new = make_actor(session, role=Role.township_officer, region_code=NANQIAO)
        assert get_resident(session, old, resident.pk) is resident
        with pytest.raises(ResidentNotFound):
            get_resident(session, new, resident.pk)
        [report] = change(session, tmp_path, line)
        assert (report.lose_sight >= 1, report.gain_sight >= 1) == (True, True)
        with pytest.raises(ResidentNotFound):
            get_resident(session, old, resident.pk)
        assert get_resident(session, new, resident.pk).pk == resident.pk
        follows = actor_of(get_user(session, worker.user_id))
        assert get_resident(session, follows, resident.pk).pk == resident.pk
        assert [file.pk for file in find_residents(session, follows)] == [resident.pk]
        assert case.region_code in set(session.exec(within(session, follows.region_code or "")))

    def test_people_move_and_records_stay(self, session: Session, tmp_path: Path) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        number = scene.case.number
        [report] = change(session, tmp_path, RECODE)
        session.refresh(scene.resident)
        assert scene.resident.region_code == NEW_VILLAGE
        assert (scene.case.region_code, scene.case.number, referral.region_code) == (VILLAGE, number, VILLAGE)
        assert (report.carried["residents"], report.carried["households"]) == (1, 1)
        assert [report.along[name] for name in ("residents", "open_cases", "live_referrals")] == [1, 1, 1]
        follows = actor_of(get_user(session, scene.worker.user_id))
        later = make_case(session, follows, scene.resident, scheme=Scheme.society_relief)
        assert later.number.startswith(NEW_VILLAGE)
        assert need_profile(session, scene.need).region_path[:2] == (CITY, NANQIAO)

    def test_projects_serve_it_on(self, session: Session, tmp_path: Path) -> None:
        project = make_project(session, areas=[TOWNSHIP, COUNTY])
        change(session, tmp_path, RECODE)
        assert session.get_one(Project, project.pk).areas == [NEW_TOWNSHIP, COUNTY]

    def test_policies_of_the_new_county_apply(self, session: Session, tmp_path: Path) -> None:
        own = policy_for(session, Scheme.society_relief, VILLAGE, TODAY)
        values = own.model_dump(exclude={"id"}) | {"title": "南谯区规定", "payment_cap_fen": 77_700}
        session.add(Policy(**(values | {"region_code": NANQIAO})))
        session.flush()
        case = make_case(session, make_actor(session), scheme=Scheme.society_relief)
        change(session, tmp_path, RECODE)
        assert policy_for(session, Scheme.society_relief, NEW_VILLAGE, TODAY).payment_cap_fen == 77_700
        assert policy_for(session, Scheme.society_relief, VILLAGE, TODAY).payment_cap_fen == 77_700
        assert case.policy_id == own.pk, "a case keeps the policy it started under"

    def test_both_counties_have_it_in_their_audit(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, RECODE)
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "change_region")).all()
        assert {entry.scope for entry in entries} == {COUNTY, NANQIAO}
        assert entries[0].detail["successor"] == NEW_TOWNSHIP


class TestFigures:
    @pytest.mark.parametrize("line", [MOVE, RECODE, MERGE], ids=["same codes", "new codes", "merged"])
    def test_a_signed_month_stays_as_it_was_counted(self, session: Session, tmp_path: Path, line: str) -> None:
        officer, chair = make_actor(session), make_actor(session)
        with frozen_time(EARLIER):
            fund = fund_with(session, officer, VILLAGE, 3000)
            case = approved(session, officer, chair)
            confirm_payment(session, chair, prepare_payment(session, officer, case, payment_of(fund, session)))
        township = make_actor(session, role=Role.township_officer)
        with frozen_time(datetime(2026, 11, 2, 10, tzinfo=CHINA)):
            village_month = summaries.sign(session, chair, summaries.prepare(session, officer, VILLAGE, "2026-10"))
            town_month = summaries.prepare(session, township, TOWNSHIP, "2026-10")
        change(session, tmp_path, line)
        assert summaries.recount(session, village_month) == []
        assert summaries.recount(session, town_month) == []
        assert summaries.sheet_of(town_month).relief_fen == 50_000

    def test_the_month_of_a_village_that_ended_is_not_missing(self, session: Session, tmp_path: Path) -> None:
        officer = make_actor(session)
        fund_with(session, officer, VILLAGE, 3000)
        fund_with(session, make_actor(session, region_code=NEIGHBOUR), NEIGHBOUR, 1000)
        township = make_actor(session, role=Role.township_officer)

        def societies(month: str) -> set[str]:
            return {row.region_code for row in summaries.summaries_of_month(session, township, month, TOWNSHIP)}

        assert societies("2026-12") == {VILLAGE, NEIGHBOUR}
        change(session, tmp_path, MERGE)
        assert societies("2026-10") == {VILLAGE, NEIGHBOUR}
        assert societies("2026-12") == {NEIGHBOUR}

    def test_what_lay_within_on_a_day(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, RECODE)
        assert VILLAGE in set(codes_within_on(session, COUNTY, date(2026, 11, 15)))
        after = codes_within_on(session, COUNTY, TODAY)
        assert VILLAGE not in set(after if isinstance(after, set) else session.exec(after))  # type: ignore[call-overload]


class TestMergingVillages:
    def test_residents_officers_and_money_are_carried_over(self, session: Session, tmp_path: Path) -> None:
        officer, chair = make_actor(session), make_actor(session)
        neighbour = make_actor(session, region_code=NEIGHBOUR)
        with frozen_time(EARLIER):
            fund = fund_with(session, officer, VILLAGE, 3000)
            fund_with(session, neighbour, NEIGHBOUR, 1000)
            case = approved(session, officer, chair)
            payment = prepare_payment(session, officer, case, payment_of(fund, session))
        for village, households in ((VILLAGE, 300), (NEIGHBOUR, 200)):
            session.add(Society(region_code=village, households=households, recorded_by=officer.user_id))
        session.flush()
        [report] = change(session, tmp_path, MERGE)
        assert report.carried["funds_fen"] == 300_000
        assert (balance(session, VILLAGE), balance(session, NEIGHBOUR)) == (0, 400_000)
        assert session.exec(select(Society.households).where(Society.region_code == NEIGHBOUR)).one() == 500
        resident = session.get_one(Resident, case.resident_id)
        assert resident.region_code == NEIGHBOUR
        assert session.get_one(User, officer.user_id).region_code == NEIGHBOUR
        with frozen_time(NOON):
            confirm_payment(session, actor_of(get_user(session, chair.user_id)), payment)
            post_notice(session, actor_of(get_user(session, officer.user_id)), case, NoticeInput())
        assert balance(session, NEIGHBOUR) == 350_000
        assert get_resident(session, neighbour, resident.pk).pk == resident.pk
        assert [notice.case_id for notice in on_board(session, NEIGHBOUR, TODAY)] == [case.pk]
        assert [notice.case_id for notice in on_board(session, VILLAGE, TODAY)] == [case.pk]

    def test_ledgers_stay_in_balance(self, session: Session, tmp_path: Path) -> None:
        fund_with(session, make_actor(session), VILLAGE, 3000)
        change(session, tmp_path, MERGE)
        assert session.exec(select(func.sum(Posting.amount_fen))).one() == 0
        for account in session.exec(select(EarmarkedAccount)):
            postings = select(func.sum(Posting.amount_fen)).where(Posting.account == f"earmarked:{account.pk}")
            assert session.exec(postings).one() == account.balance_fen

    def test_the_old_name_is_told(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, MERGE)
        old, new = get_region(session, VILLAGE), get_region(session, NEIGHBOUR)
        assert full_name(session, VILLAGE) == f"马厂镇{new.name}（原{old.name}）"

    def test_nobody_is_registered_where_nothing_is(self, session: Session, tmp_path: Path) -> None:
        manager = make_actor(session, role=Role.township_officer)
        change(session, tmp_path, MERGE)
        assert VILLAGE not in dict(villages_of(session, manager))
        with pytest.raises(ResidentNotFound):
            make_resident(session, manager, region_code=VILLAGE)


class TestOtherChanges:
    def test_a_village_is_renamed(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, f"rename,{VILLAGE},,新安村委会,,")
        assert full_name(session, VILLAGE) == "马厂镇新安村委会"
        [row] = session.exec(select(RegionChange)).all()
        assert (row.former_name, row.changed_on) == ("黄庵村委会", TODAY)

    def test_a_village_is_created_and_another_merged_into_it(self, session: Session, tmp_path: Path) -> None:
        created = f"create,341124105299,,新村委会,{TOWNSHIP},village"
        change(session, tmp_path, created, f"merge,{VILLAGE},341124105299,,,")
        assert current_code(session, VILLAGE) == "341124105299"

    def test_townships_are_merged_with_their_villages(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, f"merge,{TOWNSHIP},341124101000,,,")
        assert get_region(session, VILLAGE).parent_code == "341124101000"
        assert townships_of(session, [VILLAGE]) == {VILLAGE: "341124101000"}

    def test_a_change_follows_a_change(self, session: Session, tmp_path: Path) -> None:
        change(session, tmp_path, RECODE, f"merge,{NEW_VILLAGE},341103905206,,,")
        assert current_code(session, VILLAGE) == "341103905206"
        assert county_of(session, VILLAGE) == NANQIAO

    def test_all_that_is_not_possible_is_told_at_once(self, session: Session, tmp_path: Path) -> None:
        assert refused(
            session,
            tmp_path,
            "rename,341124999000,,某镇,,",
            f"move,{TOWNSHIP},341124101000,,{NANQIAO},",
            f"move,{VILLAGE},,,341103100000,",
            f"move,{VILLAGE},,,{NANQIAO},",
            f"merge,{VILLAGE},{TOWNSHIP},,,",
            f"merge,{VILLAGE},{VILLAGE},,,",
            f"create,{VILLAGE},,某村,{TOWNSHIP},village",
        ) == [
            (2, "code", "nothing_to_change"),
            (3, "new_code", "code_is_used"),
            (4, "new_code", "needs_new_code"),
            (5, "new_parent", "wrong_level"),
            (6, "new_code", "other_level"),
            (7, "new_code", "into_itself"),
            (8, "code", "code_is_used"),
        ]

    def test_a_change_is_not_made_before_its_day(self, session: Session, tmp_path: Path) -> None:
        assert refused(session, tmp_path, MOVE, on="2026-11-17") == [(2, "on", "future_day")]

    def test_what_a_change_needs_is_told(self, session: Session, tmp_path: Path) -> None:
        assert refused(session, tmp_path, f"merge,{VILLAGE},,,,") == [(2, "new_code", "needs_what")]


class TestDeclared:
    def test_every_column_with_a_division_is_carried_or_kept(self) -> None:
        columns = {
            f"{table.name}.{column.name}"
            for table in SQLModel.metadata.tables.values()
            for column in table.columns
            if column.name == "region_code" or any(key.target_fullname == "region.code" for key in column.foreign_keys)
        }
        moved = {f"{table.__tablename__}.region_code" for table in MOVED.values()}
        declared = moved | (CARRIED_OTHERWISE.keys() - {"project.areas"}) | KEPT.keys()
        assert columns == declared


class TestRowScopes:
    """The database itself follows: a query that forgot its filter."""

    @pytest.fixture
    def moved(self, unit_of_work: UnitOfWork, tmp_path: Path) -> tuple[UnitOfWork, Actor, Actor, int]:
        with unit_of_work.write() as session:
            resident = make_resident(session, make_actor(session)).pk
            old = make_actor(session, role=Role.township_officer, region_code=COUNTY)
            new = make_actor(session, role=Role.township_officer, region_code=NANQIAO)
        with unit_of_work.write() as session:
            change(session, tmp_path, RECODE)
        return unit_of_work, old, new, resident

    @pytest.mark.postgres
    def test_the_old_county_sees_nothing_of_it_and_the_new_one_does(self, moved: Any) -> None:
        unit_of_work, old, new, resident = moved
        with unit_of_work.read(row_scope_of(old)) as session:
            assert session.exec(select(Resident.id)).all() == []
        with unit_of_work.read(row_scope_of(new)) as session:
            assert session.exec(select(Resident.id)).all() == [resident]

    def test_pages_follow(self, unit_of_work: UnitOfWork, tmp_path: Path) -> None:
        old = Visitor(unit_of_work, Role.township_officer, region_code=COUNTY)
        new = Visitor(unit_of_work, Role.township_officer, region_code=NANQIAO)
        worker = Visitor(unit_of_work)
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor).pk
        with unit_of_work.write() as session:
            change(session, tmp_path, RECODE)
        address = f"/residents/{resident}"
        assert [visitor.get(address).status_code for visitor in (old, new, worker)] == [404, 200, 200]


class TestCommand:
    @pytest.fixture(autouse=True)
    def _settings(self, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("TUOJU_ENVIRONMENT", "demo")
        monkeypatch.setenv("TUOJU_DATABASE_URL", database_url)
        monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path / "var"))
        with UnitOfWork(make_engine(database_url)).write() as session:
            make_user(session, role=Role.administrator, region_code=CITY, username="root")
            make_user(session, role=Role.administrator, region_code=COUNTY, username="county")

    def run(self, *words: str, answer: str = "") -> tuple[int, str]:
        with frozen_time(NOON):
            result = CliRunner().invoke(app, ["change", *words], input=answer)
        return result.exit_code, result.output

    def ended(self, database_url: str) -> int:
        with Session(make_engine(database_url)) as session:
            return session.exec(select(func.count()).select_from(Region).where(col(Region.valid_to).is_not(None))).one()

    def test_nothing_changes_before_it_is_confirmed(self, database_url: str, tmp_path: Path) -> None:
        file = str(changes(tmp_path, RECODE))
        code, output = self.run(file, "--by", "root", answer="n\n")
        assert code == 1
        assert "滁州市全椒县马厂镇 → 滁州市南谯区马厂镇" in output
        assert self.ended(database_url) == 0
        code, output = self.run(file, "--by", "root", answer="y\n")
        assert code == 0, output
        assert self.ended(database_url) > 1

    @pytest.mark.parametrize("name", ["county", "nobody"])
    def test_an_administrator_of_the_city_answers_for_it(self, database_url: str, tmp_path: Path, name: str) -> None:
        code, output = self.run(str(changes(tmp_path, RECODE)), "--by", name, "--yes")
        assert code == 1
        assert "administrator of the whole city" in output
        assert self.ended(database_url) == 0

    def test_what_is_not_possible_changes_nothing(self, database_url: str, tmp_path: Path) -> None:
        code, output = self.run(str(changes(tmp_path, RECODE, RECODE)), "--by", "root", "--yes")
        assert code == 1
        assert "changes.csv:3 code" in output
        assert self.ended(database_url) == 0
