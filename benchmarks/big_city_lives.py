"""The lives of the big city as rows: relief, needs, referrals and visits of residents who are all invented."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from benchmarks.bulk_rows import Chains, Rows
from tuoju.cases.inputs import Conclusion, InvestigationInput
from tuoju.cases.models import Case, CaseStep, ClockStep, Investigation, Need, OpenedBy, Opinion, Urgency
from tuoju.cases.policies import Scheme
from tuoju.cases.status import CaseState, CaseVerb, NeedState
from tuoju.referrals.models import Referral, ReferralEvent
from tuoju.referrals.status import STEPS, Outcome, PlaceEffect, ReferralState, ReferralVerb, RejectionReason
from tuoju.regions.calendar import CHINA, china_day
from tuoju.relief.models import FundEntry, Help, Payment, PaymentState, PaymentWay, Posting, PublicNotice
from tuoju.residents.identity import check_digit, index_of
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, Household, Resident, Sex
from tuoju.simulation.demo_people import GIVEN, KINDS, SURNAMES
from tuoju.visits.models import ServiceVisit, VisitAttendance, VisitMode
from tuoju_projects.models import PlaceEntry, PlaceMove

_BORN_FROM, _BORN_DAYS = date(1935, 1, 1), 24_000
_RATED = 5
_WAYS = (PaymentWay.transfer, PaymentWay.transfer, PaymentWay.transfer, PaymentWay.cash, PaymentWay.goods)
_MOVES = {PlaceEffect.use: (PlaceMove.used, 0), PlaceEffect.free: (PlaceMove.freed, 1)}
_TAKEN_UP = (ReferralVerb.accept, ReferralVerb.start)
_ROADS: tuple[tuple[ReferralVerb, ...], ...] = (
    *((*_TAKEN_UP, ReferralVerb.complete),) * 14,
    *(_TAKEN_UP,) * 3,
    (ReferralVerb.accept,),
    (),
    (ReferralVerb.reject,),
)
"""The steps of a need's last referral; those before it were rejected."""
_NEED_OF = {
    ReferralState.requested: NeedState.referred,
    ReferralState.accepted: NeedState.in_service,
    ReferralState.in_progress: NeedState.in_service,
    ReferralState.rejected: NeedState.open,
}
_NEED_OF_OUTCOME = {
    Outcome.met: NeedState.met,
    Outcome.partly_met: NeedState.partly_met,
    Outcome.unmet: NeedState.unmet,
}


@dataclass
class Village:
    """A village whose society has a fund, with who acts there and how its numbers go on."""

    code: str
    county: str
    worker: int
    chair: int
    fund_id: int
    account_id: int
    paid_fen: int = 0
    cases: Counter[int] = field(default_factory=Counter)
    """Cases by year."""


@dataclass
class Offer:
    """A project that takes referrals: who answers for it, and how many places it has given."""

    project_id: int
    organization_id: int
    staff: int
    categories: Sequence[str]
    taken: int = 0


@dataclass
class Moment:
    """Goes on from one moment of a story to the next, and never past the present."""

    at: datetime
    end: datetime

    def later(self, *, hours: float = 0, days: float = 0) -> datetime:
        self.at = min(self.at + timedelta(days=days, hours=hours), self.end)
        return self.at


class Lives:
    """Writes residents with everything that happened to them."""

    def __init__(
        self,
        rows: Rows,
        chains: Chains,
        policies: dict[Scheme, int],
        categories: Sequence[str],
        end: datetime,
        chance: random.Random,
    ) -> None:
        self.rows, self.chains, self.policies, self.categories = rows, chains, policies, categories
        self.end, self.chance = end, chance

    def live(self, number: int, village: Village, offers: Sequence[Offer], referrals: int, visits: int) -> None:
        """One resident with a case and a need that was referred `referrals` times, with `visits` visits."""
        days = self.chance.uniform(15, 330) if referrals else self.chance.uniform(0.1, 120)
        moment = Moment(self.end - timedelta(days=days), self.end)
        kind = KINDS[number % len(KINDS)]
        resident_id = self._resident(number, village, moment.at, kind.tags, self.chance.choice(kind.categories))
        opened_at = moment.later(hours=1)
        is_relief = number % 2 == 0
        scheme = Scheme.society_relief if is_relief else Scheme.charity_referral
        case = self._case(village, resident_id, scheme, opened_at)
        offer = self.chance.choice(offers)
        category = self.chance.choice(offer.categories if referrals else self.categories)
        need_at = moment.later(hours=1)
        need_id = self.rows.next_id(Need.__table__)  # type: ignore[attr-defined]
        need, ended_at = self._refer_often(village, offer, resident_id, need_id, category, moment, referrals, visits)
        self._need(need_id, case["id"], category, need_at, need, ended_at)
        self.chains.add(village.county, need_at, village.worker, "add_need", "Case", case["id"])
        if is_relief:
            self._relieve(village, case, Moment(opened_at, self.end), need)

    def _resident(
        self, number: int, village: Village, at: datetime, tags: tuple[str, ...], relief_category: str
    ) -> int:
        turn, day = divmod(number, _BORN_DAYS)
        born_on, male = _BORN_FROM + timedelta(days=day), number % 3 == 0
        first = f"{village.county[:4]}99{born_on:%Y%m%d}{turn * 2 % 1000 + male:03d}"
        id_number = first + check_digit(first)
        household_id = self.rows.add(Household, region_code=village.code, created_at=at)
        resident_id = self.rows.add(
            Resident,
            household_id=household_id,
            region_code=village.code,
            name=self.chance.choice(SURNAMES) + "".join(self.chance.sample(GIVEN, 2)),
            id_number=id_number,
            id_number_index=index_of(id_number),
            phone=f"138{number % 100_000_000:08d}",
            address=f"演示组{number % 9 + 1}号",
            born_on=born_on,
            sex=Sex.male if male else Sex.female,
            relief_category=relief_category,
            vulnerabilities=list(tags),
            recorded_by=village.worker,
            recorded_at=at,
        )
        self.chains.add(village.county, at, village.worker, "register", "Resident", resident_id)
        return resident_id

    def _case(self, village: Village, resident_id: int, scheme: Scheme, at: datetime) -> dict[str, object]:
        """The row of the case, which the story goes on to change until it is written."""
        year = china_day(at).year
        village.cases[year] += 1
        is_relief = scheme is Scheme.society_relief
        case_id = self.rows.add(
            Case,
            number=f"{village.code}-{year}-{village.cases[year]:04d}",
            resident_id=resident_id,
            region_code=village.code,
            opened_by=OpenedBy.proactive_discovery,
            discovery_channel="2",
            hardship_cause=self.chance.choice("12789"),
            accepted_at=at,
            started_at=at,
            recorded_by=village.worker,
            scheme=scheme,
            policy_id=self.policies[scheme],
            has_procedure=is_relief,
            needs_notice=is_relief,
        )
        self.chains.add(village.county, at, village.worker, "open_case", "Case", case_id)
        return self.rows.waiting[Case.__table__][-1]  # type: ignore[attr-defined]

    def _need(
        self, need_id: int, case_id: object, category: str, at: datetime, state: NeedState, ended_at: datetime | None
    ) -> None:
        self.rows.add(
            Need,
            row_id=need_id,
            case_id=case_id,
            category=category,
            text="手抖做不了饭，想有人送午饭",
            urgency=self.chance.choice(tuple(Urgency)),
            wished_times=["morning"],
            state=state,
            opened_at=at,
            ended_at=ended_at,
        )

    def _relieve(self, village: Village, case: dict[str, object], moment: Moment, need: NeedState) -> None:
        """Visit, opinion, decision, payment, notice and closing, as far as the days since the case began reach."""
        case_id, day = case["id"], timedelta(days=1)
        if moment.at > moment.end - 13 * day:
            case |= {
                "due_step": ClockStep.opinion,
                "due_at": datetime.combine(china_day(moment.at) + 2 * day, time(), tzinfo=CHINA),
            }
            return
        visited_on = china_day(moment.later(hours=2))
        findings = InvestigationInput.model_construct(
            visited_on=visited_on, difficulties="生活困难，已入户核实（演示）", conclusion=[Conclusion.money]
        )
        self.rows.add(
            Investigation,
            case_id=case_id,
            edition=1,
            visited_on=visited_on,
            investigator_ids=[village.worker],
            findings=findings.model_dump_json(),
            recorded_by=village.worker,
            recorded_at=moment.at,
        )
        fen = self.chance.randrange(3, 11) * 10_000
        self._step(village, case, CaseVerb.investigate, CaseState.investigating, moment.at)
        self._step(village, case, CaseVerb.give_opinion, CaseState.under_review, moment.later(hours=1), Opinion.relieve)
        case |= {"reviewed_by": village.worker, "reviewed_at": moment.at, "opinion": Opinion.relieve}
        self._step(village, case, CaseVerb.approve, CaseState.approved, moment.later(days=1), fen=fen)
        case |= {"decided_by": village.chair, "decided_at": moment.at, "granted_fen": fen}
        self._pay(village, case_id, fen, moment.later(hours=1))
        self._step(village, case, CaseVerb.complete_relief, CaseState.relieved, moment.at)
        case["relief_completed_at"] = moment.at
        last_day = self._publish(village, case, fen, moment.later(days=1))
        self._step(village, case, CaseVerb.publicise, CaseState.publicised, moment.at)
        case["notice_ends_on"] = last_day
        if need in _NEED_OF_OUTCOME.values():
            self._step(village, case, CaseVerb.close, CaseState.closed, moment.later(days=8))
            case["closed_at"] = moment.at

    def _step(
        self,
        village: Village,
        case: dict[str, object],
        verb: CaseVerb,
        state: CaseState,
        at: datetime,
        opinion: Opinion | None = None,
        fen: int | None = None,
    ) -> None:
        by = village.chair if verb is CaseVerb.approve else village.worker
        self.rows.add(
            CaseStep, case_id=case["id"], verb=verb, to_state=state, at=at, by=by, opinion=opinion, granted_fen=fen
        )
        self.chains.add(village.county, at, by, f"case_{verb}", "Case", int(str(case["id"])))
        case["state"] = state
        case["version"] = int(str(case["version"])) + 1

    def _pay(self, village: Village, case_id: object, fen: int, at: datetime) -> None:
        way = self.chance.choice(_WAYS)
        payment_id = self.rows.add(
            Payment,
            case_id=case_id,
            account_id=village.account_id,
            way=way,
            amount_fen=fen,
            goods="米、面、油" if way is PaymentWay.goods else "",
            state=PaymentState.paid,
            prepared_at=at,
            prepared_by=village.worker,
            confirmed_by=village.chair,
            paid_at=at,
        )
        entry_id = self.rows.add(
            FundEntry,
            fund_id=village.fund_id,
            occurred_on=china_day(at),
            payment_id=payment_id,
            recorded_at=at,
            recorded_by=village.chair,
        )
        self.rows.add(Posting, entry_id=entry_id, account=f"earmarked:{village.account_id}", amount_fen=-fen)
        self.rows.add(Posting, entry_id=entry_id, account=f"relief:{way}", amount_fen=fen)
        village.paid_fen += fen
        self.chains.add(village.county, at, village.chair, "confirm_payment", "Payment", payment_id)

    def _publish(self, village: Village, case: dict[str, object], fen: int, at: datetime) -> date:
        posted_on = china_day(at)
        last_day = posted_on + timedelta(days=7)
        self.rows.add(
            PublicNotice,
            case_id=case["id"],
            region_code=village.code,
            shown_name="王＊＊",
            cause=case["hardship_cause"],
            amount_fen=fen,
            helps=[Help.money],
            relieved_on=posted_on - timedelta(days=1),
            due_on=posted_on + timedelta(days=1),
            posted_on=posted_on,
            posted_by=village.worker,
            first_day=posted_on + timedelta(days=1),
            last_day=last_day,
        )
        return last_day

    def _refer_often(
        self,
        village: Village,
        offer: Offer,
        resident_id: int,
        need_id: int,
        category: str,
        moment: Moment,
        referrals: int,
        visits: int,
    ) -> tuple[NeedState, datetime | None]:
        """Every referral of a need; the state in which they leave it, and when it ended."""
        if not referrals:
            return NeedState.open, None
        consent_id = self.rows.add(
            Consent,
            resident_id=resident_id,
            purpose=ConsentPurpose.referral,
            organization_id=offer.organization_id,
            given_by=ConsentGiver.self,
            method="paper",
            given_at=moment.at,
            recorded_by=village.worker,
        )
        previous: int | None = None
        for turn in range(1, referrals + 1):
            road = self.chance.choice(_ROADS) if turn == referrals else (ReferralVerb.reject,)
            if visits and turn == referrals and ReferralVerb.start not in road:
                road = _TAKEN_UP
            referral = {
                "number": f"{village.code[:9]}-{need_id}-{turn}",
                "need_id": need_id,
                "project_id": offer.project_id,
                "organization_id": offer.organization_id,
                "region_code": village.code,
                "previous_id": previous,
                "consent_id": consent_id,
                "sent_by": village.worker,
            }
            previous = self._refer(village, offer, resident_id, category, moment, road, visits, referral)
        row = self.rows.waiting[Referral.__table__][-1]  # type: ignore[attr-defined]
        if row["outcome"] is not None:
            return _NEED_OF_OUTCOME[row["outcome"]], row["ended_at"]
        return _NEED_OF[row["state"]], None

    def _refer(
        self,
        village: Village,
        offer: Offer,
        resident_id: int,
        category: str,
        moment: Moment,
        road: tuple[ReferralVerb, ...],
        visits: int,
        values: dict[str, object],
    ) -> int:
        """One referral with its steps, places and visits; its id."""
        if not road:
            moment.at = max(moment.at, self.end - timedelta(hours=5))
        requested_at = moment.later(hours=2)
        values |= {"requested_at": requested_at, "answer_due_at": requested_at + timedelta(days=5)}
        referral_id = self.rows.add(Referral, state=ReferralState.requested, **values)
        row = self.rows.waiting[Referral.__table__][-1]  # type: ignore[attr-defined]
        offer.taken += 1
        self._event(village, offer, referral_id, None, ReferralState.requested, requested_at)
        self._place(offer, referral_id, PlaceMove.held, -1, village.worker, requested_at)
        state = ReferralState.requested
        for verb in road:
            step = STEPS[state, verb]
            state = step.to
            at = moment.later(days=self.chance.uniform(0.2, 3))
            if verb is ReferralVerb.start:
                self._visit(offer, referral_id, resident_id, category, moment, visits)
            self._event(village, offer, referral_id, verb, state, at)
            if step.place in _MOVES:
                move, change = _MOVES[step.place]
                offer.taken -= change
                self._place(offer, referral_id, move, change, offer.staff, at)
            row["version"] += 1
            if verb in (ReferralVerb.accept, ReferralVerb.reject):
                row["answered_at"] = at
            if verb is ReferralVerb.reject:
                row |= {"rejection_reason": RejectionReason.could_not_contact, "ended_at": at}
            if verb is ReferralVerb.complete:
                helped = self.chance.choice((Outcome.met, Outcome.met, Outcome.met, Outcome.partly_met))
                row |= {"outcome": helped if visits else Outcome.unmet, "ended_at": at}
                row["satisfaction"] = self.chance.choice((None, 4, _RATED))
        row["state"] = state
        return referral_id

    def _event(
        self,
        village: Village,
        offer: Offer,
        referral_id: int,
        verb: ReferralVerb | None,
        state: ReferralState,
        at: datetime,
    ) -> None:
        by = offer.staff if verb else village.worker
        self.rows.add(ReferralEvent, referral_id=referral_id, verb=verb, state=state, by=by, at=at)
        action = f"referral_{verb}" if verb else "send_referral"
        self.chains.add(village.county, at, by, action, "Referral", referral_id)

    def _place(self, offer: Offer, referral_id: int, move: PlaceMove, change: int, by: int, at: datetime) -> None:
        self.rows.add(
            PlaceEntry, project_id=offer.project_id, move=move, change=change, referral_id=referral_id, by=by, at=at
        )

    def _visit(
        self, offer: Offer, referral_id: int, resident_id: int, category: str, moment: Moment, visits: int
    ) -> None:
        for turn in range(visits):
            at = moment.later(days=self.chance.uniform(0.5, 3)) if turn else moment.at
            visit_id = self.rows.add(
                ServiceVisit,
                referral_id=referral_id,
                project_id=offer.project_id,
                submission_key=f"big-{referral_id}-{turn}",
                served_on=china_day(at),
                minutes=self.chance.choice((30, 45, 60, 90)),
                mode=VisitMode.home,
                category=category,
                content="按约完成服务",
                recorded_by=offer.staff,
                recorded_at=at,
            )
            self.rows.add(VisitAttendance, visit_id=visit_id, resident_id=resident_id)
