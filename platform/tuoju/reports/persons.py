"""Who was relieved in a month: the person sheet of the monthly summary (domain section 5.5)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case
from tuoju.cases.views import case_seen
from tuoju.readings.budgets import charge
from tuoju.readings.models import Budget
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import codes_within_on, names
from tuoju.relief.models import FundEntry, Payment, Posting
from tuoju.reports.models import MonthlySummary
from tuoju.residents.models import Resident, Sex
from tuoju.residents.service import Revealed, reveal
from tuoju.residents.views import ResidentSeen, resident_seen


@dataclass(frozen=True)
class PersonLine:
    """One payment of the month and who received it: masked, or in full where a purpose was given."""

    number: int
    case_number: str
    name: str
    id_number: str
    phone: str
    address: str
    age: int | None
    sex: Sex | None
    household_members: int
    relief_category: str | None
    """None for readers who steer by figures."""
    cause: str
    reason: str
    """What the applicant wrote; "" while masked."""
    amount_fen: int
    decided_on: date | None


def relieved_persons(session: Session, actor: Actor, summary: MonthlySummary, *, purpose: str = "") -> list[PersonLine]:
    """Every payment that the summary counts, in order: those in the ledger when it was counted.

    With a purpose the persons are named in full, and the reading of each resident is audited; those whose data were
    erased, or may be stored only, stay masked. The caller has checked that the actor may see the summary. Raises
    NotPermitted, PurposeMissing, BudgetSpent.
    """
    rows = session.exec(_payments(session, summary)).all()
    if purpose:
        charge(session, actor, Budget.export, len(rows))
    households = _members(session, {resident.household_id for _payment, _case, resident in rows})
    villages = names(session, {resident.region_code for _payment, _case, resident in rows})
    lines = []
    for number, (payment, case, resident) in enumerate(rows, start=1):
        shown = resident_seen(actor, resident, china_day(payment.paid_at or payment.prepared_at))
        village = villages[resident.region_code]
        if purpose and not shown.erased_on and not shown.restricted:
            revealed = reveal(session, actor, resident, purpose=purpose, budget=None)
            person = _in_full(revealed, village, case_seen(actor, case).summary)
        else:
            person = _masked(shown, village)
        lines.append(
            PersonLine(
                number=number,
                case_number=case.number,
                **person,
                age=shown.age,
                sex=shown.sex,
                household_members=households[resident.household_id],
                relief_category=shown.relief_category,
                cause=case.hardship_cause,
                amount_fen=payment.amount_fen,
                decided_on=china_day(case.decided_at) if case.decided_at else None,
            )
        )
    return lines


def _payments(session: Session, summary: MonthlySummary) -> Select[Payment, Case, Resident]:
    return (
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
            col(Case.region_code).in_(codes_within_on(session, summary.region_code, summary.last_day)),
        )
        .order_by(col(Payment.paid_at), col(Payment.id))
    )


def _in_full(resident: Revealed, village: str, reason: str) -> dict[str, str]:
    return {
        "name": resident.name,
        "id_number": resident.id_number or "",
        "phone": resident.phone or "",
        "address": f"{village}{resident.address or ''}",
        "reason": reason,
    }


def _masked(resident: ResidentSeen, village: str) -> dict[str, str]:
    return {
        "name": resident.name,
        "id_number": resident.id_number,
        "phone": resident.phone,
        "address": village,
        "reason": "",
    }


def _members(session: Session, household_ids: set[int]) -> Counter[int]:
    query = (
        select(Resident.household_id, func.count())
        .where(col(Resident.household_id).in_(household_ids))
        .group_by(col(Resident.household_id))
    )
    return Counter(dict(session.exec(query).all()))
