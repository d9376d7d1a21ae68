"""What has been kept long enough: found every night by the policies in force, proposed for two persons to decide.

Nothing is erased here. A person's file is due when every period that keeps a part of it is over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, func, select

from tuoju.accounts import audit
from tuoju.cases.models import Case, Need
from tuoju.cases.status import ENDED_CASES
from tuoju.database.records import now
from tuoju.holdings.batches import BATCHES
from tuoju.holdings.models import Erasure
from tuoju.holdings.service import blocks_of, tell_deciders
from tuoju.holdings.status import OPEN, Erasable, ErasureGround, ErasureState
from tuoju.referrals.models import Referral
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of, is_current
from tuoju.relief.models import Payment, PaymentState
from tuoju.residents.data_policies import DataKind, DataPolicy, data_policy_for
from tuoju.residents.errors import NoDataPolicy
from tuoju.residents.models import Consent, Resident


@dataclass(frozen=True)
class Due:
    """Something whose period is over: a person's file, or old rows of one kind in one county."""

    what: Erasable
    region_code: str
    policy: DataPolicy
    """The policy that kept it longest."""
    due_on: date
    """The first day on which nothing keeps it."""
    count: int
    resident_id: int | None = None
    before: datetime | None = None


class PolicyBook:
    """The policies in force on one day, looked up once for each kind and region."""

    def __init__(self, session: Session, today: date) -> None:
        self._session, self.today = session, today
        self._known: dict[tuple[DataKind, str], DataPolicy | None] = {}

    def of(self, kind: DataKind, region_code: str) -> DataPolicy | None:
        """The policy, or None where there is none: what no policy bounds is not due."""
        key = (kind, region_code)
        if key not in self._known:
            try:
                self._known[key] = data_policy_for(self._session, kind, region_code, self.today)
            except NoDataPolicy:
                self._known[key] = None
        return self._known[key]


def find_due(session: Session, today: date) -> Iterator[Due]:
    """Everything that is due on a day and not yet proposed; what was decided to be kept is left out until its day."""
    book = PolicyBook(session, today)
    for resident in _candidates(session, today):
        due = due_of_person(session, book, resident)
        if due is not None and due.due_on <= today and not blocks_of(session, resident):
            yield due
    counties = session.exec(
        select(Region.code).where(Region.level == RegionLevel.county, is_current()).order_by(Region.code)
    ).all()
    for county in counties:
        yield from _old_rows(session, book, county)


def _candidates(session: Session, today: date) -> list[Resident]:
    """Residents who have no open case and no decision that still holds; the periods are looked at one by one."""
    has_open_case = select(Case.id).where(Case.resident_id == Resident.id, col(Case.state).not_in(ENDED_CASES)).exists()
    decided = (
        select(Erasure.id)
        .where(
            Erasure.resident_id == Resident.id,
            col(Erasure.state).in_(OPEN) | (col(Erasure.keep_until) >= today),
        )
        .exists()
    )
    query = select(Resident).where(col(Resident.erased_at).is_(None), ~has_open_case, ~decided)
    return list(session.exec(query.order_by(col(Resident.id))))


def due_of_person(session: Session, book: PolicyBook, resident: Resident) -> Due | None:
    """When nothing keeps a person's file any more, and the policy that kept it longest; None where no policy bounds a
    part of it."""
    ends: list[tuple[date, DataPolicy]] = []
    for kind, day in _milestones(session, resident):
        policy = book.of(kind, resident.region_code)
        if policy is None:
            return None
        ends.append((policy.ends_on(day), policy))
    last, policy = max(ends, key=lambda end: (end[0], end[1].pk))
    due_on = last + timedelta(days=1)
    return Due(Erasable.person, resident.region_code, policy, due_on, count=1, resident_id=resident.pk)


def _milestones(session: Session, resident: Resident) -> Iterator[tuple[DataKind, date]]:
    """The last event of each kind from which a period counts."""
    cases = select(Case.id).where(Case.resident_id == resident.pk)
    closed = session.exec(select(func.max(Case.closed_at)).where(Case.resident_id == resident.pk)).one()
    yield (DataKind.case_file, china_day(closed)) if closed else (DataKind.unused_file, china_day(resident.recorded_at))
    paid = select(func.max(Payment.paid_at)).where(
        col(Payment.case_id).in_(cases), col(Payment.state).in_([PaymentState.paid, PaymentState.recovered])
    )
    if last_paid := session.exec(paid).one():
        yield DataKind.payment_voucher, china_day(last_paid)
    ended = (
        select(func.max(Referral.ended_at))
        .join(Need, col(Need.id) == col(Referral.need_id))
        .where(col(Need.case_id).in_(cases))
    )
    if last_ended := session.exec(ended).one():
        yield DataKind.sharing_record, china_day(last_ended)
    ends = [_end_of(consent) for consent in session.exec(select(Consent).where(Consent.resident_id == resident.pk))]
    if ends:
        yield DataKind.consent_record, max(ends)


def _end_of(consent: Consent) -> date:
    """The day on which a consent ended or will end; of one without end, the day on which it was given."""
    if consent.withdrawn_at is not None:
        return china_day(consent.withdrawn_at)
    return consent.expires_on or china_day(consent.given_at)


def _old_rows(session: Session, book: PolicyBook, county: str) -> Iterator[Due]:
    for what, batch in BATCHES.items():
        policy = book.of(batch.kind, county)
        if policy is None or _is_decided(session, what, county, book.today):
            continue
        first_kept = _months_before(book.today, policy)
        before = datetime.combine(first_kept, time(), tzinfo=CHINA)
        if rows := batch.find(session, county, before):
            yield Due(what, county, policy, book.today, count=len(rows), before=before)


def _months_before(today: date, policy: DataPolicy) -> date:
    """The earliest day whose period has not ended before today."""
    day = today - timedelta(days=policy.months * 31 + 31)
    while policy.ends_on(day) < today:
        day += timedelta(days=1)
    return day


def _is_decided(session: Session, what: Erasable, county: str, today: date) -> bool:
    query = select(Erasure.id).where(
        Erasure.what == what,
        Erasure.region_code == county,
        col(Erasure.resident_id).is_(None),
        col(Erasure.state).in_(OPEN) | (col(Erasure.keep_until) >= today),
    )
    return session.exec(query).first() is not None


def propose_due(session: Session, today: date) -> list[Erasure]:
    """Write a proposal for everything that is due, and tell those who decide: one notification a county and day."""
    proposed = [_propose(session, due) for due in list(find_due(session, today))]
    by_county: dict[str, int] = {}
    for erasure in proposed:
        county = county_of(session, erasure.region_code)
        by_county[county] = by_county.get(county, 0) + 1
    for county, number in sorted(by_county.items()):
        tell_deciders(session, county, key=f"erasures:{county}:{today.isoformat()}", number=number)
    return proposed


def _propose(session: Session, due: Due) -> Erasure:
    erasure = Erasure(
        what=due.what,
        ground=ErasureGround.retention,
        region_code=due.region_code,
        resident_id=due.resident_id,
        state=ErasureState.proposed,
        policy_id=due.policy.pk,
        due_on=due.due_on,
        before=due.before,
        row_count=due.count,
        proposed_at=now(),
    )
    session.add(erasure)
    session.flush()
    audit.record(session, None, "propose_erasure", erasure, scope=county_of(session, due.region_code))
    return erasure
