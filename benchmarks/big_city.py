"""Fills a migrated database with a big city of invented people, to measure on.

`python -m benchmarks.big_city --residents N --referrals N --visits N --database URL [--seed N]`: the divisions, the
calendar and the policies of the demo, a society with two officers and a fund in each village, projects, and residents
with cases, needs, relief, referrals and visits, by bulk statements. What verbs would have kept is kept: the ledgers of
places and funds, events, chains of the audit, sealed fields, monthly summaries; `tuoju check invariants` passes.
Referrals go to the first residents, the others wait: with 300,000 residents and 200,000 referrals 100,000 needs wait.
Keys are those of the tests (`benchmarks.keys`). Every account has the demo's password. No notifications are written.
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text, update
from sqlmodel import Session, col, select

from benchmarks.big_city_lives import Lives, Offer, Village
from benchmarks.bulk_rows import Chains, Rows, set_sequences
from benchmarks.keys import use_invented_keys
from tuoju.accounts import audit
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import hashed
from tuoju.cases.policies import Scheme, policy_for
from tuoju.cities.folder import read_demo_folder
from tuoju.cities.loading import load_city
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.regions.calendar import china_day
from tuoju.regions.code_lists import code_lists
from tuoju.regions.models import Region, RegionLevel
from tuoju.relief.models import EarmarkedAccount, Fund, FundEntry, FundSource, Posting
from tuoju.reports.summaries import prepare, sign
from tuoju.residents.models import Resident
from tuoju.simulation.sign_ins import PASSWORD
from tuoju_projects.models import Organization, PlaceEntry, PlaceMove, Project
from tuoju_projects.status import ProjectState

RESIDENTS_A_VILLAGE = 40
"""At least so many, until every village has a society."""
RESIDENTS_A_PROJECT = 160
FREE_PLACES = 20
CATEGORIES_A_PROJECT = 3
AT_ONCE = 2_000
"""Residents written in one transaction."""
SUMMARIES_AT_ONCE = 50
YEAR = timedelta(days=365)
OPENING_FEN = 3_000_000


@dataclass(frozen=True)
class Size:
    """How much the city holds. Visits are paid only where there are referrals."""

    residents: int
    referrals: int
    visits: int

    def share(self, total: int, among: int, number: int) -> int:
        """The part of `total` that falls to `number` where `among` share it evenly."""
        return 0 if number >= among else total // among + (number < total % among)

    def referrals_of(self, number: int) -> int:
        return self.share(self.referrals, self.residents, number)

    def visits_of(self, number: int) -> int:
        served = min(self.residents, self.referrals)
        return self.share(self.visits, served, number) if served else 0


def bulk(unit_of_work: UnitOfWork) -> AbstractContextManager[Connection]:
    """A transaction of the owner of the tables, whom no row policy holds up."""
    return unit_of_work.engine.execution_options(**WRITES).begin()


class NotEmpty(SystemExit):
    """The database holds residents already."""


def fill(unit_of_work: UnitOfWork, size: Size, *, seed: int = 1, tell: Callable[[str], None]) -> None:
    """Fill a migrated database that holds no residents. Raises NotEmpty."""
    chance, end = random.Random(seed), now()
    with unit_of_work.write(SYSTEM) as session:
        if session.exec(select(Resident.id).limit(1)).first() is not None:
            raise NotEmpty("the database holds residents: fill an empty one")
        load_city(session, read_demo_folder(), began_on=china_day(end - YEAR))
        tell("divisions")
    with unit_of_work.write(SYSTEM) as session:
        codes = _counties_of_villages(session, size)
        for county in sorted(set(codes.values())):  # the verb begins a chain and tells the registry of it
            audit.record(session, None, "export_figures", audit.Subject("Region", county), scope=county)
        policies = {
            scheme: policy_for(session, scheme, next(iter(codes)), china_day(end)).pk
            for scheme in (Scheme.society_relief, Scheme.charity_referral)
        }
    with bulk(unit_of_work) as connection:
        rows = Rows(connection)
        villages = _societies(rows, codes, end - YEAR)
        offers = _projects(rows, size, sorted(set(codes.values())), chance, end - YEAR)
        rows.write()
        tell(f"{len(villages)} societies, {sum(map(len, offers.values()))} projects")
    _live(unit_of_work, size, villages, offers, policies, chance, end, tell)
    _settle(unit_of_work, villages, [offer for of_county in offers.values() for offer in of_county], end - YEAR)
    set_sequences(unit_of_work.engine)
    with bulk(unit_of_work) as connection:  # whoever counts next needs the statistics of the planner
        connection.execute(text("ANALYZE"))
    _hand_in(unit_of_work, villages, china_day(end).replace(day=1), tell)


def _live(
    unit_of_work: UnitOfWork,
    size: Size,
    villages: Sequence[Village],
    offers: dict[str, list[Offer]],
    policies: dict[Scheme, int],
    chance: random.Random,
    end: datetime,
    tell: Callable[[str], None],
) -> None:
    categories = [code for code in code_lists()["service_type"] if len(code) > 1]
    written = 0
    for start in range(0, size.residents, AT_ONCE):
        with bulk(unit_of_work) as connection:
            rows = Rows(connection)
            chains = Chains(rows, audit.audit_keys().current)
            lives = Lives(rows, chains, policies, categories, end, chance)
            for number in range(start, min(start + AT_ONCE, size.residents)):
                village = villages[number % len(villages)]
                lives.live(number, village, offers[village.county], size.referrals_of(number), size.visits_of(number))
            rows.write()
            chains.write()
            written += rows.written
        tell(f"{min(start + AT_ONCE, size.residents)} residents, {written} rows")


def _counties_of_villages(session: Session, size: Size) -> dict[str, str]:
    """The county of each village that takes part, spread over the city."""
    query = select(Region.code, Region.path).where(Region.level == RegionLevel.village).order_by(Region.code)
    counties = {code: path.split("/")[1] for code, path in session.exec(query)}
    count = max(1, min(len(counties), size.residents // RESIDENTS_A_VILLAGE))
    return {code: counties[code] for code in list(counties)[:: len(counties) // count][:count]}


def _societies(rows: Rows, counties: dict[str, str], at: datetime) -> list[Village]:
    """The accounts of the city, its counties and townships, and two officers and a fund for each village."""
    password = hashed(PASSWORD)

    def account(username: str, role: Role, region: str) -> int:
        return rows.add(
            User,
            username=username,
            password_hash=password,
            display_name=username,
            role=role,
            region_code=region,
            created_at=at,
        )

    city = rows.connection.scalar(select(Region.code).where(Region.level == RegionLevel.city)) or ""
    account("admin", Role.administrator, city)
    account("manager", Role.program_manager, city)
    parents = select(Region.parent_code).where(col(Region.code).in_(counties)).distinct().order_by(Region.parent_code)
    above = [code for code in rows.connection.scalars(parents) if code is not None]
    for number, region in enumerate([*sorted(set(counties.values())), *above], start=1):
        account(f"township{number}", Role.township_officer, region)
    villages = []
    for number, (code, county) in enumerate(counties.items(), start=1):
        worker = account(f"worker{number}", Role.social_worker, code)
        chair = account(f"chair{number}", Role.society_chair, code)
        fund_id = rows.add(Fund, region_code=code, opened_at=at, opened_by=worker)
        account_id = rows.add(EarmarkedAccount, fund_id=fund_id)
        villages.append(Village(code, county, worker, chair, fund_id, account_id))
    return villages


def _projects(
    rows: Rows, size: Size, counties: Sequence[str], chance: random.Random, at: datetime
) -> dict[str, list[Offer]]:
    """By county at least two open projects; every two belong to an organization with one account."""
    categories = [code for code in code_lists()["service_type"] if len(code) > 1]
    password, offers = hashed(PASSWORD), defaultdict(list)
    organization_id = staff = 0
    for number in range(max(2 * len(counties), size.residents // RESIDENTS_A_PROJECT)):
        county = counties[number // 2 % len(counties)]
        if number % 2 == 0:
            organization_id = rows.add(
                Organization, name=f"机构{number}（模拟）", org_type="52", region_code=county, created_at=at
            )
            staff = rows.add(
                User,
                username=f"charity{number // 2 + 1}",
                password_hash=password,
                display_name=f"值班员{number // 2 + 1}（模拟）",
                role=Role.charity_staff,
                organization_id=organization_id,
                is_leader=True,
                created_at=at,
            )
        offered = chance.sample(categories, CATEGORIES_A_PROJECT)
        project_id = rows.add(
            Project,
            organization_id=organization_id,
            name=f"项目{number}（模拟）",
            description="上门照料、陪伴与训练",
            categories=offered,
            areas=[county],
            starts_on=china_day(at),
            ends_on=china_day(at + 2 * YEAR),
            places_total=0,
            state=ProjectState.open,
            created_at=at,
        )
        offers[county].append(Offer(project_id, organization_id, staff, offered))
    return offers


def _settle(unit_of_work: UnitOfWork, villages: Sequence[Village], offers: Sequence[Offer], at: datetime) -> None:
    """The places that the projects had from the start, and the income that the payments of a year were made from."""
    with bulk(unit_of_work) as connection:
        rows = Rows(connection)
        for offer in offers:
            total = offer.taken + FREE_PLACES
            places = {"places_total": total, "places_taken": offer.taken, "places_stated_at": now()}
            connection.execute(update(Project).where(col(Project.id) == offer.project_id).values(**places))
            rows.add(PlaceEntry, project_id=offer.project_id, move=PlaceMove.published, change=total, at=at)
        for village in villages:
            fen = village.paid_fen + OPENING_FEN
            entry_id = rows.add(
                FundEntry,
                fund_id=village.fund_id,
                occurred_on=china_day(at),
                recorded_at=at,
                recorded_by=village.worker,
            )
            rows.add(Posting, entry_id=entry_id, account=f"source:{FundSource.government}", amount_fen=-fen)
            rows.add(Posting, entry_id=entry_id, account=f"earmarked:{village.account_id}", amount_fen=fen)
            of_village = update(EarmarkedAccount).where(col(EarmarkedAccount.id) == village.account_id)
            connection.execute(of_village.values(balance_fen=OPENING_FEN))
        rows.write()


def _hand_in(
    unit_of_work: UnitOfWork, villages: Sequence[Village], first_of_month: date, tell: Callable[[str], None]
) -> None:
    """The summaries of the month before, counted and signed by the verbs."""
    month = f"{first_of_month - timedelta(days=1):%Y-%m}"
    for start in range(0, len(villages), SUMMARIES_AT_ONCE):
        with unit_of_work.write(SYSTEM) as session:
            for village in villages[start : start + SUMMARIES_AT_ONCE]:
                worker, chair = _actor(session, village.worker), _actor(session, village.chair)
                sign(session, chair, prepare(session, worker, village.code, month))
    tell(f"{len(villages)} summaries of {month}")


def _actor(session: Session, user_id: int) -> Actor:
    return actor_of(session.get_one(User, user_id))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("residents", "referrals", "visits"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    use_invented_keys()
    engine = make_engine(arguments.database)
    began = time.monotonic()
    size = Size(arguments.residents, arguments.referrals, arguments.visits)
    fill(
        UnitOfWork(engine),
        size,
        seed=arguments.seed,
        tell=lambda words: print(f"{time.monotonic() - began:7.1f} s  {words}", flush=True),
    )
    engine.dispose()


if __name__ == "__main__":
    main()
