"""The demo city's people, all invented: accounts of each role, and some weeks lived through the verbs."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Engine, inspect, text
from sqlmodel import Session, col, select

from tuoju.accounts.address_confirmations import path_to_send
from tuoju.accounts.contact_preferences import OwnAddressesInput, set_own_addresses
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import create_user
from tuoju.cases.errors import NeedsStillLive
from tuoju.cases.inputs import CaseInput, DecisionInput, NeedInput, OpinionInput
from tuoju.cases.models import Case, Need, Opinion
from tuoju.cases.procedure import decide, give_opinion, record_investigation
from tuoju.cases.service import add_need, open_case, step_case
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.cities.folder import CityFolder, read_demo_folder
from tuoju.cities.loading import load_city
from tuoju.database.records import frozen_time, now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.contacts import confirm_address
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import propose
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.service import send, step
from tuoju.referrals.status import Outcome, ReferralVerb, RejectionReason
from tuoju.regions.calendar import china_day
from tuoju.relief.inputs import IncomeInput, NoticeInput, PaymentInput
from tuoju.relief.models import FundSource, PaymentWay
from tuoju.relief.notices import post_notice
from tuoju.relief.queries import earmarked_accounts_of
from tuoju.relief.service import confirm_payment, open_fund, prepare_payment, receive, report_services
from tuoju.residents.consents import give_consent
from tuoju.residents.models import ConsentPurpose, Resident
from tuoju.residents.service import register
from tuoju.simulation.demo_people import KINDS, Kind, People, at_hour, findings, terms_of, who_agrees
from tuoju.simulation.demo_waiting import let_people_wait
from tuoju.simulation.sign_ins import PASSWORD, USERNAMES
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju_notifications.kinds import Channel
from tuoju_notifications.routing import user
from tuoju_projects.models import Organization, Project

OPEN_FOR = timedelta(days=120)
"""So long ago the projects of the demo began, where its folder does not say when."""


def build_demo_city(
    unit_of_work: UnitOfWork,
    *,
    folder: CityFolder | None = None,
    people: int = 72,
    waiting: int = 160,
    seed: int = 20240,
    tell: Callable[[str], None],
) -> None:
    """Divisions, calendar, registry, accounts, then `people` residents through eight past weeks, and `waiting` more
    whose needs are open. `folder` is the city, by default the one that ships; the demo plays in its `demo_societies`.

    Deterministic by seed but for the days, which end today. Everything goes through the service verbs.
    """
    folder = folder or read_demo_folder()
    with unit_of_work.write(SYSTEM) as session:
        tell(f"Loading {len(folder.divisions)} divisions and {len(folder.offers)} projects ...")
        load_city(session, folder, began_on=china_day(now()) - OPEN_FOR)
        tell("Creating accounts ...")
        workers, chairs, charities = _accounts(session, folder)
        tell("Opening society funds ...")
        _open_funds(session, workers)
    chance = random.Random(seed)
    city = _City(unit_of_work, folder, workers, chairs, charities, chance)
    for number in range(people):
        if number % 6 == 0:
            tell(f"Living through eight weeks: resident {number + 1} of {people} ...")
        days_ago = round(56 * (1 - number / people) ** 1.3)
        city.live(number, china_day(now()) - timedelta(days=days_ago))
    tell(f"Recording {waiting} people who wait ...")
    let_people_wait(unit_of_work, city.people, chance, city.today, waiting, PASSWORD, village=city.home)


def is_built(session: Session) -> bool:
    """Whether the demo city is there already."""
    return session.exec(select(User.id).where(User.username == "admin")).first() is not None


def holds_other_data(engine: Engine) -> bool:
    """Whether a database without a mark (before 0015) has divisions, and not the accounts of the demo city.

    It may be of an older version, so only columns that every version has are read.
    """
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        if not {"region", "user_account"} <= tables or connection.scalar(text("SELECT 1 FROM region LIMIT 1")) is None:
            return False
        if "installation" in tables and connection.scalar(text("SELECT 1 FROM installation")) is not None:
            return False
        usernames = set(connection.scalars(text("SELECT username FROM user_account")))
    return not set(USERNAMES) <= usernames


def _open_funds(session: Session, workers: dict[str, Actor]) -> None:
    """30,000 yuan each, as in Dingyuan: a third from the county, the rest from the village and its donors."""
    opened = china_day(now()) - timedelta(days=70)
    for village, worker in workers.items():
        fund = open_fund(session, worker, village)
        for source, yuan in (
            (FundSource.government, 10_000),
            (FundSource.collective, 15_000),
            (FundSource.donation, 5_000),
        ):
            values = IncomeInput(source=source, amount_yuan=Decimal(yuan), occurred_on=opened, note="启动资金（演示）")
            receive(session, worker, fund, values)


def _accounts(session: Session, folder: CityFolder) -> tuple[dict[str, Actor], dict[str, Actor], dict[int, Actor]]:
    """The demo's sign-ins, a worker and a chair in each village, and staff for every organization."""
    home, *others = folder.demo_societies
    township = next(row.parent_code for row in folder.divisions if row.code == home)

    def make(username: str, role: Role, name: str, region: str | None = None, organization: int | None = None) -> Actor:
        user = create_user(
            session,
            username=username,
            password=PASSWORD,
            display_name=name,
            role=role,
            region_code=region,
            organization_id=organization,
        )
        user.is_leader = role is Role.charity_staff
        return actor_of(user)

    make("admin", Role.administrator, "系统管理员（演示）", folder.city.code)
    make("manager", Role.program_manager, "项目管理者（演示）", folder.city.code)
    make("township", Role.township_officer, "民政办（演示）", township)
    workers = {home: make("worker", Role.social_worker, "协理员（演示）", home)}
    for number, village in enumerate(others, start=2):
        workers[village] = make(f"worker{number}", Role.social_worker, f"协理员{number}（演示）", village)
    chairs = {home: make("chair", Role.society_chair, "社长（演示）", home)}
    for number, village in enumerate(others, start=2):
        chairs[village] = make(f"chair{number}", Role.society_chair, f"社长{number}（演示）", village)
    charities = {}
    for number, organization in enumerate(session.exec(select(Organization).order_by(col(Organization.id))), start=1):
        username = "charity" if number == 1 else f"charity{number}"
        name = f"{organization.name.removesuffix('（演示）')}值班员（演示）"
        charities[organization.id or 0] = make(username, Role.charity_staff, name, None, organization.id)
    _reached_by_mail(session, workers[home], *charities.values())
    return workers, chairs, charities


def _reached_by_mail(session: Session, *actors: Actor) -> None:
    """The demo sends nothing: the pages of deliveries show what would have been sent."""
    for actor in actors:
        address = f"user{actor.user_id}@tuoju.example"
        set_own_addresses(session, actor, OwnAddressesInput(email=address))
        path = path_to_send(user(actor.user_id), Channel.email, address)
        confirm_address(session, path.rpartition("/")[2])


class _City:
    """Lives one resident's story at a time, day by day, each day one transaction."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        folder: CityFolder,
        workers: dict[str, Actor],
        chairs: dict[str, Actor],
        charities: dict[int, Actor],
        chance: random.Random,
    ) -> None:
        self.unit_of_work = unit_of_work
        self.workers, self.chairs = workers, chairs
        self.charities = charities
        self.chance = chance
        self.people = People(chance, folder.city.code)
        self.home = folder.demo_societies[0]
        self.today = china_day(now())

    def live(self, number: int, day: date) -> None:
        village = self.home if number % 3 == 0 else self.chance.choice(list(self.workers))
        worker = self.workers[village]
        kind = KINDS[number % len(KINDS)] if number >= len(KINDS) else KINDS[number]
        with frozen_time(at_hour(day, 9)), self.unit_of_work.write(SYSTEM) as session:
            resident = register(session, worker, self.people.meet(kind, village, day))
            if number % 2:
                self._agree_to_publicity(session, worker, resident)
            cause = self.chance.choice("12789")
            case = open_case(session, worker, resident, CaseInput(hardship_cause=cause))
            money = self._decide(session, village, kind, case, number)
            category, text = self.chance.choice(kind.needs)
            urgency = self.chance.choice(["routine", "routine", "soon", "soon", "urgent"])
            model_validate = NeedInput.model_validate(
                {"category": category, "text": text, "urgency": urgency, "wished_times": ["morning"]}
            )
            need_id = add_need(session, worker, case, model_validate).pk
            referral = None if number % 8 == 7 else self._refer(session, worker, resident, need_id)
            if case.state is CaseState.approved and not money:
                report_services(session, worker, case)
        if referral is not None:
            self._serve(worker, resident, referral, day)
        self._publicise(worker, case.pk, day + timedelta(days=1))

    def _agree_to_publicity(self, session: Session, worker: Actor, resident: Resident) -> None:
        for giver in who_agrees(resident):
            give_consent(
                session,
                worker,
                resident,
                purpose=ConsentPurpose.publicity,
                organization_id=None,
                given_by=giver,
                method="paper",
                terms=terms_of(giver),
            )

    def _decide(self, session: Session, village: str, kind: Kind, case: Case, number: int) -> int:
        """Visit, opinion, decision by a second person, and the payment if money was granted; the yuan paid. Of the
        last days' cases some are left where they are, so that the clock has something to show."""
        fresh = (self.today - china_day(now())).days <= 3
        if fresh and number % 4 == 1:
            return 0
        worker, chair = self.workers[village], self.chairs[village]
        record_investigation(session, worker, case, findings(kind, china_day(now()), "services"))
        yuan = self.chance.choice([0, 0, 300, 500, 800])
        opinion = Opinion.relieve if yuan else Opinion.services_only
        give_opinion(session, worker, case, OpinionInput(opinion=opinion, note="情况属实（演示）"))
        if fresh and number % 4 == 2:
            return yuan
        decide(session, chair, case, DecisionInput.model_validate({"approve": True, "granted_yuan": yuan}))
        if yuan:
            account = earmarked_accounts_of(session, open_fund(session, worker, village))[0]
            values = PaymentInput(account_id=account.pk, way=PaymentWay.transfer, amount_yuan=Decimal(yuan))
            confirm_payment(session, chair, prepare_payment(session, worker, case, values))
        return yuan

    def _publicise(self, worker: Actor, case_id: int, day: date) -> None:
        """The notice on the day after relief, and the case closed once it has hung its days and nothing is open."""
        if day > self.today:
            return
        with frozen_time(at_hour(day, 10)), self.unit_of_work.write(SYSTEM) as session:
            case = session.get_one(Case, case_id)
            if case.state is not CaseState.relieved:
                return
            ends_on = post_notice(session, worker, case, NoticeInput()).last_day
        if ends_on >= self.today:
            return
        with self.unit_of_work.write(SYSTEM) as session:
            case = session.get_one(Case, case_id)
            try:
                step_case(session, worker, case, CaseVerb.close)
            except NeedsStillLive:
                return

    def _refer(self, session: Session, worker: Actor, resident: Resident, need_id: int) -> tuple[int, int] | None:
        need = session.get_one(Need, need_id)
        ranked = propose(session, need, limit=3).ranked
        if not ranked:
            return None
        project = session.get_one(Project, ranked[0].project.id)
        for giver in who_agrees(resident):
            give_consent(
                session,
                worker,
                resident,
                purpose=ConsentPurpose.referral,
                organization_id=project.organization_id,
                given_by=giver,
                method="paper",
                terms=terms_of(giver),
            )
        referral = send(session, worker, need, project)
        return referral.pk, project.organization_id

    def _serve(self, worker: Actor, resident: Resident, sent: tuple[int, int], day: date) -> None:
        referral_id, organization_id = sent
        charity = self.charities[organization_id]
        answered = day + timedelta(days=self.chance.choice([0, 1, 1, 2, 3]))
        if answered >= self.today:
            return
        if self.chance.random() < 0.12:
            reason = self.chance.choice([RejectionReason.could_not_contact, RejectionReason.already_served])
            self._on(
                answered, charity, referral_id, lambda s, r: step(s, charity, r, ReferralVerb.reject, reason=reason)
            )
            return
        self._on(answered, charity, referral_id, lambda s, r: step(s, charity, r, ReferralVerb.accept))
        served = answered
        for number in range(self.chance.randint(2, 7)):
            served += timedelta(days=self.chance.randint(2, 6))
            if served >= self.today:
                return
            visit = self._visit(resident, referral_id, number, served)
            self._on(served, charity, referral_id, lambda s, r, v=visit: record_visit(s, charity, r, v))  # type: ignore[misc]
        outcome = self.chance.choice([Outcome.met, Outcome.met, Outcome.met, Outcome.partly_met])
        self._on(served, charity, referral_id, lambda s, r: complete(s, charity, r, outcome=outcome))
        if self.chance.random() < 0.6:
            stars = self.chance.choice([4, 5, 5])
            self._on(served, worker, referral_id, lambda s, r: record_satisfaction(s, worker, r, stars))

    def _on(self, day: date, actor: Actor, referral_id: int, verb: Callable[[Session, Referral], object]) -> None:
        with frozen_time(at_hour(day, 15)), self.unit_of_work.write(SYSTEM) as session:
            verb(session, session.get_one(Referral, referral_id))

    def _visit(self, resident: Resident, referral_id: int, number: int, day: date) -> VisitInput:
        return VisitInput.model_validate(
            {
                "submission_key": f"demo-{referral_id}-{number}",
                "served_on": day,
                "minutes": self.chance.choice([45, 60, 60, 90]),
                "mode": "home" if self.chance.random() < 0.85 else "site",
                "served": [resident.pk],
                "content": self.chance.choice(["按约上门服务", "陪伴交谈，情绪平稳", "完成当次服务，约好下次时间"]),
            }
        )
