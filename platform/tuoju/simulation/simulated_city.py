"""`tuoju simulate --city`: one month of every society of the city, lived through the same verbs as real cases.

The totals are those of the city's article (2024); no figure is written in, all are counted from the rows.
Each story is a generator that yields the moments it goes on at; a heap of moments lives them in the order of time.
"""

import heapq
import random
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count

from sqlmodel import Session, col, select

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.accounts.service import Hashed, create_user, hashed
from tuoju.cases.inputs import CaseInput, DecisionInput, NeedInput, OpinionInput
from tuoju.cases.models import Case, Opinion, RefusalReason, Urgency
from tuoju.cases.procedure import decide, give_opinion, record_investigation
from tuoju.cases.service import add_need, open_case, step_case
from tuoju.cases.status import CaseVerb
from tuoju.cities.folder import read_demo_folder
from tuoju.cities.loading import load_city
from tuoju.database.records import frozen_time, now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.models import Referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.service import send, step
from tuoju.referrals.status import Outcome, ReferralVerb
from tuoju.regions.calendar import WorkingDays, calendar_of, china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import get_region
from tuoju.relief.inputs import IncomeInput, NoticeInput, PaymentInput
from tuoju.relief.models import FundSource, PaymentWay
from tuoju.relief.notices import post_notice
from tuoju.relief.queries import earmarked_accounts_of, get_fund
from tuoju.relief.service import confirm_payment, open_fund, prepare_payment, receive
from tuoju.reports.summaries import accept, get_summary, prepare, sign
from tuoju.residents.consents import give_consent
from tuoju.residents.models import ConsentPurpose, Resident
from tuoju.residents.service import register
from tuoju.simulation.city_plan import Plan, Relief, Service, Totals, choose_villages
from tuoju.simulation.demo_city import OPEN_FOR
from tuoju.simulation.demo_people import KINDS, Kind, People, at_hour, findings, terms_of, who_agrees
from tuoju.simulation.sign_ins import PASSWORD
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import VisitMode
from tuoju.visits.service import complete, record_visit
from tuoju_projects.models import Project


def simulate_city(
    unit_of_work: UnitOfWork,
    month: date,
    *,
    totals: Totals | None = None,
    seed: int = 2024,
    tell: Callable[[str, float], None],
) -> None:
    """Live `month` (its first day) in an empty database; the same seed and month make the same rows. What hangs
    over into the next month (notices, closings) goes on until now. `tell` gets words and the share that is done."""
    totals, chance = totals or Totals(), random.Random(seed)
    last = month.replace(day=monthrange(month.year, month.month)[1])
    folder = read_demo_folder()
    tell("Divisions, calendar, projects ...", 0.0)
    with frozen_time(at_hour(month - timedelta(days=20), 9)), unit_of_work.write(SYSTEM) as session:
        load_city(session, folder, began_on=last - OPEN_FOR)
        chosen = choose_villages(session, totals.societies, chance)
        charities = _staff(session, folder.city.code)
        townships = _townships(session, chosen)
    officers = _societies(unit_of_work, chosen, month - timedelta(days=20), tell)
    with unit_of_work.read(SYSTEM) as session:
        plan = Plan(session, month, last, totals, chosen, chance)
    _Month(unit_of_work, officers, townships, charities, chance, folder.city.code).live(plan, tell)
    tell("Done.", 1.0)


@cache
def _password() -> Hashed:
    """Hashed once for the two and a half thousand accounts, where each hash takes a fiftieth of a second."""
    return hashed(PASSWORD)


def _staff(session: Session, city: str) -> dict[int, Actor]:
    """A manager and an administrator of the city, and one account for every organization."""
    for username, role, name in (
        ("admin", Role.administrator, "系统管理员（模拟）"),
        ("manager", Role.program_manager, "项目管理者（模拟）"),
    ):
        create_user(session, username=username, password=_password(), display_name=name, role=role, region_code=city)
    results: dict[int, Actor] = {}
    for project in session.exec(select(Project).order_by(col(Project.id))):
        if project.organization_id not in results:
            user = create_user(
                session,
                username=f"charity{len(results) + 1}",
                password=_password(),
                display_name=f"机构值班员{len(results) + 1}（模拟）",
                role=Role.charity_staff,
                organization_id=project.organization_id,
            )
            user.is_leader = True
            results[project.organization_id] = actor_of(user)
    return results


def _societies(
    unit_of_work: UnitOfWork, villages: list[str], day: date, tell: Callable[[str, float], None]
) -> dict[str, tuple[Actor, Actor]]:
    """An officer, a chair and a fund of 30,000 yuan for each village (定远县: 县奖补1万、村集体和捐赠2万)."""
    results = {}
    for start in range(0, len(villages), 50):
        tell(f"Opening the society of village {start + 1} of {len(villages)} ...", 0.15 * start / len(villages))
        with frozen_time(at_hour(day, 10)), unit_of_work.write(SYSTEM) as session:
            for number, village in enumerate(villages[start : start + 50], start=start + 1):
                pair = _officer(session, "officer", number, village), _officer(session, "chair", number, village)
                fund = open_fund(session, pair[0], village)
                for source, yuan in ((FundSource.government, 10_000), (FundSource.collective, 20_000)):
                    values = IncomeInput(
                        source=source, amount_yuan=Decimal(yuan), occurred_on=day, note="启动资金（模拟）"
                    )
                    receive(session, pair[0], fund, values)
                results[village] = pair
    return results


def _townships(session: Session, villages: list[str]) -> dict[str, Actor]:
    """One officer for each township of the villages, by its code."""
    query = select(Region.parent_code).where(col(Region.code).in_(villages)).distinct().order_by(Region.parent_code)
    results = {}
    for number, code in enumerate(session.exec(query).all(), start=1):
        user = create_user(
            session,
            username=f"township{number}",
            password=_password(),
            display_name=f"民政办{number}（模拟）",
            role=Role.township_officer,
            region_code=code,
        )
        results[code or ""] = actor_of(user)
    return results


def _officer(session: Session, word: str, number: int, village: str) -> Actor:
    title, role = {"officer": ("协理员", Role.social_worker), "chair": ("社长", Role.society_chair)}[word]
    user = create_user(
        session,
        username=f"{word}{number}",
        password=_password(),
        display_name=f"{title}{number}（模拟）",
        role=role,
        region_code=village,
    )
    return actor_of(user)


class _Month:
    """Lives the stories of a plan in the order of time, each moment one transaction."""

    session: Session

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        officers: dict[str, tuple[Actor, Actor]],
        townships: dict[str, Actor],
        charities: dict[int, Actor],
        chance: random.Random,
        city: str,
    ) -> None:
        self.unit_of_work, self.officers, self.townships = unit_of_work, officers, townships
        self.charities, self.chance = charities, chance
        self.people = People(chance, city)
        self.waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
        self.numbers = count()
        with unit_of_work.read(SYSTEM) as session:
            self.calendar: WorkingDays = calendar_of(session)

    def live(self, plan: Plan, tell: Callable[[str, float], None]) -> None:
        for relief in plan.relieved:
            self._go_on(self._relieved(relief, None))
        for relief, service in plan.served:
            self._go_on(self._relieved(relief, service))
        for village, day in plan.refused:
            self._go_on(self._refused(village, day))
        for village in plan.villages:
            self._go_on(self._reported(village, plan.last))
        begin, end = self.waiting[0][0], now()
        span = (at_hour(plan.last + timedelta(days=14), 18) - begin).total_seconds()
        while self.waiting and self.waiting[0][0] < end:
            moment = self.waiting[0][0]
            done = 0.15 + 0.8 * min(1.0, (moment - begin).total_seconds() / span)
            tell(f"Living {china_day(moment)} ...", done)
            with frozen_time(moment), self.unit_of_work.write(SYSTEM) as session:
                self.session = session
                while self.waiting and self.waiting[0][0] == moment:
                    self._go_on(heapq.heappop(self.waiting)[2])

    def _go_on(self, story: Iterator[datetime]) -> None:
        """Let a story go on to its next moment, where it waits for its turn."""
        moment = next(story, None)
        if moment is not None:
            heapq.heappush(self.waiting, (moment, next(self.numbers), story))

    def _relieved(self, relief: Relief, service: Service | None) -> Iterator[datetime]:
        """A case from its opening over visit, opinion, decision, payment and notice to its closing; with a service
        the need is sent on the day of the decision and served, and the case waits for it."""
        officer, chair = self.officers[relief.village]
        yield at_hour(relief.starts_on, 9)
        resident = register(self.session, officer, self.people.meet(relief.kind, relief.village, relief.starts_on))
        case = open_case(self.session, officer, resident, CaseInput(hardship_cause=self.chance.choice("12789")))
        resident_id, case_id = resident.pk, case.pk
        if self.chance.random() < 0.5:
            self._consents(officer, resident, ConsentPurpose.publicity)
        yield at_hour(relief.starts_on, 11)
        case = self.session.get_one(Case, case_id)
        record_investigation(self.session, officer, case, findings(relief.kind, relief.starts_on, "money"))
        opinion = OpinionInput(opinion=Opinion.relieve, note="情况属实（模拟）")
        if self.calendar.between(relief.starts_on, relief.relieved_on) == 2:
            yield at_hour(self.calendar.due(relief.starts_on, 1).day, 11)
        case = self.session.get_one(Case, case_id)
        give_opinion(self.session, officer, case, opinion)
        yield at_hour(relief.relieved_on, 15)
        case = self.session.get_one(Case, case_id)
        self._pay(officer, chair, case, relief.yuan)
        if service is not None:
            self._go_on(self._served(officer, resident_id, case_id, service, relief.kind))
        posted_on = self.calendar.due(relief.relieved_on, self.chance.choice([1, 1, 2])).day
        yield at_hour(posted_on, 10)
        notice = post_notice(self.session, officer, self.session.get_one(Case, case_id), NoticeInput())
        closes_after = max(notice.last_day, service.to_day) if service else notice.last_day
        yield at_hour(self.calendar.due(closes_after, 1).day, 16)
        step_case(self.session, officer, self.session.get_one(Case, case_id), CaseVerb.close)

    def _pay(self, officer: Actor, chair: Actor, case: Case, yuan: int) -> None:
        granted = DecisionInput(approve=True, granted_yuan=Decimal(yuan))
        decide(self.session, chair, case, granted)
        fund = get_fund(self.session, officer, case.region_code)
        way = self.chance.choices([PaymentWay.transfer, PaymentWay.cash, PaymentWay.goods], [85, 10, 5])[0]
        goods = "米、面、油" if way is PaymentWay.goods else ""
        values = PaymentInput(
            account_id=earmarked_accounts_of(self.session, fund)[0].pk, way=way, amount_yuan=Decimal(yuan), goods=goods
        )
        confirm_payment(self.session, chair, prepare_payment(self.session, officer, case, values))

    def _consents(
        self, officer: Actor, resident: Resident, purpose: ConsentPurpose, organization_id: int | None = None
    ) -> None:
        for giver in who_agrees(resident):
            give_consent(
                self.session,
                officer,
                resident,
                purpose=purpose,
                organization_id=organization_id,
                given_by=giver,
                method="paper",
                terms=terms_of(giver),
            )

    def _served(
        self, officer: Actor, resident_id: int, case_id: int, service: Service, kind: Kind
    ) -> Iterator[datetime]:
        """The need is sent at once, accepted on the next day, served visit by visit, and met."""
        project = self.session.get_one(Project, service.project_id)
        resident = self.session.get_one(Resident, resident_id)
        charity = self.charities[project.organization_id]
        self._consents(officer, resident, ConsentPurpose.referral, project.organization_id)
        category, text = self.chance.choice([need for need in kind.needs if need[0] in project.categories])
        values = NeedInput(category=category, text=text, urgency=self.chance.choice([Urgency.routine, Urgency.soon]))
        need = add_need(self.session, officer, self.session.get_one(Case, case_id), values)
        referral_id = send(self.session, officer, need, project).pk
        served = [resident_id]
        if service.in_pairs:
            relative = self.people.meet(kind, resident.region_code, service.from_day, household_of=resident_id)
            served.append(register(self.session, officer, relative).pk)
        yield at_hour(service.from_day, 9)
        step(self.session, charity, self.session.get_one(Referral, referral_id), ReferralVerb.accept)
        for number, (moment, persons) in enumerate(self._occasions(service)):
            yield moment
            visit = VisitInput(
                submission_key=f"simulated-{referral_id}-{number}",
                served_on=china_day(moment),
                minutes=self.chance.choice([30, 45, 60, 90]),
                mode=VisitMode.home if project.home_visits else VisitMode.site,
                served=served[:persons],
                again=True,
                content=self.chance.choice(["按约完成服务", "陪伴交谈，情绪平稳", "完成当次服务，约好下次时间"]),
            )
            record_visit(self.session, charity, self.session.get_one(Referral, referral_id), visit)
        yield at_hour(service.to_day, 17)
        outcome = self.chance.choice([Outcome.met, Outcome.met, Outcome.met, Outcome.partly_met])
        complete(self.session, charity, self.session.get_one(Referral, referral_id), outcome=outcome)
        yield at_hour(service.to_day, 18)
        if self.chance.random() < 0.6:
            stars = self.chance.choice([4, 5, 5])
            record_satisfaction(self.session, officer, self.session.get_one(Referral, referral_id), stars)

    def _occasions(self, service: Service) -> list[tuple[datetime, int]]:
        """When visits are paid and how many persons each serves: spread over the days, a second one of a day in
        the afternoon."""
        persons = [1] * service.person_times
        if service.in_pairs:
            persons = [2] * (service.person_times // 2) + [1] * (service.person_times % 2)
        days = (service.to_day - service.from_day).days + 1
        counts = Counter(service.from_day + timedelta(days=n * days // len(persons)) for n in range(len(persons)))
        moments = [at_hour(day, 10 + 2 * n) for day, count in sorted(counts.items()) for n in range(count)]
        return list(zip(moments, persons, strict=True))

    def _refused(self, village: str, day: date) -> Iterator[datetime]:
        """A case that the visit finds in no hardship, refused with its reason."""
        officer, chair = self.officers[village]
        kind = self.chance.choice(KINDS)
        yield at_hour(day, 9)
        resident = register(self.session, officer, self.people.meet(kind, village, day))
        case_id = open_case(self.session, officer, resident, CaseInput(hardship_cause="9")).pk
        yield at_hour(day, 11)
        case = self.session.get_one(Case, case_id)
        record_investigation(self.session, officer, case, findings(kind, day, "no_need"))
        give_opinion(self.session, officer, case, OpinionInput(opinion=Opinion.refuse, note="未发现急难情形（模拟）"))
        yield at_hour(self.calendar.due(day, 1).day, 15)
        reason = RefusalReason.not_in_hardship
        answer = DecisionInput(approve=False, refusal_reason=reason, note="家庭收入稳定，暂无急难（模拟）")
        decide(self.session, chair, self.session.get_one(Case, case_id), answer)

    def _reported(self, village: str, last: date) -> Iterator[datetime]:
        """The society's monthly summary on one of the first working days after, signed by the chair and accepted by
        the township; two in a hundred are forgotten, which the township sees."""
        officer, chair = self.officers[village]
        if self.chance.random() < 0.02:
            return
        yield at_hour(self.calendar.due(last, self.chance.choice([1, 1, 2, 3])).day, 10)
        summary = prepare(self.session, officer, village, f"{last:%Y-%m}")
        sign(self.session, chair, summary)
        summary_id, region = summary.pk, get_region(self.session, village)
        yield at_hour(self.calendar.due(last, 4).day, 10)
        township = self.townships[region.parent_code or ""]
        accept(self.session, township, get_summary(self.session, township, summary_id))
