"""Who was relieved in a month: the person sheet of the monthly summary (domain section 5.5)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names, within
from tuoju.relief.models import FundEntry, Payment, Posting
from tuoju.reports.models import MonthlySummary
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident, Sex
from tuoju.residents.service import reveal


@dataclass(frozen=True)
class PersonLine:
    """One payment of the month and who got it; masked, or in full where a purpose was given, then with the reason in
    the applicant's words."""

    number: int
    case_number: str
    name: str
    id_number: str
    phone: str
    address: str
    age: int | None
    sex: Sex
    household_members: int
    relief_category: str
    cause: str
    reason: str
    amount_fen: int
    decided_on: date | None


def relieved_persons(session: Session, actor: Actor, summary: MonthlySummary, *, purpose: str = "") -> list[PersonLine]:
    """Every payment that the summary counts, in order: those in the ledger when it was counted. With a purpose the
    persons are told in full, and each reading is audited. The caller got the summary within the actor's scope. Raises
    NotPermitted."""
    query = (
        select(Payment, Case, Resident)
        .join(FundEntry, col(FundEntry.payment_id) == col(Payment.id))
        .join(Posting, col(Posting.entry_id) == col(FundEntry.id))
        .join(Case, col(Case.id) == col(Payment.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(
            col(Posting.account).startswith("relief:"),
            Posting.amount_fen > 0,
            FundEntry.occurred_on >= summary.first_day,
            FundEntry.occurred_on <= summary.last_day,
            FundEntry.recorded_at <= summary.counted_at,
            col(Case.region_code).in_(within(session, summary.region_code)),
        )
        .order_by(col(Payment.paid_at), col(Payment.id))
    )
    rows = session.exec(query).all()
    households = _members(session, {resident.household_id for _payment, _case, resident in rows})
    villages = names(session, {resident.region_code for _payment, _case, resident in rows})
    lines = []
    for number, (payment, case, resident) in enumerate(rows, start=1):
        shown = masked(resident, china_day(payment.paid_at or payment.prepared_at))
        village = villages[resident.region_code]
        line = {
            "name": shown.name,
            "id_number": shown.id_number,
            "phone": shown.phone,
            "address": village,
            "reason": "",
        }
        if purpose:
            told = reveal(session, actor, resident, purpose=purpose)
            line = {
                "name": told.name,
                "id_number": told.id_number or "",
                "phone": told.phone or "",
                "address": f"{village}{told.address or ''}",
                "reason": case.summary,
            }
        lines.append(
            PersonLine(
                number=number,
                case_number=case.number,
                **line,
                age=shown.age,
                sex=shown.sex,
                household_members=households[resident.household_id],
                relief_category=resident.relief_category,
                cause=case.hardship_cause,
                amount_fen=payment.amount_fen,
                decided_on=china_day(case.decided_at) if case.decided_at else None,
            )
        )
    return lines


def _members(session: Session, household_ids: set[int]) -> Counter[int]:
    query = (
        select(Resident.household_id, func.count())
        .where(col(Resident.household_id).in_(household_ids))
        .group_by(col(Resident.household_id))
    )
    return Counter(dict(session.exec(query).all()))
