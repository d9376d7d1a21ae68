"""The people of the demo city who wait: more than there are places, so that a plan has something to decide."""

import random
from datetime import date, timedelta

from sqlmodel import Session, col, select

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import create_user
from tuoju.cases.inputs import CaseInput, NeedInput
from tuoju.cases.policies import Scheme
from tuoju.cases.service import add_need, open_case
from tuoju.database.records import frozen_time
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.proposing import propose
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import ancestors
from tuoju.residents.consents import give_consent
from tuoju.residents.models import ConsentPurpose, Resident
from tuoju.residents.service import register
from tuoju.simulation.demo_people import KINDS, People, at_hour, terms_of, who_agrees
from tuoju_projects.queries import projects_by_id

IN_THE_COUNTY = 0.65
"""Share of those who wait that live in the county the demo's plan is made for."""

AGREE = 0.7
URGENCIES = ("routine",) * 9 + ("soon",) * 6 + ("urgent",) * 4 + ("life_threatening",)
AT_ONCE = 20


def let_people_wait(
    unit_of_work: UnitOfWork,
    people: People,
    chance: random.Random,
    today: date,
    number: int,
    password: str,
    *,
    village: str,
) -> None:
    """Record `number` people with an open need each, over the past four months, most of them in the county of
    `village`; two of three have agreed to the charity that suits best. The officer of the city records them."""
    with unit_of_work.write(SYSTEM) as session:
        city, county = (region.code for region in ancestors(session, village)[:2])
        officer = _officer(session, password, city)
        here, elsewhere = _villages(session, county), _villages(session, city)
    for start in range(0, number, AT_ONCE):
        waited = sorted((chance.randint(1, 120) for _ in range(min(AT_ONCE, number - start))), reverse=True)
        with unit_of_work.write(SYSTEM) as session:
            for days in waited:
                village = chance.choice(here if chance.random() < IN_THE_COUNTY else elsewhere)
                _wait(session, officer, people, chance, village, today - timedelta(days=days))


def _officer(session: Session, password: str, city: str) -> Actor:
    return actor_of(
        create_user(
            session,
            username="city",
            password=password,
            display_name="市民政局登记员（演示）",
            role=Role.township_officer,
            region_code=city,
        )
    )


def _villages(session: Session, above: str) -> list[str]:
    query = select(Region.code).where(col(Region.path).contains(f"{above}/"), Region.level == RegionLevel.village)
    return list(session.exec(query.order_by(Region.code)))


def _wait(session: Session, officer: Actor, people: People, chance: random.Random, village: str, day: date) -> None:
    kind = chance.choice(KINDS)
    with frozen_time(at_hour(day, 10)):
        resident = register(session, officer, people.meet(kind, village, day))
        values = CaseInput(hardship_cause=chance.choice("12789"), scheme=Scheme.charity_referral)
        case = open_case(session, officer, resident, values)
        category, text = chance.choice(kind.needs)
        need = add_need(
            session,
            officer,
            case,
            NeedInput.model_validate({"category": category, "text": text, "urgency": chance.choice(URGENCIES)}),
        )
    # Whom they agree to is asked of the projects as they are today.
    suits = propose(session, need, limit=2).ranked
    if suits and chance.random() < AGREE:
        for project in projects_by_id(session, {suit.project.id for suit in suits}).values():
            _agree(session, officer, resident, project.organization_id)


def _agree(session: Session, officer: Actor, resident: Resident, organization_id: int) -> None:
    for giver in who_agrees(resident):
        give_consent(
            session,
            officer,
            resident,
            purpose=ConsentPurpose.referral,
            organization_id=organization_id,
            given_by=giver,
            method="paper",
            terms=terms_of(giver),
        )
